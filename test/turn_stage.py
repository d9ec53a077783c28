"""A stage for the turn engine in virtual time: effects are written down, the test plays person, model and voice."""

from __future__ import annotations

from voice_pipeline.turn.engine import TurnEngine
from voice_pipeline.turn.state import TurnSettings


class Stage:
    """Effects that are written down; the test plays model and voice."""

    def __init__(self, speaks=True, **settings):
        self.now = 100.0
        self.speaks = speaks
        self.asked = []  # (generation, question)
        self.cancelled_model = 0
        self.spoken = []  # (turn_id, index, text)
        self.cancelled_say = []
        self.states = []
        self.written = []
        self.memory = []
        self.over = []
        self.committed = []  # generations
        self.prepared = []  # (generation, text)
        self.dropped = 0
        self.cancelled_tools = []
        self.voice = []  # "hold", "release"
        self.engine = TurnEngine(self, TurnSettings(**settings), lambda: self.now, lambda: int(self.now * 1e9))

    def start_model(self, turn):
        self.asked.append((turn.generation, turn.question))

    def cancel_model(self):
        self.cancelled_model += 1

    def say(self, turn, index):
        if self.speaks:
            self.spoken.append((turn.turn_id, index, turn.clauses[index].text))
        return self.speaks

    def cancel_say(self, turn):
        self.cancelled_say.append(turn.turn_id)

    def show(self, state, turn, detail):
        self.states.append(state)

    def reply(self, turn, index, text, is_final):
        self.written.append((text, is_final))

    def remember(self, turn):
        self.memory.append((turn.question, list(turn.messages), turn.heard))

    def commit(self, turn):
        self.committed.append(turn.generation)

    def prepare(self, turn, index):
        self.prepared.append((turn.generation, turn.clauses[index].text))

    def drop_prepared(self, turn):
        self.dropped += 1

    def cancel_tools(self, turn):
        self.cancelled_tools.append(turn.turn_id)

    def hold_voice(self):
        self.voice.append("hold")

    def release_voice(self):
        self.voice.append("release")

    def closed(self, turn):
        self.over.append(turn)

    # the test's own hands
    @property
    def generation(self):
        return self.asked[-1][0]

    def hear_all(self):
        for turn_id, index, text in list(self.spoken):
            self.engine.said(turn_id, index, text)
        self.spoken.clear()

    def answer(self, *clauses, done=True):
        for text in clauses:
            self.engine.clause(self.generation, text)
        if done:
            self.engine.answered(self.generation, [])

    def says(self):
        return [text for _, _, text in self.spoken]

    def pass_time(self, seconds, step=0.05):
        end = self.now + seconds
        while self.now < end:
            self.now += step
            self.engine.tick()
