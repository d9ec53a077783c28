"""Node tts: speaks what `say` asks for, clause by clause, and answers with what was really heard."""

from __future__ import annotations

import math
import sys
import time
from array import array
from dataclasses import dataclass, field
from typing import Any

from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy

from voice_pipeline.action import Say
from voice_pipeline.audio.formats import to_bytes
from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import cache_root
from voice_pipeline.msg import PlaybackControl, PlaybackState, PrepareSpeech, SpeechAudio
from voice_pipeline.nodes._tts_parameters import SPEEDS, TTS
from voice_pipeline.ros.action import DeferredActionServer, Goal
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.parameters import options_text
from voice_pipeline.ros.qos import ORDERS, PLAYBACK, SPEECH
from voice_pipeline.ros.stamps import to_msg, to_ns
from voice_pipeline.ros.worker import Worker
from voice_pipeline.suggestions import did_you_mean
from voice_pipeline.tts.backstage import Backstage, explain
from voice_pipeline.tts.clause import Clause
from voice_pipeline.tts.maker import Maker
from voice_pipeline.tts.normalize import parse_pronunciations
from voice_pipeline.tts.protocol import Cancelled, Synthesizer, SynthesizerOptions
from voice_pipeline.tts.registry import make_synthesizer
from voice_pipeline.tts.shelf import Shelf
from voice_pipeline.tts.sounds import Sounds
from voice_pipeline.tts.speaker import Sound, Speaker
from voice_pipeline.tts.words import Words

_TICK_S = 0.05
_FLUSH_S = 0.25  # the player answers a flush within 40 ms; after this the last figure it gave counts
# A burst of stock phrases at activation and the clauses of an answer; 10 as for other events would lose some.
_PREPARE = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=64, reliability=ReliabilityPolicy.RELIABLE)
_FEEDBACK_S = 1.0  # at least, so that a client can tell waiting from dead


@dataclass
class _Live:
    """A goal that is not over. `ending` is why it is being given up; empty while it is wanted."""

    goal: Goal
    clause: Clause
    alive: float  # monotonic s of the last sign that it will be played
    feedback: float = 0.0  # monotonic s of the last one sent
    ending: tuple[int, str] | None = None
    deadline: float = field(default=math.inf)  # monotonic s, of the ending


class TtsNode(VoiceNode):
    """Speaks.

    Goals of `say` are synthesised one after another, ahead of what is played; each ends when the player has played it,
    with the words that were heard.
    """

    PARAMETERS = TTS

    def __init__(self, **kwargs: Any) -> None:
        self._synthesizer: Synthesizer | None = None
        self._server: DeferredActionServer | None = None
        self._worker: Worker | None = None
        self._backstage_worker: Worker | None = None
        self._live: dict[str, _Live] = {}
        self._trouble = ""
        super().__init__("tts", **kwargs)

    # -- life cycle
    def load(self) -> None:
        """Start the engine and warm everything up; the server is there from now on and refuses goals until active."""
        pronunciations = parse_pronunciations(self.p["pronunciations"])
        options = SynthesizerOptions(self.p["model"], self.p["threads"], tuple(self.p["providers"]))
        begun = time.monotonic()
        self._synthesizer = make_synthesizer(self.p["engine"], options)
        self._voice = self.p["voice"] or self._synthesizer.default_voice
        if problem := self._unknown_voice(self._voice):
            raise VoiceError(problem, "Correct `voice`.")
        # For `ros2 param describe`, and for `say`, which completes them. It is the node's own description: set_descriptor
        # refuses a parameter that is read-only.
        self.describe_parameter("voice").additional_constraints = options_text(self._synthesizer.voices())
        maker = Maker(self._synthesizer, pronunciations)
        self._sounds = Sounds(self.p["cache_phrases"], self._shelf(self._synthesizer))
        self._backstage = Backstage(maker, self._sounds, self._wake_backstage, self._on_worker_error)
        self._speaker = Speaker(maker, self._sounds, self._backstage)
        warm_s = self._synthesizer.warm_up(self._voice)
        self._speaker.cut(Words("1", self._voice, 1.0))  # loads the normaliser's grammar
        for phrase in self.p["stock_phrases"]:
            self._speaker.stock_up(Words(phrase, self._voice, self.p["speed"]))
        provider = self._synthesizer.figures().get("provider", "")
        self.get_logger().info(
            f"{self.p['engine']} on {provider}, voice {self._voice}, ready in {time.monotonic() - begun:.1f} s "
            f"(one sentence takes {warm_s:.2f} s)" + "".join(f"; {note}" for note in self._synthesizer.notes)
        )
        self._server = DeferredActionServer(
            self, Say, "say", self._on_goal, self._on_cancel, accept=lambda _: self.active
        )

    def open(self) -> None:
        """Publish, listen, and take goals."""
        self._speech = self.create_publisher(SpeechAudio, "speech", SPEECH)
        self._control = self.create_publisher(PlaybackControl, "playback_control", ORDERS)
        self._playback = self.create_subscription(PlaybackState, "playback", self._on_playback, PLAYBACK)
        self._worker = Worker("tts", 2 * self.p["queue_size"], self._on_worker_error)
        self._backstage_worker = Worker("tts-backstage", 2, self._on_worker_error)  # one runs, one more wakes it again
        self._backstage.start()
        self._prepare = self.create_subscription(PrepareSpeech, "prepare_speech", self._on_prepare, _PREPARE)
        self._clock_timer = self.create_timer(_TICK_S, self._on_tick)
        self._clock_timer.cancel()  # runs only while something is being said

    def close(self) -> None:
        """End every goal, stop the thread."""
        for live in list(self._live.values()):
            self._give_up(live, Say.Result.CANCELLED, "tts was deactivated")
            self._finish(live)
        worker, self._worker = self._worker, None
        backstage_worker, self._backstage_worker = self._backstage_worker, None
        if worker is None or backstage_worker is None:
            return
        self._backstage.stop()
        worker.stop()
        backstage_worker.stop()
        self.destroy_subscription(self._prepare)
        self.destroy_timer(self._clock_timer)
        self.destroy_subscription(self._playback)
        self.destroy_publisher(self._control)
        self.destroy_publisher(self._speech)

    def unload(self) -> None:
        """End the engine's process."""
        server, self._server = self._server, None
        if server is not None:
            server.destroy()
        synthesizer, self._synthesizer = self._synthesizer, None
        if synthesizer is not None:
            synthesizer.close()

    def health(self) -> Health:
        """The engine's figures; a warning when the last clause failed or nobody plays."""
        assert self._synthesizer is not None
        figures = {**self._synthesizer.figures(), "goals": len(self._live), "cache_hits": self._sounds.hits}
        figures.update(self._backstage.figures())
        if self._trouble:
            return Health(ERROR, self._trouble, figures)
        if self._sounds.problem:
            return Health(WARN, self._sounds.problem, figures)
        if self.p["wait_for_playback"] and self._speech.get_subscription_count() == 0:
            return Health(WARN, "nobody listens on `speech`. Start audio_player.", figures)
        return Health(OK, "ok", figures)

    # -- goals, on the executor's thread
    def _on_goal(self, goal: Goal) -> None:
        request = goal.request
        speed = round(request.speed or self.p["speed"], 3)  # float32 on the way: 1.1 is 1.10000002
        voice = request.voice or self._voice
        if not SPEEDS[0] <= speed <= SPEEDS[1]:  # also false for NaN
            problem = f"speed {request.speed} is not within {SPEEDS[0]} and {SPEEDS[1]}. Use 0 for the default."
            return goal.abort(Say.Result(error_code=Say.Result.BAD_SPEED, error_msg=problem))
        if problem := self._unknown_voice(voice):
            return goal.abort(Say.Result(error_code=Say.Result.UNKNOWN_VOICE, error_msg=problem))
        if request.priority == Say.Goal.PRIORITY_URGENT:
            for other in list(self._live.values()):
                self._give_up(other, Say.Result.PREEMPTED, "an urgent goal took its place")
        assert self._synthesizer is not None
        clause = Clause(goal.id, request.turn_id, request.text, voice, speed, self._synthesizer.sample_rate)
        live = _Live(goal, clause, time.monotonic())
        waiting = sum(1 for other in self._live.values() if other.ending is None)
        if waiting >= self.p["queue_size"] or not self._submit(live):
            problem = f"{waiting} clauses wait already. Wait for a result, or raise `queue_size`."
            return goal.abort(Say.Result(error_code=Say.Result.QUEUE_FULL, error_msg=problem))
        self._live[goal.id] = live
        self._clock_timer.reset()
        self._feedback(live)
        return None

    def _submit(self, live: _Live) -> bool:
        if self._worker is None:
            return False
        request = live.goal.request
        self._backstage.goal_came(live.clause.words, (request.turn_id, request.generation))
        if self._worker.submit(self._synthesise, live):
            return True
        self._backstage.goal_over()
        return False

    def _on_cancel(self, goal: Goal) -> None:
        if goal.id in self._live:
            self._give_up(self._live[goal.id], Say.Result.CANCELLED, "cancelled")

    def _unknown_voice(self, voice: str) -> str:
        assert self._synthesizer is not None
        voices = self._synthesizer.voices()
        if voice in voices:
            return ""
        hint = did_you_mean(voice, voices, shown="{}", most=3, likeness=0.4)
        return f"there is no voice '{voice}'.{hint} There are: {', '.join(voices)}."

    def _give_up(self, live: _Live, code: int, message: str) -> None:
        """Stop synthesis and playing; the goal ends when the player says how much was heard."""
        if live.ending is not None:
            return
        live.ending = (code, message)
        live.deadline = time.monotonic() + _FLUSH_S
        live.clause.cancellation.set()
        # Also when nothing seems to be sent yet: the other thread may be sending right now, and the player remembers.
        order = PlaybackControl(command=PlaybackControl.FLUSH, say_id=live.clause.say_id)
        order.header.stamp = self.get_clock().now().to_msg()
        self._control.publish(order)
        if not live.clause.samples_made or not self.p["wait_for_playback"]:
            self._finish(live)

    def _finish(self, live: _Live) -> None:
        """Send the result; only the first call counts."""
        if self._live.pop(live.goal.id, None) is None:
            return
        code, message = live.ending or (Say.Result.NONE, "")
        played = live.clause
        if self.p["wait_for_playback"] or code != Say.Result.NONE:
            heard, seconds = played.heard(), played.seconds_played
        else:
            heard, seconds = played.text, played.seconds_made
        result = Say.Result(error_code=code, error_msg=message, spoken_text=heard, spoken_seconds=seconds)
        if code == Say.Result.NONE:
            self._trouble = ""
            live.goal.succeed(result)
        elif code == Say.Result.CANCELLED:
            live.goal.cancel(result)
        else:
            live.goal.abort(result)

    def _fail(self, live: _Live, code: int, message: str) -> None:
        if code in (Say.Result.ENGINE_FAILED, Say.Result.PLAYER_FAILED):
            self._trouble = message
            self.get_logger().error(message)
        if live.ending is None:
            live.ending = (code, message)
        self._finish(live)

    def _on_tick(self) -> None:
        now = time.monotonic()
        for live in list(self._live.values()):
            if live.ending is not None and now > live.deadline:
                self._finish(live)
            elif live.ending is None and self._unheard(live, now):
                live.clause.cancellation.set()
                self._control.publish(PlaybackControl(command=PlaybackControl.FLUSH, say_id=live.clause.say_id))
                silent = f"nothing answered on `playback` for {self.p['player_timeout']:g} s after speech was sent."
                cure = "Start audio_player, or set wait_for_playback to false."
                self._fail(live, Say.Result.PLAYER_FAILED, f"{silent} {cure}")
            elif now - live.feedback > _FEEDBACK_S:
                self._feedback(live)
        if not self._live:
            self._clock_timer.cancel()

    def _unheard(self, live: _Live, now: float) -> bool:
        waits = self.p["wait_for_playback"] and live.clause.samples_made
        return bool(waits) and now - live.alive > self.p["player_timeout"]

    def _on_playback(self, state: Any) -> None:
        self._keep_alive(state)
        live = self._live.get(state.say_id)
        if live is None:
            return
        live.clause.played(state.seconds_played, to_ns(state.first_audible))
        if state.state == PlaybackState.FINISHED:
            error = live.clause.error
            self._fail(live, Say.Result.ENGINE_FAILED, error) if error else self._finish(live)
        elif state.state == PlaybackState.FLUSHED:
            live.ending = live.ending or (Say.Result.CANCELLED, "the player was told to stop")
            live.clause.cancellation.set()
            self._finish(live)
        elif state.state == PlaybackState.FAILED:
            live.clause.cancellation.set()
            self._fail(live, Say.Result.PLAYER_FAILED, state.detail)
        else:
            self._feedback(live)

    def _keep_alive(self, state: Any) -> None:
        """A player that is busy will come to a clause later; one that is idle or further on has lost it."""
        now = time.monotonic()
        if state.state == PlaybackState.IDLE:
            return
        for live in reversed(self._live.values()):
            live.alive = now
            if live.clause.say_id == state.say_id:
                break

    def _feedback(self, live: _Live) -> None:
        clause = live.clause
        live.feedback = time.monotonic()
        phase = Say.Feedback.SYNTHESISING if clause.request_ns else Say.Feedback.QUEUED
        live.goal.feedback(
            Say.Feedback(
                phase=Say.Feedback.PLAYING if clause.seconds_played else phase,
                seconds_played=clause.seconds_played,
                word_index=clause.word(),
                tts_request=to_msg(clause.request_ns),
                first_audio=to_msg(clause.first_audio_ns),
                first_played=to_msg(clause.first_played_ns),
            )
        )

    # -- what may be said later
    def _on_prepare(self, message: Any) -> None:
        if not message.text:
            return self._backstage.give_up()
        words = Words(message.text, message.voice or self._voice, round(message.speed or self.p["speed"], 3))
        if not SPEEDS[0] <= words.speed <= SPEEDS[1] or self._unknown_voice(words.voice):
            self.get_logger().warn(f"prepare_speech: no voice '{words.voice}' at speed {words.speed}; nothing prepared")
        elif message.keep:
            self._backstage.keep(words)
        else:
            self._backstage.prepare(words, (message.turn_id, message.generation))
        return None

    def _wake_backstage(self) -> None:
        worker = self._backstage_worker
        if worker is not None:
            worker.submit(self._backstage.work)  # refused when it is to be woken anyway

    def _shelf(self, synthesizer: Synthesizer) -> Shelf | None:
        """Where stock phrases lie on disk."""
        if not self.p["keep_on_disk"]:
            return None
        identity = f"{self.p['engine']} {synthesizer.figures().get('model', '')}"
        return Shelf(cache_root() / "speech", identity, synthesizer.sample_rate)

    # -- on the worker's thread
    def _synthesise(self, live: _Live) -> None:
        try:
            self._make(live)
        finally:
            self._backstage.goal_over()

    def _make(self, live: _Live) -> None:
        clause = live.clause
        if clause.cancellation.is_set():
            return
        try:
            pieces = self._speaker.cut(clause.words)
            clause.begin([piece.text for piece in pieces], self._speaker.begun_ns(pieces))
            if not pieces:
                problem = "nothing in it can be spoken"
                return self._on_executor(self._fail, live, Say.Result.EMPTY_TEXT, problem)
            self._on_executor(self._feedback, live)
            for sound in self._speaker.speak(pieces, clause.cancellation):
                self._send(live, sound)
        except Cancelled:
            return None
        except Exception as error:  # a goal without a result would hang its client
            clause.error = explain(error)
        return self._send_end(live)

    def _send(self, live: _Live, sound: Sound) -> None:
        clause = live.clause
        if not clause.samples_made:
            live.alive = time.monotonic()
        first = clause.samples_made == 0
        clause.add(sound, time.time_ns())
        step = max(1, round(self.p["chunk_ms"] / 1000 * clause.sample_rate))
        for start in range(0, len(sound.samples), step):
            clause.cancellation.check()
            self._publish(clause, to_bytes(sound.samples[start : start + step]), last=False)
        if first:
            self._on_executor(self._feedback, live)

    def _send_end(self, live: _Live) -> None:
        clause = live.clause
        if clause.cancellation.is_set():
            return
        if clause.samples_made:
            clause.complete = not clause.error
            self._publish(clause, b"", last=True)
            if self.p["wait_for_playback"]:
                return  # the player's word ends it
        if clause.error:
            self._on_executor(self._fail, live, Say.Result.ENGINE_FAILED, clause.error)
        else:
            self._on_executor(self._finish, live)

    def _publish(self, clause: Clause, data: bytes, *, last: bool) -> None:
        message = SpeechAudio(
            say_id=clause.say_id,
            turn_id=clause.turn_id,
            sequence=clause.sequence,
            sample_rate=clause.sample_rate,
            channels=1,
            is_last=last,
            text="" if clause.sequence else clause.text,
        )
        message.header.stamp = to_msg(time.time_ns())
        message.audio.data = array("B", data)
        clause.sequence += 1
        self._speech.publish(message)

    def _on_executor(self, call: Any, *args: Any) -> None:
        executor = self.executor
        if executor is not None:
            executor.create_task(call, *args)

    def _on_worker_error(self, error: BaseException) -> None:
        self.get_logger().error(explain(error))


def main() -> int:
    """Run the node."""
    return run(TtsNode)


if __name__ == "__main__":
    sys.exit(main())
