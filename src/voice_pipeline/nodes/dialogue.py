"""Node `dialogue`: transcripts and typed questions in, clauses and tool calls out. The mind itself is in dialogue/."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.qos import DurabilityPolicy, QoSProfile

from voice_pipeline.action import Converse
from voice_pipeline.dialogue import ModelSettings, create
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.protocol import GenerateOptions, Message, ModelTimeout, ModelUnavailable, ToolCallRequest
from voice_pipeline.dialogue.stock import stock_phrases
from voice_pipeline.dialogue.tools import PendingCall, ValidCall
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import (
    EndOfTurn,
    PlaybackControl,
    PrepareSpeech,
    Reply,
    ToolCall,
    Transcript,
    TurnLatency,
    TurnState,
    VoiceActivity,
)
from voice_pipeline.nodes._dialogue_parameters import CONVERSATION, MODEL, TURN
from voice_pipeline.nodes._dialogue_parts import (
    LateDispatcher,
    Reporter,
    arguments_json,
    end_typed,
    persona_path,
    trace,
)
from voice_pipeline.resources import resource
from voice_pipeline.ros.action import DeferredActionServer, Goal
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.mailbox import Mailbox
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.ros.say_client import SayClient
from voice_pipeline.ros.stamps import to_ns
from voice_pipeline.ros.tool_dispatch import RosToolDispatcher, check_interfaces
from voice_pipeline.ros.worker import Worker
from voice_pipeline.turn.engine import TurnEngine
from voice_pipeline.turn.stages import StageStatistics
from voice_pipeline.turn.state import State, Turn, TurnSettings

# Latched, but deeper than one: states can follow each other within a millisecond and none may be lost on the way.
TURNS = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
# Kokoro takes about a second for a short text on one slow core.
_STOCK_PERIOD_S, _STOCK_QUIET_S = 1.0, 3.0
# A whole answer and the stock phrases may be asked for at once.
PREPARE = QoSProfile(depth=64)
_STATUS = {"succeeded": ToolCall.SUCCEEDED, "failed": ToolCall.FAILED, "cancelled": ToolCall.CANCELLED}


class DialogueNode(VoiceNode):
    """Answers what was heard (`transcript`) or typed (`converse`), speaks through `say`, moves through the tools."""

    PARAMETERS = (*MODEL, *CONVERSATION, *TURN)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("dialogue", **kwargs)
        self._mind: Assembled | None = None
        self._converse: DeferredActionServer | None = None
        self._model_fault = ""  # why the model does not work now; empty when it does
        self._counts = {"turns": 0, "interrupted": 0, "tool_calls": 0, "model_failures": 0, "clauses_not_spoken": 0}
        self._counts.update(guesses=0, speculative=0)
        self._stages = StageStatistics()

    # -- life cycle
    def load(self) -> None:
        p = self.p
        file = load(resource(p["tools_file"]))
        check_interfaces(file.tools)
        settings = ModelSettings(**{k: p[k] for k in ModelSettings.__dataclass_fields__})
        self._tool_proxy = LateDispatcher()
        self._mind = Assembled(
            create(settings),
            file,
            load_persona(persona_path(p["persona"])),
            self._tool_proxy,
            MindSettings(
                options=GenerateOptions(p["temperature"], p["max_tokens"]),
                **{k: p[k] for k in ("language", "max_tool_calls", "use_phrases", "first_clause_chars")},
                **{k: p[k] for k in ("cannot", "cannot_move", "will_not")},
            ),
            max_turns=p["history_turns"],
            context_tokens=p["context_length"],
            calls_per_minute=p["tool_calls_per_minute"],
        )
        # Lives as long as the mind, so that goals open at deactivation still get their result.
        self._converse = DeferredActionServer(
            self, Converse, "converse", self._typed, self._typed_cancelled, lambda _: self.active
        )
        start = time.monotonic()
        try:
            self._mind.warm_up()
        except (ModelUnavailable, ModelTimeout) as error:
            if p["engine"] == "llama_cpp":
                raise
            # A server may come later; until then the robot apologises, and phrases work.
            self._model_fault = str(error)
            self.get_logger().warning(f"{error} The node runs on and tries again.")
        else:
            self.get_logger().info(
                f"{p['engine']} {p['model']} warm in {time.monotonic() - start:.1f} s; persona {p['persona']}, "
                f"{len(file.tools)} tools: {', '.join(file.tools)}"
            )

    def open(self) -> None:
        mind = self._mind
        assert mind is not None
        self._turn_pub = self.create_publisher(TurnState, "turn", TURNS)
        self._reply_pub = self.create_publisher(Reply, "reply", EVENTS)
        self._calls_pub = self.create_publisher(ToolCall, "tool_calls", EVENTS)
        self._latency_pub = self.create_publisher(TurnLatency, "latency", EVENTS)
        self._prepare_pub = self.create_publisher(PrepareSpeech, "prepare_speech", PREPARE)
        self._control_pub = self.create_publisher(PlaybackControl, "playback_control", EVENTS)
        self._mailbox = Mailbox(self)
        self._worker = Worker("mind", 16, self._worker_failed)
        self._cancel = threading.Event()
        self._gate = threading.Event()
        self._tidying = threading.Event()  # set: leave it
        self._untidy = False
        self._stock: list[str] = []  # fixed texts that are still to be made
        self._stock_at = 0.0
        self._stock_sent_to = 0
        self._verdict = ("", 0)  # utterance, ns
        self._calls: dict[str, Turn] = {}  # under way, by call id
        self._latest: Turn | None = None
        self._unanswered: list[Turn] = []  # closed turns with tickets whose calls still run
        self._retry_warm_at = time.monotonic() + 5.0
        self._dispatcher = RosToolDispatcher(self, mind.tools.tools, self._call_finished, self._mailbox)
        self._tool_proxy.target = self._dispatcher
        self._say = SayClient(self, self._said, self._speech_marks)
        self._engine = TurnEngine(self, self._turn_settings(), time.monotonic, time.time_ns)
        self._subscriptions_open = [
            self.create_subscription(Transcript, "transcript", self._heard, EVENTS),
            self.create_subscription(Transcript, "transcript/partial", self._overheard, EVENTS),
            self.create_subscription(Transcript, "transcript/rejected", self._rejected, EVENTS),
            self.create_subscription(EndOfTurn, "end_of_turn", self._end_of_turn, EVENTS),
            self.create_subscription(VoiceActivity, "voice_activity", self._voice, EVENTS),
        ]
        self._ticker = self.create_timer(0.05, self._tick_turn)
        self.show(State.LISTENING, None, "ready")

    def close(self) -> None:
        if not hasattr(self, "_engine"):
            return
        for subscription in self._subscriptions_open:
            self.destroy_subscription(subscription)
        self.destroy_timer(self._ticker)
        self._cancel.set()
        self._tidying.set()
        self._engine.stop()
        self._mailbox.close()
        self._dispatcher.destroy()
        self._answer_tickets(force=True)
        self._worker.stop(3.0)
        self._say.destroy()
        for publisher in (
            self._turn_pub,
            self._reply_pub,
            self._calls_pub,
            self._latency_pub,
            self._prepare_pub,
            self._control_pub,
        ):
            self.destroy_publisher(publisher)
        del self._engine

    def unload(self) -> None:
        if self._converse is not None:
            self._converse.destroy()
            self._converse = None
        if self._mind is not None:
            self._mind.model.close()
            self._mind = None

    def health(self) -> Health:
        values: dict[str, str | int | float] = {"state": self._engine.state.name.lower(), **self._counts}
        values.update(self._stages.values())
        if self._model_fault:
            return Health(ERROR, f"no language model: {self._model_fault}", values)
        if not self._say.ready:
            return Health(WARN, "nobody offers `say`: answers are only shown on `reply`. Start the tts node.", values)
        return Health(OK, "ok", values)

    def _turn_settings(self) -> TurnSettings:
        p = self.p
        named = (
            "retry_window_s",
            "speculate",
            "barge_in",
            "barge_in_words",
            "barge_in_confidence",
            "apology",
            "gave_up",
        )
        return TurnSettings(
            first_token_s=p["first_token_timeout_s"],
            verdict_s=p["barge_in_verdict_s"],
            acknowledge_after_s=p["acknowledge_after_s"],
            acknowledgements=tuple(p["acknowledgements"]),
            **{name: p[name] for name in named},
        )

    # -- in: the person
    def _heard(self, message: Transcript) -> None:
        if not message.is_final:
            return
        text = "" if message.rejected_reason else message.text
        marks = {**_recognition(message), "vad_end": to_ns(message.vad_end)}
        utterance, decided = self._verdict
        if utterance == message.utterance_id:
            marks["verdict"] = decided
        self._engine.question(text, message.utterance_id, marks={k: v for k, v in marks.items() if v})

    def _rejected(self, message: Transcript) -> None:
        self._engine.question("", message.utterance_id)

    def _overheard(self, message: Transcript) -> None:
        text = "" if message.rejected_reason else message.text
        if message.speculative:
            marks = {k: v for k, v in _recognition(message).items() if v}
            self._engine.guess(message.utterance_id, text, message.confidence, marks)
        else:
            self._engine.overheard(message.utterance_id, text, message.confidence)
            self._read_along(text)

    def _read_along(self, words: str) -> None:
        if self.p["speculate"] and words and self._engine.only_listening and self._worker.backlog == 0:
            self._tidying = threading.Event()
            self._worker.submit(self._read_words, words, self._tidying)

    def _end_of_turn(self, message: EndOfTurn) -> None:
        self._verdict = (message.utterance_id, to_ns(message.decided))

    def _voice(self, message: VoiceActivity) -> None:
        if message.event == VoiceActivity.START:
            self._tidying.set()
            self._engine.person_began(message.utterance_id)
        elif message.event == VoiceActivity.PAUSE:
            self._engine.person_paused(message.utterance_id)
        elif message.event == VoiceActivity.RESUME:
            self._engine.person_resumed(message.utterance_id)
        elif message.event == VoiceActivity.END:
            self._engine.person_ended(message.utterance_id, message.reason == VoiceActivity.REASON_TOO_SHORT)

    def _typed(self, goal: Goal) -> None:
        if not self.active:
            goal.abort(Converse.Result(error_code=Converse.Result.CANCELLED, error_msg="the node is not active."))
        elif not goal.request.text.strip():
            goal.abort(
                Converse.Result(error_code=Converse.Result.EMPTY_TEXT, error_msg="text is empty. Write something.")
            )
        else:
            self._engine.question(goal.request.text, speak=goal.request.speak, ticket=goal)

    def _typed_cancelled(self, goal: Goal) -> None:
        if hasattr(self, "_engine"):
            self._engine.cancel(goal)

    def _tick_turn(self) -> None:
        self._say.tick()
        self._engine.tick()
        self._answer_tickets()
        if self._model_fault and time.monotonic() >= self._retry_warm_at and self._worker.backlog == 0:
            self._retry_warm_at = time.monotonic() + 5.0
            self._worker.submit(self._warm_up_again)
        if self._untidy and self._engine.idle and self._worker.backlog == 0:
            self._untidy = False
            self._tidying = threading.Event()
            self._worker.submit(self._tidy, self._tidying)
        self._send_stock()

    def _send_stock(self) -> None:
        """The fixed texts go to whoever makes speech, when it appears: one at a time and never into a conversation,
        because the first time each of them takes as long to make as an answer."""
        listeners = self._prepare_pub.get_subscription_count()
        if listeners > self._stock_sent_to and self._mind is not None:
            named = ("cannot", "cannot_move", "will_not", "apology", "gave_up")
            texts = [self.p[name] for name in named]
            if self.p["acknowledge_after_s"] > 0.0:
                texts += self.p["acknowledgements"]
            self._stock = stock_phrases(self._mind.tools.tools.values(), texts)
        self._stock_sent_to = listeners
        now = time.monotonic()
        if not self._engine.idle:
            self._stock_at = now + _STOCK_QUIET_S
        elif self._stock and now >= self._stock_at:
            self._stock_at = now + _STOCK_PERIOD_S
            self._prepare_pub.publish(PrepareSpeech(text=self._stock.pop(0), keep=True))

    # -- the model's thread
    def _think(
        self, turn: Turn, generation: int, question: str, cancel: threading.Event, gate: threading.Event
    ) -> None:
        mind = self._mind
        if cancel.is_set() or mind is None:
            return
        try:
            answer = mind.answer(question, cancel, Reporter(self, turn, generation), gate)
        except VoiceError as error:
            fault = error
            if not cancel.is_set():
                self.post(lambda _: self._thinking_failed(generation, fault))
        else:
            if not answer.by_phrase:
                self._model_fault = ""
            self.post(lambda e: e.answered(generation, answer.messages, answer.usage))

    def _read_words(self, words: str, cancel: threading.Event) -> None:
        mind = self._mind
        if mind is not None:
            try:
                mind.read_along(words, cancel)
            except VoiceError as error:
                self._model_fault = str(error)

    def _tidy(self, cancel: threading.Event) -> None:
        mind = self._mind
        if mind is not None and not cancel.is_set():
            try:
                mind.tidy(cancel)
            except VoiceError as error:
                self._model_fault = str(error)

    def _warm_up_again(self) -> None:
        mind = self._mind
        if mind is None:
            return
        try:
            mind.warm_up()
        except VoiceError as error:
            self._model_fault = str(error)
        else:
            self._model_fault = ""
            self.get_logger().info("the language model is back")

    def post(self, call: Callable[[TurnEngine], None]) -> None:
        """Run something on the executor's thread, in order, unless the node is deactivated by then."""
        self._mailbox.post(lambda: call(self._engine))

    def _worker_failed(self, error: BaseException) -> None:
        self.get_logger().error(f"the mind failed: {type(error).__name__}: {error}")
        fault = ModelUnavailable(f"{type(error).__name__} in the dialogue node.", "See its log; this is a defect.")
        self.post(lambda e: e.failed(self._generation, fault))

    def _thinking_failed(self, generation: int, error: VoiceError) -> None:
        self._counts["model_failures"] += 1
        self._model_fault = str(error)
        self.get_logger().error(str(error))
        self._engine.failed(generation, error)

    # -- effects of the turn engine
    def start_model(self, turn: Turn) -> None:
        self._tidying.set()
        self._cancel = threading.Event()
        self._gate = threading.Event()
        if turn.committed:
            self._gate.set()
        self._generation = turn.generation
        self._latest = turn
        if not self._worker.submit(self._think, turn, turn.generation, turn.question, self._cancel, self._gate):
            error = ModelUnavailable(
                "the model is still busy with answers that were given up.", "Choose a faster model."
            )
            generation = turn.generation
            self.post(lambda e: e.failed(generation, error))

    def cancel_model(self) -> None:
        self._cancel.set()

    def commit(self, turn: Turn) -> None:
        self._gate.set()

    def prepare(self, turn: Turn, index: int) -> None:
        text = turn.clauses[index].text
        self._prepare_pub.publish(PrepareSpeech(text=text, turn_id=turn.turn_id, generation=turn.generation))

    def drop_prepared(self, turn: Turn) -> None:
        self._prepare_pub.publish(PrepareSpeech(turn_id=turn.turn_id, generation=turn.generation))

    def hold_voice(self) -> None:
        self._control_pub.publish(PlaybackControl(command=PlaybackControl.PAUSE))

    def release_voice(self) -> None:
        self._control_pub.publish(PlaybackControl(command=PlaybackControl.RESUME))

    def say(self, turn: Turn, index: int) -> bool:
        spoken = self._say.say(turn.turn_id, index, turn.clauses[index].text, turn.generation)
        self._counts["clauses_not_spoken"] += not spoken
        return spoken

    def cancel_say(self, turn: Turn) -> None:
        self._say.cancel(turn.turn_id)

    def cancel_tools(self, turn: Turn) -> None:
        for call_id, owner in self._calls.items():
            if owner is turn:
                self._dispatcher.cancel(call_id)

    def show(self, state: State, turn: Turn | None, detail: str) -> None:
        message = TurnState(state=int(state), detail=detail)
        message.header.stamp = self.get_clock().now().to_msg()
        if turn is not None:
            message.turn_id, message.utterance_id = turn.turn_id, turn.utterance_id
        self._turn_pub.publish(message)

    def reply(self, turn: Turn, index: int, text: str, is_final: bool) -> None:
        message = Reply(turn_id=turn.turn_id, utterance_id=turn.utterance_id, index=index, text=text, is_final=is_final)
        message.header.stamp = self.get_clock().now().to_msg()
        self._reply_pub.publish(message)
        for goal in turn.tickets:
            if text:
                goal.feedback(Converse.Feedback(text=text))

    def remember(self, turn: Turn) -> None:
        if self._mind is None:
            return
        answer = list(turn.messages)
        if turn.heard:
            answer.append(Message("assistant", turn.heard))
        # Nobody heard a word of it, but the question was asked: roles have to alternate for some models.
        self._mind.history.append(turn.question, answer or [Message("assistant", "…")])

    def closed(self, turn: Turn) -> None:
        self._counts["turns"] += 1
        self._counts["interrupted"] += turn.interrupted
        self._counts["speculative"] += turn.speculative
        self._counts["guesses"] += turn.guesses
        self._untidy = True
        self._stages.add(
            turn.marks,
            speculative=turn.speculative,
            guesses=turn.guesses,
            wasted_ms=turn.wasted_ns / 1e6,
            interrupted=turn.interrupted,
        )
        self._latency_pub.publish(trace(turn))
        if turn.tickets:
            self._unanswered.append(turn)
            self._answer_tickets()

    # -- tools
    def call_requested(self, turn: Turn, generation: int, call_id: str, call: ValidCall) -> None:
        """A call passed every check and is on its way."""
        self._counts["tool_calls"] += 1
        self._calls[call_id] = turn
        self.publish_call(call_id, call.tool.name, arguments_json(call), ToolCall.REQUESTED, "", turn.turn_id)
        request = ToolCallRequest(call.tool.name, call.arguments)
        self._engine.tool(generation, call.tool.name, Message("assistant", "", (request,)))

    def _call_finished(self, pending: PendingCall) -> None:
        outcome, call = pending.outcome, pending.call
        assert outcome is not None
        turn = self._calls.pop(pending.call_id, None)
        turn_id = turn.turn_id if turn else ""
        status = _STATUS[outcome.status]
        arguments = arguments_json(call)
        self.publish_call(
            pending.call_id, call.tool.name, arguments, status, outcome.result, turn_id, outcome.duration_s
        )
        if outcome.status == "failed":
            self.get_logger().warning(f"tool {call.tool.name}: {outcome.result}")
            # It had begun, the robot said so, and nothing newer was asked: say that it did not work out.
            if turn is not None and turn is self._latest and turn.model_done and pending.was_accepted:
                self.post(lambda e: e.announce(self.p["cannot_move"]))

    def publish_call(
        self, call_id: str, name: str, arguments: str, status: int, result: str, turn_id: str, seconds: float = 0.0
    ) -> None:
        """One line of the audit trail; from any thread."""
        message = ToolCall(
            call_id=call_id,
            name=name,
            arguments_json=arguments,
            status=status,
            result=result,
            turn_id=turn_id,
            duration_s=seconds,
        )
        message.header.stamp = self.get_clock().now().to_msg()
        self._calls_pub.publish(message)

    # -- speech
    def _said(self, turn_id: str, index: int, heard: str, error: str) -> None:
        if error:
            self._counts["clauses_not_spoken"] += 1
            self.get_logger().warning(f"a clause was not spoken: {error}")
        self._engine.said(turn_id, index, heard)

    def _speech_marks(self, turn_id: str, marks: dict[str, int]) -> None:
        turn = self._engine.turn
        if turn is not None and turn.turn_id == turn_id:
            for name, stamp in marks.items():
                turn.marks.setdefault(name, stamp)

    # -- answers to typed questions
    def _answer_tickets(self, force: bool = False) -> None:
        for turn in list(self._unanswered):
            if not force and turn in self._calls.values():
                continue
            self._unanswered.remove(turn)
            for goal in turn.tickets:
                end_typed(goal, turn)


def _recognition(message: Transcript) -> dict[str, int]:
    names = {"speech_end": "speech_end", "asr_start": "asr_start", "asr_final": "asr_end"}
    return {mark: to_ns(getattr(message, stamp)) for mark, stamp in names.items()}


def main() -> int:
    """Entry point of `ros2 run voice_pipeline dialogue`."""
    return run(DialogueNode)


if __name__ == "__main__":
    raise SystemExit(main())
