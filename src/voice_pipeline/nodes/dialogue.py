"""Node `dialogue`: transcripts and typed questions in, clauses and tool calls out. The mind itself is in dialogue/."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.parameter import Parameter

from voice_pipeline.action import Converse
from voice_pipeline.dialogue import ModelSettings, create
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.personas import find_persona
from voice_pipeline.dialogue.protocol import Message, ModelTimeout, ModelUnavailable, ToolCallRequest
from voice_pipeline.dialogue.tongues import Tongues, with_hint
from voice_pipeline.dialogue.tools import Outcome, ValidCall
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import (
    EndOfTurn,
    PlaybackControl,
    Transcript,
    VoiceActivity,
)
from voice_pipeline.nodes._dialogue_calls import Calls
from voice_pipeline.nodes._dialogue_output import DialogueOutput, Stock
from voice_pipeline.nodes._dialogue_parameters import CONVERSATION, MODEL, TURN
from voice_pipeline.nodes._dialogue_parts import (
    LateDispatcher,
    end_typed,
)
from voice_pipeline.nodes._dialogue_settings import assemble, fixed_texts
from voice_pipeline.nodes._dialogue_surroundings import Watch
from voice_pipeline.nodes._dialogue_thinking import Thinking
from voice_pipeline.resources import resource
from voice_pipeline.ros.action import DeferredActionServer, Goal
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.introspect import RosInterfaces
from voice_pipeline.ros.mailbox import Mailbox
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.ros.say_client import SayClient
from voice_pipeline.ros.stamps import to_ns
from voice_pipeline.ros.tool_dispatch import RosToolDispatcher
from voice_pipeline.turn.engine import TurnEngine
from voice_pipeline.turn.stages import StageStatistics
from voice_pipeline.turn.state import State, Turn, TurnSettings
from voice_pipeline.turn.words import credibility


class DialogueNode(VoiceNode):
    """Answers what was heard (`transcript`) or typed (`converse`), speaks through `say`, moves through the tools."""

    PARAMETERS = (*MODEL, *CONVERSATION, *TURN)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("dialogue", **kwargs)
        self._mind: Assembled | None = None
        self._converse: DeferredActionServer | None = None
        self._load_fault = ""  # why the model did not work when it was last looked at; empty when it did
        self._counts = {"turns": 0, "interrupted": 0, "tool_calls": 0, "model_failures": 0, "clauses_not_spoken": 0}
        self._counts.update(guesses=0, speculative=0)
        self._stages = StageStatistics()
        self.add_on_set_parameters_callback(self._change)

    # -- life cycle
    def load(self) -> None:
        p = self.p
        file = load(resource(p["tools_file"]), RosInterfaces())
        self._tongues = Tongues(p["language"], p["voices"])  # here, because what is wrong in them is wrong for good
        settings = ModelSettings(**{k: p[k] for k in ModelSettings.__dataclass_fields__})
        self._tool_proxy = LateDispatcher()
        model = create(settings, lambda line: self.get_logger().warning(line))
        self._mind = assemble(p, model, file, self._tool_proxy, self.get_logger().warning)
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
            self._load_fault = str(error)
            self.get_logger().warning(f"{error} The node runs on and tries again.")
        else:
            self.get_logger().info(
                f"{p['engine']} {p['model']} warm in {time.monotonic() - start:.1f} s; persona {p['persona']}, "
                f"{len(file.tools)} tools: {', '.join(file.tools)}"
            )

    def open(self) -> None:
        mind = self._mind
        assert mind is not None
        p = self.p
        self._out = DialogueOutput(self)
        self._stock = Stock(self._out, fixed_texts(p, mind.spoken_tools))
        self._mailbox = Mailbox(self)
        self._thinking = Thinking(self, mind, self._load_fault)
        self._verdict = ("", 0)  # utterance, ns
        self._calls = Calls(self, p["cannot_move"])
        self._unanswered: list[Turn] = []  # closed turns with tickets whose calls still run
        self._dispatcher = RosToolDispatcher(
            self, mind.file.tools, self._calls.finished, self._mailbox, mind.local, self._speaks
        )
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
        self._watch = Watch(self) if p["tell_surroundings"] else None
        self._ticker = self.create_timer(0.05, self._tick_turn)
        self.show(State.LISTENING, None, "ready")

    def close(self) -> None:
        if not hasattr(self, "_engine"):
            return
        for subscription in self._subscriptions_open:
            self.destroy_subscription(subscription)
        self.destroy_timer(self._ticker)
        if self._watch is not None:
            self._watch.destroy()
        self._thinking.stop()
        self._engine.stop()
        self._mailbox.close()
        self._dispatcher.destroy()
        self._answer_tickets(force=True)
        self._thinking.end()
        self._load_fault = self._thinking.fault
        self._say.destroy()
        self._out.destroy()
        del self._engine

    def unload(self) -> None:
        if self._converse is not None:
            self._converse.destroy()
            self._converse = None
        if self._mind is not None:
            self._mind.model.close()
            self._mind = None

    def _change(self, parameters: list[Parameter]) -> SetParametersResult:
        """Another persona, from the next turn on. One that cannot be leaves the present one."""
        for parameter in parameters:
            if parameter.name == "persona" and self._mind is not None:
                try:
                    self._mind.become(find_persona(str(parameter.value), self._mind.file))
                except VoiceError as error:
                    return SetParametersResult(successful=False, reason=str(error))
                if self.active:
                    self._thinking.turn_over()  # the model reads who it is as soon as nobody speaks
        self.p.update((q.name, q.value) for q in parameters if q.name == "persona")
        return SetParametersResult(successful=True)

    def _voice_for(self, turn: Turn) -> str:
        """Of the question's language, else of the persona; empty: that of the tts node."""
        return self._tongues.voice(turn.utterance_id) or (self._mind.persona.voice if self._mind else "")

    def health(self) -> Health:
        values: dict[str, str | int | float] = {"state": self._engine.state.name.lower(), **self._counts}
        values.update(self._stages.values())
        if self._thinking.fault:
            return Health(ERROR, f"no language model: {self._thinking.fault}", values)
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
        self._note_language(message)
        marks = {**_recognition(message), "vad_end": to_ns(message.vad_end)}
        utterance, decided = self._verdict
        if utterance == message.utterance_id:
            marks["verdict"] = decided
        self._engine.question(text, message.utterance_id, marks={k: v for k, v in marks.items() if v})

    def _rejected(self, message: Transcript) -> None:
        self._engine.question("", message.utterance_id)

    def _overheard(self, message: Transcript) -> None:
        text = "" if message.rejected_reason else message.text
        believed = credibility(message.confidence, message.no_speech_probability)
        if message.speculative:
            self._note_language(message)
            marks = {k: v for k, v in _recognition(message).items() if v}
            self._engine.guess(message.utterance_id, text, believed, marks)
        else:
            self._engine.overheard(message.utterance_id, text, believed)
            if self.p["speculate"] and self._engine.only_listening:
                self._thinking.read_along(text)

    def _note_language(self, message: Transcript) -> None:
        if missing := self._tongues.heard(message.utterance_id, message.language):
            answer = self.p["language"]
            self.get_logger().warning(
                f"no voice for language '{missing}': answers are in '{answer}'. Name one in `voices` where tts has one."
            )

    def _end_of_turn(self, message: EndOfTurn) -> None:
        self._verdict = (message.utterance_id, to_ns(message.decided))
        turn = self._engine.turn
        if turn is not None and turn.utterance_id == message.utterance_id:  # the words may overtake it
            turn.marks["verdict"] = to_ns(message.decided)

    def _voice(self, message: VoiceActivity) -> None:
        if message.event == VoiceActivity.START:
            self._thinking.somebody_speaks()
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
        self._calls.tell(self._engine)
        self._answer_tickets()
        if self._watch is not None and self._mind is not None and self._engine.idle:
            self._mind.history.note = self._watch.line()
        self._thinking.tick(time.monotonic(), self._engine.idle)
        self._stock.tick(time.monotonic(), self._engine.idle)

    def post(self, call: Callable[[TurnEngine], None]) -> None:
        """Run something on the executor's thread, in order, unless the node is deactivated by then; from any thread."""
        self._mailbox.post(lambda: call(self._engine))

    def thinking_failed(self, generation: int, error: VoiceError) -> None:
        """The model could not answer."""
        self._counts["model_failures"] += 1
        self.get_logger().error(str(error))
        self._engine.failed(generation, error)

    # -- effects of the turn engine
    def start_model(self, turn: Turn) -> None:
        self._calls.latest = turn
        turn.hint = self._tongues.hint(turn.utterance_id)
        turn.language = self._tongues.said_in(turn.utterance_id)
        turn.answer_in = self._tongues.of(turn.utterance_id)
        self._thinking.start(turn)

    def cancel_model(self) -> None:
        self._thinking.cancel()

    def commit(self, turn: Turn) -> None:
        self._thinking.commit()

    def prepare(self, turn: Turn, index: int) -> None:
        self._out.prepare(turn, self._wording(turn, index), self._voice_for(turn))

    def drop_prepared(self, turn: Turn) -> None:
        self._out.prepare(turn, "")

    def hold_voice(self) -> None:
        self._out.playback(PlaybackControl.PAUSE)

    def release_voice(self) -> None:
        self._out.playback(PlaybackControl.RESUME)

    def say(self, turn: Turn, index: int) -> bool:
        voice = self._voice_for(turn)
        spoken = self._say.say(turn.turn_id, index, self._wording(turn, index), turn.generation, voice)
        self._counts["clauses_not_spoken"] += not spoken
        return spoken

    def _wording(self, turn: Turn, index: int) -> str:
        return self._tongues.phrase(turn.clauses[index].text, turn.utterance_id)

    def cancel_say(self, turn: Turn) -> None:
        self._say.cancel(turn.turn_id)

    def cancel_tools(self, turn: Turn) -> None:
        for call_id in self._calls.of(turn):  # what was not sent yet ends at once
            self._dispatcher.cancel(call_id)

    def show(self, state: State, turn: Turn | None, detail: str) -> None:
        self._out.show(state, turn, detail)

    def reply(self, turn: Turn, index: int, text: str, is_final: bool) -> None:
        text = self._tongues.phrase(text, turn.utterance_id)
        self._out.reply(turn, index, text, is_final)
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
        self._mind.history.append(with_hint(turn.question, turn.hint), answer or [Message("assistant", "…")])

    def closed(self, turn: Turn) -> None:
        self._counts["turns"] += 1
        self._counts["interrupted"] += turn.interrupted
        self._counts["speculative"] += turn.speculative
        self._counts["guesses"] += turn.guesses
        self._thinking.turn_over()
        self._stages.add(
            turn.marks,
            speculative=turn.speculative,
            guesses=turn.guesses,
            wasted_ms=turn.wasted_ns / 1e6,
            interrupted=turn.interrupted,
        )
        self._out.latency(turn)
        if turn.tickets:
            self._unanswered.append(turn)
            self._answer_tickets()

    # -- tools
    def _speaks(self) -> bool:
        """Something of the answer is given to the voice and not over."""
        turn = self._engine.turn
        return turn is not None and turn.speak and not turn.all_said

    def call_requested(self, turn: Turn, generation: int, call_id: str, call: ValidCall) -> None:
        """A call passed every check and is on its way."""
        self._counts["tool_calls"] += 1
        self._calls.requested(turn, call_id, call)
        request = ToolCallRequest(call.tool.name, call.arguments)
        self._engine.tool(generation, call.tool.name, Message("assistant", "", (request,)))

    def call_ended(self, call: ValidCall, outcome: Outcome) -> None:
        """Whatever became of it."""
        if self._watch is not None:
            self._watch.called(call, outcome)

    def publish_call(self, *line: Any) -> None:
        """One line of the audit trail, as DialogueOutput.call; from any thread."""
        self._out.call(*line)

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
            if not force and self._calls.of(turn):
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
