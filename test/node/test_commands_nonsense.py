"""Every command with an option that makes no sense: one line that names it and the cure, exit code 2."""

import importlib
import re

import pytest
import rclpy

from voice_pipeline.bringup.plan import make_plan
from voice_pipeline.commands import _arguments
from voice_pipeline.errors import VoiceError

OUT = ("below a file", "words.txt", "/proc/nowhere", "")  # neither can be a folder to write into, also for root
FOLDER = ("missing", "words.txt", "")
FILE = ("missing", "folder", "")
WHOLE = ("abc", "-2", "1.5", "")
NUMBER = ("abc", "-1", "nan", "inf", "")
NAMESPACE = ("not valid", "a//b", "9x")
PROFILE = ("nonsense", "missing.yaml", "binary.yaml", "folder.yaml", "list.yaml", "scalar.yaml", "")
SETTING = ("x", "x.y", "nonsense.y=1", "asr.=1", ".x=1", "asr.model=[")

# command -> options that stand before (what makes the one in question count), option, values
OPTIONS = [
    ("bench", "--out", OUT),
    ("bench", "--audio", (*FOLDER, "binary-manifest")),
    ("bench", "--profile", PROFILE),
    ("bench", "--turns", ("0", *WHOLE)),
    ("bench", "--idle", NUMBER),
    ("chat hello", "--wait", NUMBER),
    ("chat hello", "--namespace", NAMESPACE),
    ("container", "--profile", PROFILE),
    ("container", "--namespace", NAMESPACE),
    ("container", "--robot", ("abc",)),
    ("container", "--audio", ("abc",)),
    ("container", "--file", FILE),
    ("container", "--answer", ("folder", "below a file", "/proc/nowhere/a.wav", "")),
    ("container", "--record", ("below a file", "words.txt", "/proc/nowhere")),
    ("container", "--sim-port", ("0", "70000", *WHOLE)),
    ("container", "--log-level", ("abc",)),
    ("container", "--nodes", ("abc",)),
    ("container", "--set", SETTING),
    ("demo", "--out", OUT),
    ("demo", "--audio", (*FOLDER, "binary-manifest")),
    ("demo", "--wav", (*FILE, "binary.yaml")),
    ("demo", "--limit", ("0", *WHOLE)),
    ("demo", "--profile", PROFILE),
    ("demo", "--record", ("below a file", "words.txt")),
    ("devices --listen mic", "--seconds", ("0", *NUMBER)),
    ("devices --listen mic", "--channel", WHOLE),
    ("devices", "--audio-system", ("abc", "")),
    ("eval", "--out", OUT),
    ("eval", "--audio", (*FOLDER, "binary-manifest")),
    ("eval", "--bag", ("missing", "folder", "words.txt", "")),
    ("eval", "--profile", PROFILE),
    ("eval", "--limit", WHOLE),
    ("eval --live", "--prompt-file", (*FILE, "binary.yaml")),
    ("eval --live", "--seconds", NUMBER),
    ("eval", "--set", (*SETTING, "dialogue.model=x")),
    ("eval_tools --no-ros", "--out", OUT),
    ("eval_tools --no-ros", "--cases", (*FILE, "binary.yaml", "scalar.yaml")),
    ("eval_tools --no-ros", "--engine", ("abc", "")),
    ("eval_tools --no-ros", "--model", ("abc", "folder", "")),
    ("eval_tools --no-ros", "--host", ("ftp://x", "two words", "http://x:abc", "")),
    ("eval_tools --no-ros", "--threads", WHOLE),
    ("eval_tools --no-ros", "--gpu-layers", WHOLE),
    ("eval_tools --no-ros", "--max-tokens", WHOLE),
    ("eval_tools --no-ros", "--timeout", NUMBER),
    ("eval_tools --no-ros", "--tools", (*FILE, "binary.yaml", "list.yaml")),
    ("eval_tools --no-ros", "--phrases", ("missing", "words.txt")),
    ("eval_tools --no-ros", "--persona", (*FILE, "binary.yaml", "list.yaml")),
    ("eval_tools --no-ros", "--language", ("klingon", "")),
    ("eval_windows", "--out", OUT),
    ("eval_windows", "--audio", (*FOLDER, "binary-manifest")),
    ("eval_windows", "--windows", NUMBER),
    ("eval_windows", "--profile", PROFILE),
    ("eval_windows", "--limit", WHOLE),
    ("eval_windows", "--model", ("",)),
    ("latency", "--turns", ("0", *WHOLE)),
    ("latency", "--report", OUT),
    ("latency", "--from", (*FILE, "words.txt", "binary.yaml")),
    ("latency", "--namespace", NAMESPACE),
    ("models", "", ("abc",)),
    ("moves", "--plot", ("abc", "")),
    ("moves", "--picture", ("abc", "")),
    ("moves", "--check", FILE),
    ("moves", "--folder", FOLDER),
    ("moves --picture nod", "--at", NUMBER),
    ("moves --picture nod", "--frames", ("0", *WHOLE)),
    ("moves --plot nod", "--out", (*OUT, "below a file/nod.svg")),
    ("moves", "--format", ("gif",)),
    ("moves", "--set", (*SETTING, "motion.nonsense=1")),
    ("recordings", "", FILE),
    ("recordings --recover", "", ("words.txt",)),
    ("robot_sim", "--port", ("70000", *WHOLE)),
    ("robot_sim", "--log", ("folder", "below a file", "")),
    ("say hello", "--wait", NUMBER),
    ("say hello", "--speed", ("0", "5", *NUMBER)),
    ("say hello", "--namespace", NAMESPACE),
    ("summarize", "--wait", NUMBER),
    ("summarize", "--last", NUMBER),
    ("summarize", "--format", ("abc",)),
    ("summarize", "--language", ("klingon",)),
    ("summarize", "--template", (*FILE, "words.txt", "binary.md")),
    ("summarize", "--out", ("folder", "below a file", "/proc/nowhere/m.md", "")),
    ("summarize", "--namespace", NAMESPACE),
    ("talk", "--out", OUT),
    ("talk", "--robot", ("abc", "")),
    ("talk", "--record", ("below a file", "words.txt")),
]
CASES = [(command, option, value) for command, option, values in OPTIONS for value in values]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The working folder, with one of each kind of wrong thing in it."""
    (tmp_path / "words.txt").write_text("just words\n")
    (tmp_path / "list.yaml").write_text("- 1\n")
    (tmp_path / "scalar.yaml").write_text("asr: {ros__parameters: 7}\n")
    for name in ("binary.yaml", "binary.md", "binary-manifest/manifest.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(range(256)) * 4)
    for name in ("folder", "folder.yaml"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "500")
    return tmp_path


def run(command, *args):
    """The exit code."""
    try:
        return importlib.import_module(f"voice_pipeline.commands.{command}").main(list(args))
    except SystemExit as end:
        return end.code


@pytest.mark.parametrize(("command", "option", "value"), CASES, ids=[" ".join(case) for case in CASES])
def test_nonsense_is_told_in_one_line(place, capsys, monkeypatch, command, option, value):
    monkeypatch.setattr(rclpy, "init", lambda **_: pytest.fail("it went on"))
    name, *given = command.split()
    value = value.replace("below a file", "words.txt/deep")
    code = run(name, *given, *([option] if option else []), value)
    shown = capsys.readouterr()
    lines = [line for line in (shown.err or shown.out).splitlines() if "the person is synthetic" not in line]
    assert code == 2, lines
    assert lines
    assert len(lines) == 1, lines
    assert value.split("=")[0] in lines[0]
    assert re.search(r"\. [A-Z`]|See .* --help", " ".join(lines)), lines  # the cure is a sentence of its own


def test_every_option_of_every_command_that_takes_a_value_is_tried_here(monkeypatch):
    """An option that is added later is added above, or here with the reason."""
    free = {
        ("devices", "--listen"),  # names of devices: told by those that there are, exit code 1
        ("devices", "--play"),
        ("say", "--voice"),  # the running node knows
        ("talk", "--microphone"),
        ("talk", "--speaker"),
        ("talk", "--profile"),  # looked at after the devices, which a machine may lack; as in demo
    }
    tried = {(command.split()[0], option) for command, option, _ in OPTIONS}
    missing = []
    for name in sorted({command for command, _ in tried}):
        for option in options_of(name, monkeypatch):
            if (name, option) not in tried | free:
                missing.append((name, option))
    assert not missing


def options_of(name, monkeypatch):
    """Those with a value, as its parser has them at the moment it is used."""
    seen = []

    def parse(self, *_):
        for action in self._actions:
            if action.nargs != 0 and action.dest != "help" and action.option_strings:
                seen.append(max(action.option_strings, key=len))
        raise SystemExit(0)

    with monkeypatch.context() as patch:
        patch.setattr(_arguments.Parser, "parse_known_args", parse)
        run(name)
    return seen


@pytest.mark.parametrize("port", ["abc", "", "0", "-1", "70000", "8765.5"])
def test_a_port_that_a_launch_file_passes_on_as_text_is_told(port):
    with pytest.raises(VoiceError, match=re.escape(f"sim_port is '{port}'. Give a port")):
        make_plan("demo", robot="sim", port=port)
    assert make_plan("demo", robot="sim", port="8766").simulator_port == 8766
