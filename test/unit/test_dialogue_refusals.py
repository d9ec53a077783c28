"""What is refused in any of many ways moves nothing: neither a phrase nor a hint takes it, and the model may not call the
memory on it."""

import pytest
import yaml

from voice_pipeline.dialogue.books import Books
from voice_pipeline.dialogue.phrase_files import load_shipped
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource
from voice_pipeline.ros.introspect import RosInterfaces

COMMANDS = (
    "shake your head",
    "nod twice",
    "bob your head up and down",
    "tilt your head to the side",
    "turn your head right",
    "look up at the ceiling",
    "look straight ahead",
    "rotate your head to the left",
    "make a confused face",
    "dance for me",
    "go to sleep",
    "wake up",
    "greet the visitors",
)
REFUSALS = (
    "Don't {}.",
    "Never {}.",
    "I don't want you to {}.",
    "You must not {}.",
    "No need to {}.",
    "I'd rather you didn't {}.",
    "Whatever you do, don't {}.",
    "You don't have to {}.",
    "Do not {}, whatever happens.",
    "It would be wrong to {}.",
    "Under no circumstances {}.",
    "Under no circumstances should you {}.",
    "Better not {}.",
    "You shouldn't {}.",
    "Don't you dare {}.",
    "I forbid you to {}.",
    "You are not allowed to {}.",
    "Could you not {}?",
    "I said don't {}!",
    "No, I did not say {}.",
    "I never asked you to {}.",
    "Don't ever {} again.",
    "Why would you {}? Don't.",
    "Nobody wants you to {}.",
)


@pytest.fixture(scope="module")
def books():
    file = load(resource("config/tools.yaml"), RosInterfaces())
    return Books(file, "en", load_shipped("config/phrases", "config/tools.yaml", file))


@pytest.mark.parametrize("refusal", REFUSALS)
def test_no_rule_takes_a_command_that_is_refused(books, refusal):
    taken = {}
    for command in COMMANDS:
        book, parts = books.choose(refusal.format(command), "en", 3)
        names = [c.name for c in book.calls(parts) or () if c.name not in ("stop", "do_nothing")]
        if names:
            taken[command] = names
    assert taken == {}


def test_the_model_may_not_take_a_refusal_for_something_to_remember_or_to_forget(books):
    cases = yaml.safe_load(resource("test/data/tool_cases.yaml").read_text())["cases"]
    refused = [c for c in cases if c["kind"] == "negated"]
    assert len(refused) > 30
    for case in refused:
        book, parts = books.choose(case["say"], case.get("language", "en"), 3)
        offered = [n for n in ("remember", "forget") for part in parts if book.may_call(n, part)]
        assert offered == [], case["say"]
