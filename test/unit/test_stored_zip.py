"""The archive writer: readable by everybody, and the same bytes on every Python."""

import hashlib
import io
import zipfile

from voice_pipeline.stored_zip import write_stored_zip

ENTRIES = [("a.npy", b"one" * 100), ("b.npy", b"")]


def written():
    out = io.BytesIO()
    write_stored_zip(out, ENTRIES)
    return out


def test_what_was_written_can_be_read():
    with zipfile.ZipFile(written()) as archive:
        assert archive.testzip() is None
        assert [(n, archive.read(n)) for n in archive.namelist()] == ENTRIES


def test_the_bytes_are_the_same_on_every_python():
    assert (
        hashlib.sha256(written().getvalue()).hexdigest()
        == "dc915d6442da227ed980c6f622ca6da3350835f1e9aec94271af8fc827df77f3"
    )
