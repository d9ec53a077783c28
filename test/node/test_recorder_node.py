"""recorder over DDS: what was published is in the file, bit for bit, and other libraries read it; a bad folder hurts nobody."""

import array
import time

import numpy as np
import pytest
from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from voice_pipeline.msg import ToolCall, Transcript, TurnLatency, VoiceActivity

from voice_pipeline.nodes.recorder import _TOPICS, RecorderNode, _type_name
from voice_pipeline.recording.reader import BagReader, bag_files
from voice_pipeline.recording.schemas import RAW_AUDIO, definition
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_msg

BEGIN = 1_700_000_000_000_000_000
CHUNKS = [np.random.default_rng(i).integers(-9_000, 9_000, 512).astype("<i2").tobytes() for i in range(20)]


def send_sound(peer, topic, rate, info_first=True):
    info = peer.publisher(AudioInfo, topic + "_info", LATCHED)
    sound = peer.publisher(AudioDataStamped, topic, AUDIO)
    tell = AudioInfo(channels=1, sample_rate=rate, sample_format="S16LE")
    if info_first:
        info.publish(tell)
    for i, chunk in enumerate(CHUNKS):
        message = AudioDataStamped(audio=AudioData(data=array.array("B", chunk)))
        message.header.stamp = to_msg(BEGIN + i * 32_000_000)
        message.header.frame_id = "mic" * (i % 4)  # any length
        sound.publish(message)
    if not info_first:
        info.publish(tell)
    return info, sound


def decoded(folder):
    (path,) = bag_files([folder])
    with path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        return [(channel.topic, message, body) for _, channel, message, body in reader.iter_decoded_messages()]


@pytest.mark.parametrize("info_first", [True, False])
def test_sound_and_words_are_in_the_file_as_they_were_published(ros, tmp_path, info_first):
    node = ros.start(RecorderNode, {"folder": str(tmp_path), "min_free_mb": 0})
    peer = ros.peer()
    send_sound(peer, "audio", 16_000, info_first)
    send_sound(peer, "playback/audio", 24_000, info_first)
    words = Transcript(utterance_id="u-1", text="Grüße, world", rejected_reason="too quiet", confidence=0.25)
    words.header.stamp = to_msg(BEGIN)
    peer.publisher(Transcript, "transcript", EVENTS).publish(words)
    peer.publisher(Transcript, "translation", EVENTS).publish(Transcript(utterance_id="u-1", text="Greetings, world"))
    peer.publisher(VoiceActivity, "voice_activity", EVENTS).publish(VoiceActivity(event=4, utterance_id="u-1"))
    peer.publisher(ToolCall, "tool_calls", EVENTS).publish(ToolCall(name="nod", arguments_json='{"times": 2}'))
    peer.publisher(TurnLatency, "latency", EVENTS).publish(TurnLatency(gap_ms=700.0, tools=["a", "b"]))
    ros.wait(lambda: node.health().values["messages"] >= 46, what="the messages, one of /diagnostics too")
    ros.settle(node, messages=32)  # all others, where there were more of /diagnostics
    ros.stop(node)
    found = decoded(tmp_path)
    for topic, rate in (("/audio/raw_audio", 16_000), ("/playback/audio/raw_audio", 24_000)):
        sound = [(m, b) for t, m, b in found if t == topic]
        assert [bytes(b.data) for _, b in sound] == CHUNKS
        assert [m.publish_time for m, _ in sound] == [BEGIN + i * 32_000_000 for i in range(20)]
        assert {(b.format, b.sample_rate, b.number_of_channels) for _, b in sound} == {("pcm-s16", rate, 1)}
    bodies = {t: b for t, _, b in found}
    assert bodies["/transcript"].text == "Grüße, world"
    assert bodies["/transcript"].rejected_reason == "too quiet"
    assert bodies["/transcript"].confidence == 0.25
    assert bodies["/translation"].text == "Greetings, world"
    assert bodies["/voice_activity"].event == 4
    assert bodies["/tool_calls"].arguments_json == '{"times": 2}'
    assert list(bodies["/latency"].tools) == ["a", "b"]
    assert "recorder" in bodies["/diagnostics"].status[0].name
    assert all(abs(m.log_time - time.time_ns()) < 60e9 for _, m, _ in found)


@pytest.mark.parametrize("kind", sorted({_type_name(kind) for kind, _, _ in _TOPICS} | {RAW_AUDIO}))
def test_the_definition_of_every_recorded_type_is_complete(kind):
    from mcap_ros2._dynamic import generate_dynamic

    assert kind.replace("/msg/", "/") in {k.replace("/msg/", "/") for k in generate_dynamic(kind, definition(kind))}


def test_names_follow_the_namespace(ros, tmp_path, monkeypatch):
    from functools import partial

    node = ros.start(partial(RecorderNode, namespace="/two"), {"folder": str(tmp_path), "min_free_mb": 0})
    ros.peer().publisher(Transcript, "/two/transcript", EVENTS).publish(Transcript(text="hello"))
    ros.wait(lambda: node.health().values["messages"] >= 2)
    ros.settle(node)
    ros.stop(node)
    assert {m.topic for m in BagReader(bag_files([tmp_path])[0])} >= {"/two/transcript", "/diagnostics"}


def test_sound_may_be_left_out(ros, tmp_path):
    node = ros.start(RecorderNode, {"folder": str(tmp_path), "min_free_mb": 0, "microphone": False, "playback": False})
    peer = ros.peer()
    assert peer.node.count_subscribers("audio") == peer.node.count_subscribers("playback/audio") == 0
    peer.publisher(Transcript, "transcript", EVENTS).publish(Transcript(text="hello"))
    ros.wait(lambda: node.health().values["messages"] >= 2)


def test_a_folder_that_cannot_be_written_is_told_and_the_node_runs_on(ros, tmp_path):
    (tmp_path / "file").write_text("")
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    node = ros.start(RecorderNode, {"folder": str(tmp_path / "file" / "kept"), "min_free_mb": 0})
    told = ros.wait(lambda: [s for m in health for s in m.status if "nothing is recorded" in s.message])
    assert told[0].level in (1, b"\x01")
    assert "name another `folder`" in told[0].message
    assert node.active


def test_deactivated_it_keeps_nothing_and_activated_it_begins_another_file(ros, tmp_path):
    node = ros.start(RecorderNode, {"folder": str(tmp_path), "min_free_mb": 0})
    words = ros.peer().publisher(Transcript, "transcript", EVENTS)
    words.publish(Transcript(text="one"))
    ros.wait(lambda: node.health().values["messages"] >= 2)
    ros.settle(node)
    node.executor.create_task(node.trigger_deactivate)
    ros.wait(lambda: not node.active and words.get_subscription_count() == 0)
    words.publish(Transcript(text="two"))
    node.executor.create_task(node.trigger_activate)
    ros.wait(lambda: words.get_subscription_count() == 1)
    words.publish(Transcript(text="three"))
    ros.wait(lambda: node.health().values["messages"] >= 2)
    ros.settle(node)
    ros.stop(node)
    files = bag_files([tmp_path])
    assert len(files) == 2
    reader = [BagReader(f) for f in files]
    assert [sum(m.topic == "/transcript" for m in r) for r in reader] == [1, 1]
    assert all(r.complete for r in reader)
