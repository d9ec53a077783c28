"""The log tells each trouble of the body once: not the seconds of a start, and not every second of a long one."""

from voice_pipeline.nodes._motion_health import TroubleLog
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health


class Lines(list):
    def info(self, text):
        self.append(("info", text))

    def warning(self, text):
        self.append(("warning", text))

    def error(self, text):
        self.append(("error", text))


def play(log, level, text, begin, end):
    for tenth in range(round(10 * begin), round(10 * end)):
        log.see(Health(level, text, {}), tenth / 10)


def test_a_robot_that_comes_with_the_node_is_no_trouble_and_one_that_stays_away_is_told_once():
    lines = Lines()
    log = TroubleLog(lines)
    play(log, ERROR, "No robot answers.", 0, 9)
    play(log, OK, "ok", 9, 10)
    assert not lines
    log = TroubleLog(lines)
    play(log, ERROR, "No robot answers.", 0, 60)
    play(log, OK, "ok", 60, 70)
    assert lines == [("error", "No robot answers."), ("info", "all is well again")]


def test_later_it_is_told_soon_each_time_and_what_becomes_worse_too():
    lines = Lines()
    log = TroubleLog(lines)
    play(log, OK, "ok", 0, 1)
    play(log, WARN, "Another program moves the robot.", 1, 1.3)
    play(log, OK, "ok", 1.3, 2)
    assert not lines
    play(log, WARN, "Another program moves the robot.", 2, 4)
    play(log, ERROR, "The daemon hangs.", 4, 6)
    play(log, OK, "ok", 6, 7)
    play(log, WARN, "The stop is latched.", 7, 9)
    assert [kind for kind, _ in lines] == ["warning", "error", "info", "warning"]
