"""The latency report: pages and pictures that parse, hold every stage, and say what to do when they cannot be made."""

import importlib.util
import io
import json
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest
from rich.console import Console

from turn_stamps import PLAIN, SPECULATIVE, at
from voice_pipeline.bringup.conversation import Turn
from voice_pipeline.commands import _latency_report, latency
from voice_pipeline.commands._latency_report import write_report
from voice_pipeline.commands._latency_traces import Trace, load, save, statistics_of
from voice_pipeline.commands._latency_view import picture
from voice_pipeline.commands._stage_colours import COLOURS
from voice_pipeline.errors import VoiceError
from voice_pipeline.turn.stages import STAGES

UNHEARD = {k: v for k, v in PLAIN.items() if k != "first_played"}
TRACES = [
    Trace("fast", at(**SPECULATIVE), speculative=True, guesses=2, wasted_ms=120.0, prompt_tokens=22, cached_tokens=790),
    Trace("slow <b>", at(**{k: 2 * v for k, v in PLAIN.items()}), interrupted=True, tools=("look_at",)),
    Trace("middle", at(**PLAIN), guesses=1, wasted_ms=60.0),
    Trace("unheard", at(**UNHEARD)),
]


class Page(HTMLParser):
    """Text, ids and unclosed elements of a page."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts, self.ids = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())


def texts(svg):
    return {e.text for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}


def test_every_stage_has_a_colour_of_its_own():
    assert set(COLOURS) == set(STAGES)
    assert len(set(COLOURS.values())) == len(STAGES)


def test_the_page_is_whole_and_names_every_stage_and_turn(tmp_path):
    page = Page(write_report(tmp_path, TRACES).read_text())
    assert page.open == []
    assert page.texts.count("recognition") >= 3  # table and pictures
    assert set(STAGES) <= set(page.texts)
    assert {"fast", "slow <b>", "middle", "unheard"} <= set(page.texts)
    assert any("gap p50 1130 ms" in t and "50 %" in t and "1 interrupted" in t for t in page.texts)


def test_pictures_share_the_page_without_sharing_ids(tmp_path):
    page = Page(write_report(tmp_path, TRACES).read_text())
    assert len(page.ids) == len(set(page.ids)) > 50


def test_the_waterfalls_show_the_median_and_the_slowest_turn(tmp_path):
    write_report(tmp_path, TRACES)
    assert {"Median turn middle: 1130 ms", "200 ms", "first token"} <= texts((tmp_path / "median.svg").read_text())
    assert {"Slowest turn slow <b>: 2260 ms", "400 ms"} <= texts((tmp_path / "slowest.svg").read_text())


def test_hidden_work_is_pale_and_what_the_answer_waited_for_is_not(tmp_path):
    write_report(tmp_path, TRACES[:1])
    svg = (tmp_path / "median.svg").read_text()
    recognition, wait = COLOURS["recognition"], COLOURS["wait for the end"]
    assert f"fill: {recognition}; opacity: 0.3" in svg
    assert f"fill: {recognition}; stroke" not in svg
    assert f"fill: {wait}; stroke: #000000" in svg


def test_every_turn_is_a_point_in_the_pictures_of_all(tmp_path):
    write_report(tmp_path, TRACES)
    assert {*STAGES, "gap"} <= texts((tmp_path / "stages.svg").read_text())
    assert {"guess kept", "no guess kept", "interrupted", "p50: 1130 ms"} <= texts((tmp_path / "gap.svg").read_text())


def test_turns_nobody_answered_still_make_a_report(tmp_path):
    page = Page(write_report(tmp_path, TRACES[3:]).read_text())
    assert any("no answer was heard" in t for t in page.texts)
    assert not (tmp_path / "gap.svg").exists()


def test_the_same_turns_give_the_same_report(tmp_path):
    first = write_report(tmp_path, TRACES).read_text()
    assert write_report(tmp_path, TRACES).read_text() == first


def test_turns_survive_the_file(tmp_path):
    save(tmp_path / "turns.json", TRACES)
    assert load(tmp_path / "turns.json") == TRACES


def test_what_the_demo_writes_can_be_reported(tmp_path):
    turn = Turn(turn_id="t1", stamps=at(**PLAIN), gap_ms=1130.0, tools=[{"id": "1", "name": "look_at"}], guesses=1)
    (tmp_path / "turns.json").write_text(json.dumps([turn.as_dict(), Turn().as_dict()]))
    assert load(tmp_path / "turns.json") == [Trace("t1", at(**PLAIN), guesses=1, tools=("look_at",))]


@pytest.mark.parametrize("text", ["", "[", "{}", "[1]", '[{"stamps": 3}]', "[]"])
def test_a_file_without_turns_is_refused_with_what_to_do(tmp_path, text, capsys):
    path = tmp_path / "turns.json"
    path.write_text(text)
    with pytest.raises(SystemExit, match="2"):
        latency.main(["--from", str(path), "--no-report"])
    assert f"{path}" in (told := capsys.readouterr().err)
    assert "make demo" in told


def test_recorded_turns_make_a_report_a_line_a_turn_and_a_summary(tmp_path, capsys):
    save(tmp_path / "turns.json", TRACES)
    assert latency.main(["--from", str(tmp_path / "turns.json"), "--report", str(tmp_path / "out")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "fast: gap 440 ms = wait for a pause 96 + wait for the end 324 + hand-over 5 + playback 15"
    )
    assert "22 prompt tokens read, 790 from the cache" in lines[0]
    assert lines[3].startswith("unheard: no answer was heard")
    assert lines[4].startswith("4 turns · gap p50 1130 ms")
    assert lines[5] == f"report of 4 turns: {tmp_path / 'out' / 'report.html'}"
    assert (tmp_path / "out" / "turns.json").exists()


def test_without_the_plotting_library_the_turns_are_kept_and_the_cure_is_named(tmp_path, capsys, monkeypatch):
    save(tmp_path / "turns.json", TRACES)
    monkeypatch.setattr(_latency_report, "find_spec", lambda name: None)
    assert importlib.util.find_spec("matplotlib") is not None
    assert latency.main(["--from", str(tmp_path / "turns.json"), "--report", str(tmp_path / "out")]) == 1
    captured = capsys.readouterr()
    assert "fast: gap 440 ms" in captured.out
    assert "matplotlib" in captured.err
    assert "make setup" in captured.err
    assert load(tmp_path / "out" / "turns.json") == TRACES
    with pytest.raises(VoiceError, match="afterwards"):
        write_report(tmp_path, TRACES)


def test_a_folder_that_cannot_be_made_is_an_error_with_a_cure(tmp_path, capsys):
    save(tmp_path / "turns.json", TRACES)
    with pytest.raises(SystemExit, match="2"):
        latency.main(["--from", str(tmp_path / "turns.json"), "--report", str(tmp_path / "turns.json" / "out")])
    assert "Name another folder" in capsys.readouterr().err


@pytest.mark.parametrize("width", [80, 140])
def test_the_terminal_draws_hidden_and_waited_for_differently(width):
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(picture(TRACES[0], statistics_of(TRACES), width))
    rows = {line.strip().split("  ")[0]: line for line in console.file.getvalue().splitlines()}
    assert "░" in rows["recognition"]
    assert "█" not in rows["recognition"]
    assert "█" in rows["wait for the end"]
    assert all(len(line.rstrip()) <= width for line in rows.values())
    assert "440" in rows["gap"]
