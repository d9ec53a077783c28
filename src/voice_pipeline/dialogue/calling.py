"""The tool calls of one answer: checked, asked about first, made, and spoken of. Apart from answering.py because this is what
reaches the robot."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence

from voice_pipeline.dialogue.answering import Answering
from voice_pipeline.dialogue.confirmation import Asked, Confirmation
from voice_pipeline.dialogue.emotion_tags import TagLimit, quoted
from voice_pipeline.dialogue.facts import said_in
from voice_pipeline.dialogue.protocol import Message, ToolCallRequest
from voice_pipeline.dialogue.tools import (
    GESTURE,
    GESTURES,
    Dispatcher,
    PendingCall,
    RefusedCall,
    Tool,
    ToolBox,
    ValidCall,
)

_AGAIN = "Nothing was done. Correct it, or answer in words that you cannot do this."


class Retry(Exception):
    """The model should try again; the text tells it why. mendable: by showing it what was wrong."""

    def __init__(self, raw: str, why: str, mendable: bool) -> None:
        super().__init__(why)
        self.raw = raw
        self.mendable = mendable


class Calling:
    """See the module.

    Args:
        run: the answer.
        confirmation, tag_limit: of the mind; they outlive an answer.
        wording: a tool with its texts in the language of confirmations.
    """

    def __init__(
        self,
        run: Answering,
        tools: ToolBox,
        dispatcher: Dispatcher,
        confirmation: Confirmation,
        tag_limit: TagLimit,
        wording: Callable[[str], Tool],
    ) -> None:
        self.run, self._tools, self._dispatcher = run, tools, dispatcher
        self._confirmation, self._tag_limit, self._wording = confirmation, tag_limit, wording
        self._asked: list[ToolCallRequest] = []

    def call(self, request: ToolCallRequest, by_model: bool) -> None:
        """Check and carry out one call, and say so. Raises Retry when the model should think again."""
        run = self.run
        if run.asks or request in self._asked or len(run.answer.calls) >= run.settings.max_tool_calls:
            return  # small models repeat themselves
        self._asked.append(request)
        raw = json.dumps({"tool": request.name, "arguments": request.arguments}, default=str)
        try:
            call = self._tools.validate(request, by_model)
            if by_model and call.tool.name not in run.permitted:
                raise RefusedCall(f"nobody asked for {call.tool.name}{run.forbidden and f' ({run.forbidden})'}.")
            if by_model and not run.assents and not run.book.heard(call.tool.name, call.arguments, run.part):
                raise RefusedCall(f"nobody said {', '.join(map(str, call.arguments.values()))}.")
            if by_model and call.tool.name == "remember" and not said_in(str(call.arguments["fact"]), run.part):
                raise RefusedCall("nobody said that. The fact has to be in the person's words.")
            if run.gate is not None:
                run.wait(run.gate)
                if not run.gate.is_set():
                    return  # the person went on: this call was never wanted
            if call.tool.confirm:
                self._ask_first(request, call, raw)
                return
            self._tools.admit(call.tool.name, by_model)
        except RefusedCall as error:
            run.refuse(request.name, raw, str(error))
            if run.forbidden == "negated" and not run.answer.clauses:
                run.say(run.settings.will_not)
                run.silent = True
                return
            if not by_model:
                run.say(run.settings.cannot)
                return
            raise Retry(raw, f"{error} {_AGAIN}", mendable=not run.forbidden) from error
        self._carry_out(request, call)

    def unreadable(self, raw: str) -> None:
        """The model wrote what looks like a call and is none. Raises Retry."""
        self.run.refuse("", raw, "that is no readable tool call")
        raise Retry(raw, _AGAIN, mendable=True)

    def emote(self, tags: Sequence[str]) -> None:
        """Play the gesture of a tag that the model wrote. It is never waited for, and nothing is said about it."""
        run = self.run
        for tag in tags:
            known = tag in self._tools.gestures and not quoted(tag, run.others_wrote)
            if not known or not run.settings.emotion_tags or run.silent or run.forbidden == "negated":
                continue
            if run.answer.calls or (run.gate is not None and not run.gate.is_set()) or not self._tag_limit.admit():
                continue  # a gesture that was asked for goes first; and nothing moves while the person speaks
            request = ToolCallRequest(GESTURES, {GESTURE: tag})
            try:
                call = self._tools.validate(request)
                self._tools.admit(GESTURES)
            except RefusedCall as error:
                run.refuse(GESTURES, json.dumps({"tool": GESTURES, "arguments": request.arguments}), str(error))
                continue
            run.emoted += 1
            self._send(call)

    def decide(self, asked: Asked, utterance: str, parts: list[str]) -> list[str]:
        """What an utterance means for the call that waits for a yes; returns what is left to be answered."""
        run = self.run
        verdict = self._confirmation.read(utterance)
        if not verdict:
            self._confirmation.settle(run.gate)
            return parts
        run.heard()
        if run.gate is not None:
            run.wait(run.gate)
        if run.cancel.is_set():
            return []
        self._confirmation.settle(None)
        try:
            if verdict == "no":
                raise RefusedCall("the person said no.")
            self._tools.admit(asked.call.tool.name, by_model=False)
        except RefusedCall as error:
            run.refuse(asked.request.name, json.dumps(asked.call.arguments), str(error))
            run.say(run.settings.will_not if verdict == "no" else run.settings.cannot)
            return []
        self._carry_out(asked.request, asked.call)
        return list(asked.rest)

    def after_its_time(self, utterance: str, parts: list[str]) -> list[str]:
        """A yes that comes too late makes no call, and is no question to the model; returns what is to be answered."""
        run = self.run
        if self._confirmation.read(utterance) == "yes":
            run.heard()
            run.say(run.settings.too_late)
            return []
        self._confirmation.settle(run.gate)
        return parts

    def _ask_first(self, request: ToolCallRequest, call: ValidCall, raw: str) -> None:
        run = self.run
        if run.cancel.is_set():
            return
        self._confirmation.ask(request, call, run.rest)
        run.refuse(request.name, raw, "not yet: the robot asks first, and a yes makes the call.")
        run.say(self._wording(call.tool.name).question(call.arguments))
        run.asks = run.silent = True

    def _carry_out(self, request: ToolCallRequest, call: ValidCall) -> None:
        run = self.run
        for earlier in run.answer.calls:
            run.wait(earlier.finished)  # one movement after the other
        if run.cancel.is_set():
            return
        pending = self._send(call)
        # One that must not run while the robot speaks is over before the robot speaks about it.
        quick = call.tool.kind != "action" or not call.tool.while_speaking
        run.wait(pending.finished if quick else pending.accepted)
        outcome = pending.outcome
        run.answer.messages.append(Message("assistant", "", (ToolCallRequest(request.name, call.arguments),)))
        if outcome is not None and outcome.status != "succeeded":
            run.answer.messages.append(Message("tool", f"{outcome.status}: {outcome.result}", name=call.tool.name))
            run.say(run.settings.cannot_move if call.tool.kind != "local" else run.settings.cannot)
            run.silent = True
        elif (tool := self._wording(call.tool.name)).say:
            run.say(tool.confirmation(call.arguments, outcome.result if outcome else ""), stock=True)
            run.silent = True
        elif outcome is not None:
            run.answer.messages.append(Message("tool", outcome.result, name=call.tool.name))
            run.wants_follow_up = True

    def _send(self, call: ValidCall) -> PendingCall:
        call_id = uuid.uuid4().hex[:12]
        self.run.listener.requested(call_id, call)
        pending = self._dispatcher.start(call, call_id)
        self.run.answer.calls.append(pending)
        return pending
