"""The supervisor's decisions, with time in the test's hands."""

from voice_pipeline.bringup.supervision import State, Step, Supervision


def up(names=("player", "tts", "vad")):
    s = Supervision(names, retry_s=3.0)
    s.wanted = True
    for n in names:
        s.seen(n, True)
    assert {step.what for step in s.steps(0.0)} == {"ask"}
    for n in names:
        s.told(n, State.UNCONFIGURED)
    return s


def test_all_nodes_are_configured_at_once():
    assert up().steps(0.0) == [Step("player", "configure"), Step("tts", "configure"), Step("vad", "configure")]


def test_nodes_are_activated_in_the_order_of_the_list():
    s = up()
    s.steps(0.0)
    s.told("vad", State.INACTIVE)
    assert s.steps(0.1) == []  # vad waits: who listens to it is not up
    s.told("player", State.INACTIVE)
    assert s.steps(0.2) == [Step("player", "activate")]
    s.told("player", State.ACTIVE)
    assert s.steps(0.3) == []
    s.told("tts", State.INACTIVE)
    assert s.steps(0.4) == [Step("tts", "activate")]
    s.told("tts", State.ACTIVE)
    assert s.steps(0.5) == [Step("vad", "activate")]
    s.told("vad", State.ACTIVE)
    assert s.ready


def test_a_node_that_fails_does_not_hold_up_the_others_and_is_tried_again():
    s = up()
    s.steps(0.0)
    s.failed("player", "configure", 0.0)
    s.told("tts", State.INACTIVE)
    steps = s.steps(0.1)
    assert Step("player", "ask") in steps
    assert Step("tts", "activate") in steps
    s.told("player", State.UNCONFIGURED)
    assert s.steps(2.9) == []
    assert s.steps(3.1) == [Step("player", "configure")]
    assert "configure failed" in s.down()["player"]


def test_the_wait_between_tries_doubles_up_to_ten_times():
    s = up(("mic",))
    now, waits = 0.0, []
    for _ in range(7):
        s.steps(now)
        s.failed("mic", "configure", now)
        waits.append(s.nodes["mic"].retry_at - now)
        now = s.nodes["mic"].retry_at
        s.told("mic", State.UNCONFIGURED)
    assert waits == [3, 6, 12, 24, 30, 30, 30]


def test_a_respawned_node_is_driven_up_again():
    s = up(("vad",))
    for what, state in (("configure", State.INACTIVE), ("activate", State.ACTIVE)):
        assert s.steps(0.0) == [Step("vad", what)]
        s.told("vad", state)
    s.seen("vad", False)
    assert s.down() == {"vad": "not running"}
    s.seen("vad", True)
    assert s.steps(1.0) == [Step("vad", "ask")]
    s.told("vad", State.UNCONFIGURED)
    assert s.steps(1.1) == [Step("vad", "configure")]


def test_a_node_killed_during_a_transition_is_not_waited_for_forever():
    s = up(("vad",))
    s.steps(0.0)  # configure under way, then the process is gone
    s.seen("vad", False)
    s.seen("vad", True)
    assert s.steps(0.1) == [Step("vad", "ask")]


def test_nothing_is_driven_before_bring_up_is_wanted():
    s = up()
    s.wanted = False
    assert s.steps(0.0) == []


def active(s, name):
    for what, state in (("configure", State.INACTIVE), ("activate", State.ACTIVE)):
        assert s.steps(0.0) == [Step(name, what)]
        s.told(name, state)


def test_an_active_node_is_asked_now_and_then_and_driven_up_when_it_was_replaced():
    s = up(("vad",))
    active(s, "vad")
    assert s.steps(0.9) == []
    assert s.steps(1.0) == [Step("vad", "ask")]
    assert s.ready
    s.told("vad", State.UNCONFIGURED, 1.1)
    assert s.steps(1.2) == [Step("vad", "configure")]


def test_a_node_that_does_not_answer_is_not_there():
    s = up(("vad",))
    active(s, "vad")
    s.steps(1.0)
    assert s.steps(4.0) == []
    assert s.ready
    s.steps(4.1)
    assert s.down() == {"vad": "not running"}
