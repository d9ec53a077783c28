"""The embedded engine on a real model: streams, obeys a grammar, is given up at once, keeps what it has read."""

import os
import signal
import threading

import pytest

from patience import PATIENCE_S, ended
from voice_pipeline.dialogue import ModelSettings, create
from voice_pipeline.dialogue.protocol import (
    Done,
    GenerateOptions,
    Message,
    ModelTimeout,
    ModelUnavailable,
    TextDelta,
    ToolSpec,
)
from voice_pipeline.errors import VoiceError

NOD = ToolSpec(
    "play_move",
    "Play a gesture.",
    {
        "type": "object",
        "properties": {
            "name": {"type": "string", "enum": ["nod", "shake"]},
            "times": {"type": "integer", "default": 1},
        },
        "required": ["name"],
        "additionalProperties": False,
    },
)
PREFIX = [Message("system", "You are a small robot that answers in one short sentence. " * 8)]


def settings(**kwargs):
    # On a busy machine a prompt takes a minute; where a limit is the point, a test sets its own.
    limits = {"first_token_timeout_s": 120.0, "stall_timeout_s": PATIENCE_S, **kwargs}
    return ModelSettings(model="smollm2-135m-instruct", threads=1, context_length=2048, **limits)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    patch = pytest.MonkeyPatch()
    from voice_pipeline.model_store import store_root

    patch.setenv("VOICE_PIPELINE_MODELS", str(store_root()))
    patch.setenv("VOICE_PIPELINE_CACHE", str(cache))
    engine = create(settings())
    engine.prepare()
    engine.warm_up(PREFIX, [])
    yield engine
    engine.close()
    patch.undo()


def test_what_was_read_ahead_is_in_the_cache_by_the_servers_own_count(engine):
    turn = [Message("user", "Look to the left."), Message("assistant", "Okay, looking to the left side of the room.")]
    question = Message("user", "And now?")
    *_, cold = engine.stream([*PREFIX, *turn, question], [NOD], threading.Event(), GenerateOptions(max_tokens=2))
    engine.read_ahead([*PREFIX, Message("user", "Hello")], [NOD], threading.Event())  # as it was before the turn
    engine.read_ahead([*PREFIX, *turn, Message("user", "Hello")], [NOD], threading.Event())
    *_, warm = engine.stream([*PREFIX, *turn, question], [NOD], threading.Event(), GenerateOptions(max_tokens=2))
    assert cold.prompt_tokens + cold.cached_tokens == warm.prompt_tokens + warm.cached_tokens
    assert warm.prompt_tokens < 12 < cold.prompt_tokens


def ask(engine, text, cancel=None, **options):
    messages = [*PREFIX, Message("user", text)]
    return list(engine.stream(messages, [NOD], cancel or threading.Event(), GenerateOptions(**options)))


def test_an_answer_streams_and_ends_with_its_figures(engine):
    deltas = ask(engine, "What is the capital of France?", max_tokens=20)
    assert "".join(d.text for d in deltas if isinstance(d, TextDelta))
    assert isinstance(deltas[-1], Done)
    assert deltas[-1].answer_tokens > 0


def test_the_prefix_is_read_once(engine):
    done = ask(engine, "Who are you?", max_tokens=2)[-1]
    assert done.cached_tokens > 80
    assert done.prompt_tokens < 30


def test_a_grammar_binds_the_answer_to_the_tools_allowed(engine):
    from voice_pipeline.dialogue.output import ReplyParser
    from voice_pipeline.dialogue.protocol import ToolCallRequest

    for only in ((), ("play_move",)):
        text = "".join(d.text for d in ask(engine, "{", max_tokens=30, only_tools=only) if isinstance(d, TextDelta))
        pieces = [*ReplyParser().feed(text)]
        calls = [p for p in pieces if isinstance(p, ToolCallRequest)]
        assert all(c.name in only and c.arguments.get("name") in ("nod", "shake") for c in calls)
        assert only or "{" not in text


class HeldServer:
    """The engine's server, held after its first word until `go` is set; counts what it makes afterwards."""

    def __init__(self, server):
        self.go = threading.Event()
        self.words = 0
        self._server = server

    def handle_chat_completions(self, request, take):
        def held(chunk):
            if self.words and not self.go.wait(PATIENCE_S):
                return True
            choice = (chunk.get("choices") or [{}])[0]
            self.words += bool((choice.get("delta") or {}).get("content"))
            return take(chunk)

        self._server.handle_chat_completions(request, held)


def test_an_answer_is_given_up_at_once_and_the_next_one_comes(engine, monkeypatch):
    server, cancel = HeldServer(engine._server), threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_server", server)
        question, options = [*PREFIX, Message("user", "Count to 1000.")], GenerateOptions(max_tokens=400)
        for _ in engine.stream(question, [], cancel, options):
            cancel.set()
        # Here although the model cannot say anything: nobody waited for it.
        assert not server.go.is_set()
        assert server.words == 1
        server.go.set()
        assert ended(engine._worker)
        assert server.words <= 2  # and it was told to stop
    assert isinstance(ask(engine, "Hello", max_tokens=3)[-1], Done)


def test_a_slow_first_word_is_a_timeout_with_a_cure(engine):
    engine._settings = settings(first_token_timeout_s=0.01)
    try:
        with pytest.raises(ModelTimeout, match="smaller model"):
            ask(engine, "word " * 100)
    finally:
        engine._settings = settings()
    assert isinstance(ask(engine, "Hello", max_tokens=3)[-1], Done)


def test_a_question_longer_than_the_context_is_an_error_not_a_crash(engine):
    with pytest.raises(ModelUnavailable):
        ask(engine, "word " * 4000)
    assert isinstance(ask(engine, "Hello", max_tokens=3)[-1], Done)


def test_a_second_start_finds_the_prompt_on_disk(engine):
    again = create(settings())
    again.prepare()
    again.warm_up(PREFIX, [])
    assert isinstance(ask(again, "Hello", max_tokens=2)[-1], Done)
    files = list(again._cache.folder.glob("*.kv"))
    assert len(files) == 1
    files[0].write_bytes(b"broken")
    again.close()
    third = create(settings())
    third.prepare()
    third.warm_up(PREFIX, [])  # a damaged file costs time, no more
    assert isinstance(ask(third, "Hello", max_tokens=2)[-1], Done)
    third.close()


def test_ctrl_c_still_belongs_to_the_program(engine):
    heard = threading.Event()
    old = signal.signal(signal.SIGINT, lambda *_: heard.set())
    try:
        other = create(settings())
        other.prepare()
        os.kill(os.getpid(), signal.SIGINT)
        assert heard.wait(PATIENCE_S)
        other.close()
    finally:
        signal.signal(signal.SIGINT, old)


def test_its_port_answers_nobody_without_the_key(engine):
    import urllib.error
    import urllib.request

    http = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as error:
        http.open(engine._server.listening_address + "/slots", timeout=PATIENCE_S)
    assert error.value.code == 401


def test_a_file_that_is_no_model_is_a_clear_error(tmp_path):
    (tmp_path / "bad.gguf").write_bytes(b"GGUF nonsense")
    with pytest.raises(ModelUnavailable, match=r"bad\.gguf"):
        create(ModelSettings(model=str(tmp_path))).prepare()


def test_a_missing_model_names_the_command_that_fetches_it(tmp_path):
    with pytest.raises(VoiceError, match="make models"):
        create(ModelSettings(model="no-such-model"))
    with pytest.raises(VoiceError, match=r"\.gguf"):
        create(ModelSettings(model=str(tmp_path)))


def test_an_unknown_engine_is_named_with_those_there_are():
    with pytest.raises(VoiceError, match="llama_cpp, ollama"):
        create(ModelSettings(engine="gpt"))
