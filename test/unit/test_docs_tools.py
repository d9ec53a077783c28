"""docs/tools.md explains every key that the loader takes, and no other; its example is a file that loads."""

import re

from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.dialogue.tools_schema import ARGUMENT_KEYS, TOOL_KEYS
from voice_pipeline.resources import resource
from voice_pipeline.ros.introspect import RosInterfaces

PAGE = resource("docs/tools.md").read_text()


def keys(heading):
    table = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return sorted(key for cell in first_cells for key in re.findall(r"`(\w+)`", cell))


def test_every_key_of_a_tool_is_explained():
    assert keys("Keys of a tool") == sorted(TOOL_KEYS)


def test_every_key_of_an_argument_is_explained():
    assert keys("Keys of an argument") == sorted(ARGUMENT_KEYS)


def test_the_example_is_a_tool_file(tmp_path):
    path = tmp_path / "tools.yaml"
    path.write_text(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    assert set(load(path, RosInterfaces()).tools) == {"lamp", "drive"}


def test_the_example_for_a_base_is_a_tool_file_too(tmp_path):
    path = tmp_path / "tools.yaml"
    path.write_text(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    tools = load(path).tools  # nav2_msgs need not be on this machine
    assert set(tools) == {"go_to", "stop"}
    assert tools["stop"].cancels
