"""Files that are no text, and names that ROS does not take: named at start with the cure, not when the node opens."""

import pytest

from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError

TOOLS = "tools: [{name: press, description: Press it., kind: service, interface: std_srvs/srv/Trigger, target: '%s'}]"


@pytest.mark.parametrize("read", [load, load_persona])
def test_a_file_in_another_encoding_is_a_clear_error(tmp_path, read):
    path = tmp_path / "file.yaml"
    path.write_bytes("name: Käthe\ncharacter: Du bist ein Roboter.\n".encode("latin-1"))
    with pytest.raises(VoiceError) as error:
        read(path)
    assert str(path) in error.value.what


@pytest.mark.parametrize(
    "target", ["play move", "2press", "press/", "//press", "press!", "a__b", "drücken", "press/1", "~press"]
)
def test_a_target_that_is_no_name_of_ros_is_named(tmp_path, target):
    path = tmp_path / "tools.yaml"
    path.write_text(TOOLS % target, encoding="utf-8")
    with pytest.raises(VoiceError) as error:
        load(path)
    assert "key 'target'" in error.value.what


@pytest.mark.parametrize("target", ["press", "/left/press", "~/press", "motion/stop_2", "_hidden"])
def test_a_name_of_ros_is_taken(tmp_path, target):
    path = tmp_path / "tools.yaml"
    path.write_text(TOOLS % target, encoding="utf-8")
    assert load(path).tools["press"].target == target
