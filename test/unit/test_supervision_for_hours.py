"""The supervisor's decisions where something stays broken, or breaks at the worst moment."""

from voice_pipeline.bringup.supervision import State, Step, Supervision


def driven(name="mic"):
    s = Supervision([name], retry_s=3.0)
    s.wanted = True
    s.seen(name, True)
    s.steps(0.0)
    s.told(name, State.UNCONFIGURED)
    assert s.steps(0.0) == [Step(name, "configure")]
    return s


def test_a_microphone_that_is_missing_for_a_day_is_tried_until_it_is_there():
    s, now = driven(), 0.0
    for _ in range(24 * 3600 // 30):
        s.failed("mic", "configure", now)
        s.steps(now)
        s.told("mic", State.UNCONFIGURED)
        now = s.nodes["mic"].retry_at
        assert s.steps(now) == [Step("mic", "configure")]
    s.told("mic", State.INACTIVE)
    assert s.steps(now) == [Step("mic", "activate")]


def test_a_node_that_was_replaced_during_a_transition_is_driven_up_again():
    """The graph shows the killed one for 20 s: presence alone never tells."""
    s = driven()
    s.seen("mic", True)
    assert s.steps(4.9) == []
    assert s.steps(5.0) == [Step("mic", "ask")]
    s.told("mic", State.UNCONFIGURED, 5.1)
    assert s.steps(5.2) == [Step("mic", "configure")]


def test_a_node_that_loads_for_a_minute_is_waited_for():
    s = driven()
    asked = [step for tenth in range(600) for step in s.steps(tenth / 10)]
    assert asked == [Step("mic", "ask")] * 11
    assert s.down() == {"mic": "busy"}
    s.told("mic", State.INACTIVE, 60.0)
    assert s.steps(60.0) == [Step("mic", "activate")]
