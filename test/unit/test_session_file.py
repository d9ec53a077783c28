"""The file of a session: small however long it lasts, and nothing that minutes need is missing after a crash."""

import json

import pytest

from voice_pipeline.dialogue.session_file import SessionFile
from voice_pipeline.dialogue.session_record import SessionRecord

MOST = 20


def heard(i):
    return {"t": float(i), "e": "heard", "text": f"Question {i}.", "language": "en"}


def turn(i):
    said = [{"t": i + 0.1 * k, "e": "said", "turn": f"t{i}", "text": f"Clause {k} of {i}."} for k in range(3)]
    played = [{"t": i + 0.5, "e": "played", "turn": f"t{i}", "id": f"{i}-{k}"} for k in range(2)]
    return [*said, *played, {"t": i + 0.6, "e": "interrupted", "turn": f"t{i}"}]


def talk(file, record, turns, first=0):
    for i in range(first, first + turns):
        for event in (heard(i), *turn(i)):
            record.apply(event)
            file.append(event)


def size(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


def taken_up(folder):
    record = SessionRecord(MOST)
    for event in SessionFile(folder, MOST).left_over():
        record.apply(event)
    return record


def test_a_long_session_takes_no_more_room_than_a_short_one(tmp_path):
    file, record, sizes = SessionFile(tmp_path, MOST), SessionRecord(MOST), []
    for hour in range(4):
        talk(file, record, 3 * MOST, 1000 + hour * 3 * MOST)
        sizes.append(size(tmp_path))
    one = sum(len(json.dumps(e)) + 1 for e in (heard(1000), *turn(1000)))
    assert max(sizes) <= MOST * one + one  # twice `most`, and each turn is two


@pytest.mark.parametrize("turns", [1, 9, 10, 11, 19, 20, 21, 29, 30, 31, 100])
def test_what_the_minutes_need_is_there_after_a_crash_whenever_it_comes(tmp_path, turns):
    record = SessionRecord(MOST)
    talk(SessionFile(tmp_path, MOST), record, turns)
    assert taken_up(tmp_path).lines() == record.lines()
    assert len(record) == min(MOST, 2 * turns)


def test_it_stays_small_over_crashes_too(tmp_path):
    record = SessionRecord(MOST)
    for run in range(8):
        file = SessionFile(tmp_path, MOST)
        list(file.left_over())
        talk(file, record, 7, 7 * run)
    assert taken_up(tmp_path).lines() == record.lines()
    text = "".join(path.read_text() for path in tmp_path.iterdir())
    assert text.count('"heard"') <= MOST + 1


def test_a_session_that_ended_in_order_is_one_file_with_both_parts_for_its_owner_alone(tmp_path):
    file, record = SessionFile(tmp_path, MOST), SessionRecord(MOST)
    talk(file, record, 15)
    path = file.finish()
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o077 == 0
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert [e["text"] for e in events if e["e"] == "heard"] == [f"Question {i}." for i in range(15)]
    assert list(SessionFile(tmp_path, MOST).left_over()) == []


def test_what_a_crash_left_between_two_parts_is_a_session_too(tmp_path):
    record = SessionRecord(MOST)
    talk(SessionFile(tmp_path, MOST), record, 10)
    (tmp_path / "current.jsonl").rename(tmp_path / "earlier.jsonl")
    again = SessionFile(tmp_path, MOST)
    assert len([e for e in again.left_over() if e["e"] == "heard"]) == 10
    path = again.finish()
    assert list(tmp_path.iterdir()) == [path]
    assert list(SessionFile(tmp_path, MOST).left_over()) == []


def test_the_sound_of_turns_that_nobody_remembers_is_nothing_to_write_down():
    record = SessionRecord(MOST)
    assert record.apply(turn(1)[0])
    assert record.apply({"t": 1.0, "e": "played", "turn": "t1", "id": "a"})
    assert not record.apply({"t": 1.0, "e": "played", "turn": "of nobody", "id": "b"})
