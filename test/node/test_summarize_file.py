"""Minutes that took long to write are not lost because the file cannot be written."""

from types import SimpleNamespace

from voice_pipeline.commands import summarize


class Asker:
    def __init__(self, *_): ...

    def __enter__(self):
        return self

    def __exit__(self, *_): ...

    def wait_for_server(self, timeout_s): ...

    def ask(self, goal, show):
        return SimpleNamespace(result=SimpleNamespace(error_code=0, minutes="# Minutes\n", utterances=2))


def test_minutes_that_cannot_be_written_any_more_are_shown_and_it_is_said_why(monkeypatch, capsys, tmp_path):
    out = tmp_path / "minutes.md"

    class Slow(Asker):
        def ask(self, goal, show):
            out.mkdir()  # somebody else's, meanwhile
            return super().ask(goal, show)

    monkeypatch.setattr(summarize, "Asker", Slow)
    assert summarize.main(["--out", str(out)]) == 1
    shown = capsys.readouterr()
    assert "# Minutes" in shown.out
    assert "Is a directory" in shown.err


def test_minutes_are_written_where_they_were_wanted(monkeypatch, tmp_path):
    monkeypatch.setattr(summarize, "Asker", Asker)
    assert summarize.main(["--out", str(tmp_path / "minutes.md")]) == 0
    assert (tmp_path / "minutes.md").read_text() == "# Minutes\n"
