"""From probabilities to utterances: when speech starts, pauses, goes on, is long enough to be cut, and ends. Pure, so that
every rule is tested without a model or a clock."""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import replace

from voice_pipeline.audio.formats import NS, power_to_dbfs
from voice_pipeline.vad.events import EndpointerOptions, Event, Kind, Reason, Threshold
from voice_pipeline.vad.utterance import FRAME_NS, Frame, Utterance, best_cut

# A long part is cut in the best pause of so much of it; a part is then at least 12 s long where 20 is the limit.
_CUT_SEARCH_FRAMES = 8 * NS // FRAME_NS
# Whoever has just gone on after a pause is heard for min_speech before that pause becomes the cut, or a click behind
# the last word would be a part of its own; but not for longer than this.
_PATIENCE_NS = 3 * NS


class Endpointer:
    """The state machine. Feed it every frame in order; it answers with the events that the frame causes.

    Args:
        options: thresholds and times.
        run_id: front part of the utterance ids, so that they never repeat across runs; random when empty.
    """

    def __init__(self, options: EndpointerOptions | None = None, run_id: str = "") -> None:
        self._o = options or EndpointerOptions()
        self.threshold = self._o.threshold  # what usually begins an utterance
        # Speech of 250 ms is sure to fill only 7 frames of 32 ms: whole frames decide, or short words are lost.
        self._least = _ns(self._o.min_speech) // FRAME_NS
        self._run = run_id or uuid.uuid4().hex[:8]
        self._count = 0
        self._utterance: Utterance | None = None
        self._onset: list[Frame] = []  # frames above onset in a row, before START
        self._recent: deque[Frame] = deque(maxlen=_CUT_SEARCH_FRAMES)  # of the utterance
        self._floor_ns = 0  # audio before this belongs to an earlier utterance, or was never heard
        self._last_ns = 0  # end of the frame before

    @property
    def open(self) -> bool:
        """An utterance has begun and not ended."""
        return self._utterance is not None

    def push(self, start_ns: int, probability: float, power: float, threshold: Threshold | None = None) -> list[Event]:
        """Take one frame of 512 samples.

        Args:
            start_ns: capture time of its first sample.
            probability: of speech, 0..1; NaN counts as 0.
            power: mean square relative to full scale, 0..1.
            threshold: what begins an utterance now, where it is not the usual; one that is open goes on as usual.
        """
        events: list[Event] = []
        gap = start_ns - self._last_ns
        if not self._last_ns or abs(gap) > self._o.max_gap * NS:
            events += self.source_ended()
            self._floor_ns = start_ns
        frame = Frame(start_ns, start_ns + FRAME_NS, probability if probability == probability else 0.0, power)
        self._last_ns = frame.end_ns
        if self._utterance is not None:
            return events + self._follow(self._utterance, frame)
        return events + self._listen(frame, threshold or self.threshold)

    def judge(self, utterance_id: str, generation: int, complete: bool | None) -> list[Event]:
        """A verdict on a pause: the turn is complete, is not, or nobody knows (None). One for another pause is dropped.

        Returns the END when the silence has lasted long enough already.
        """
        u = self._utterance
        if u is None or not u.paused or (u.id, u.generation) != (utterance_id, generation):
            return []
        u.complete = complete
        return self._end_if_silent(u, self._last_ns, self._recent[-1].probability)

    def source_ended(self) -> list[Event]:
        """No more audio is coming (for now): ends an open utterance."""
        self._onset.clear()
        if self._utterance is None:
            return []
        end_ns = self._audio_end(self._utterance, self._last_ns)
        return [self._end(self._utterance, self._unless_short(self._utterance, Reason.SOURCE_ENDED), end_ns, 0.0)]

    def _listen(self, frame: Frame, threshold: Threshold) -> list[Event]:
        if frame.probability < threshold.onset or power_to_dbfs(frame.power) < threshold.min_level:
            self._onset.clear()
            return []
        self._onset.append(frame)
        if len(self._onset) * FRAME_NS < _ns(self._o.start_speech):
            return []
        start_ns = max(self._onset[0].start_ns - _ns(self._o.pre_roll), self._floor_ns)
        return [self._start(start_ns, self._onset)]

    def _follow(self, u: Utterance, frame: Frame) -> list[Event]:
        events: list[Event] = []
        self._recent.append(frame)
        if frame.probability >= (self._o.onset if u.silent else self._o.release):
            u.hear(frame)
            if u.paused:
                u.paused = False
                u.complete = None
                u.generation += 1
                events.append(self._event(u, Kind.RESUME, frame.start_ns, frame.probability))
        else:
            u.silent = True
            if not u.paused and frame.end_ns - u.speech_end_ns >= _ns(self._o.pause_silence):
                u.paused = True
                u.generation += 1
                pause = self._event(u, Kind.PAUSE, u.speech_end_ns, frame.probability)
                events.append(replace(pause, audio_end_ns=self._audio_end(u, frame.end_ns)))
            ended = self._end_if_silent(u, frame.end_ns, frame.probability)
            if ended:
                return [*events, *ended]
        return [*events, *self._limit(u, frame)]

    def _end_if_silent(self, u: Utterance, now_ns: int, probability: float) -> list[Event]:
        needed = {None: self._o.min_silence, True: self._o.complete_silence, False: self._o.incomplete_silence}
        if now_ns - u.speech_end_ns < _ns(needed[u.complete]):
            return []
        reason = self._unless_short(u, Reason.COMPLETE if u.complete else Reason.SILENCE)
        return [self._end(u, reason, self._audio_end(u, now_ns), probability)]

    def _audio_end(self, u: Utterance, now_ns: int) -> int:
        return min(u.speech_end_ns + _ns(self._o.post_roll), now_ns)

    def _limit(self, u: Utterance, frame: Frame) -> list[Event]:
        """What happens because the utterance, or the part of it, has become long."""
        if frame.end_ns - u.begin_ns >= _ns(self._o.max_utterance):
            return self._give_up(u, frame)
        part_ns, limit_ns = frame.end_ns - u.audio_start_ns, _ns(self._o.max_part)
        # In a pause it waits: when nobody goes on, END brings the part, and no part of silence is left behind.
        if u.silent or part_ns < limit_ns or (u.run < self._least and part_ns < limit_ns + _PATIENCE_NS):
            return []
        return [self._split(u, frame)]

    def _split(self, u: Utterance, frame: Frame) -> Event:
        """Hand over the part up to the best pause; the utterance goes on."""
        cut_ns = self._cut(u, frame)
        spoken = (f.end_ns for f in self._recent if f.end_ns <= cut_ns and f.probability >= self._o.release)
        u.generation += 1
        event = self._event(u, Kind.SPLIT, cut_ns, frame.probability)
        u.parts += 1
        u.audio_start_ns = cut_ns
        return replace(event, speech_end_ns=max(spoken, default=cut_ns), audio_end_ns=cut_ns)

    def _give_up(self, u: Utterance, frame: Frame) -> list[Event]:
        """End an utterance that never ends; if somebody is speaking, the next one starts where it was cut."""
        if u.silent:
            return [self._end(u, Reason.MAX_LENGTH, self._audio_end(u, frame.end_ns), frame.probability)]
        cut_ns = self._cut(u, frame)
        rest = [f for f in self._recent if f.end_ns > cut_ns and f.probability >= self._o.release]
        u.speech_end_ns = min(u.speech_end_ns, cut_ns)
        return [self._end(u, Reason.MAX_LENGTH, cut_ns, frame.probability), self._start(cut_ns, rest)]

    def _cut(self, u: Utterance, frame: Frame) -> int:
        frames = [f for f in self._recent if f.start_ns >= u.audio_start_ns]
        before = frames[: -max(1, self._least)]
        return best_cut(before, self._o.release) if before else frame.start_ns

    def _unless_short(self, u: Utterance, reason: Reason) -> Reason:
        return Reason.TOO_SHORT if u.speech_frames < self._least and not u.parts else reason

    def _start(self, audio_start_ns: int, heard: list[Frame]) -> Event:
        u = Utterance(f"{self._run}-{self._count:05d}", audio_start_ns, audio_start_ns, heard[-1].end_ns)
        self._count += 1
        self._utterance = u
        self._recent.clear()
        self._recent.extend(heard)
        for frame in heard:
            u.hear(frame)
        self._onset = []
        return replace(self._event(u, Kind.START, audio_start_ns, heard[-1].probability), speech_end_ns=0)

    def _end(self, u: Utterance, reason: Reason, audio_end_ns: int, probability: float) -> Event:
        self._utterance = None
        if reason is not Reason.TOO_SHORT:  # a false start's audio may still be the pre-roll of what follows
            self._floor_ns = audio_end_ns
        event = self._event(u, Kind.END, u.speech_end_ns, probability)
        return replace(event, reason=reason, audio_end_ns=audio_end_ns)

    def _event(self, u: Utterance, kind: Kind, stamp_ns: int, probability: float) -> Event:
        return Event(
            kind=kind,
            reason=Reason.NONE,
            utterance_id=u.id,
            generation=u.generation,
            stamp_ns=stamp_ns,
            audio_start_ns=u.audio_start_ns,
            speech_end_ns=u.speech_end_ns,
            audio_end_ns=0,
            probability=probability,
            level_dbfs=min(0.0, u.level_dbfs),
        )


def _ns(seconds: float) -> int:
    return round(seconds * NS)
