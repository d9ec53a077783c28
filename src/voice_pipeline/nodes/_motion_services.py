"""The services of the body: waking, sleeping, motors, the latched stop; and the waking that nobody asks for. Apart from
motion.py because they block for seconds, on a worker of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion import wake
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.tasks import Refused
from voice_pipeline.ros.worker import Worker


class MotionServices:
    """Serves them.

    Args:
        node: owns them.
        body: the controller; raises Refused while there is none.
    """

    def __init__(self, node: Node, body: Callable[[], Controller]) -> None:
        self._node, self._body = node, body
        self._worker = Worker("motion-orders", 4, self._on_worker_error)
        self._services: list[Any] = []
        self.wake_fault = ""  # why the robot that was found asleep did not wake up
        self._serve(Trigger, "motion/wake_up", lambda request: wake.wake_up(self._body()), blocks=True)
        self._serve(Trigger, "motion/sleep", lambda request: wake.sleep(self._body()), blocks=True)
        self._serve(Trigger, "motion/stop", lambda request: self._stop(), blocks=False)
        self._serve(Trigger, "motion/reset_stop", lambda request: self._reset_stop(), blocks=False)
        self._serve(SetBool, "motion/enable_motors", self._enable_motors, blocks=True)

    def destroy(self) -> None:
        """End the worker and take the services back."""
        self._worker.stop()
        while self._services:
            self._node.destroy_service(self._services.pop())

    def wake_soon(self) -> None:
        """The robot was found asleep and should be awake. Returns at once."""
        self._worker.submit(self._wake)

    def _serve(self, kind: Any, name: str, order: Callable[[Any], str], blocks: bool) -> None:
        """An order that blocks runs on the worker, and its answer comes when it is done."""

        def attempt(request: Any) -> tuple[bool, str]:
            try:
                return True, order(request)
            except (VoiceError, Refused) as error:
                return False, str(error)
            except Exception as error:  # whoever called waits for an answer
                return False, f"failed, {type(error).__name__}: {error}"

        async def serve(request: Any, response: Any) -> Any:
            if blocks:
                future: Future = Future()

                def work() -> None:
                    answer = attempt(request)
                    if self._node.executor is not None:
                        self._node.executor.create_task(future.set_result, answer)

                accepted = self._worker.submit(work)
                response.success, response.message = await future if accepted else (False, "Busy; try again later.")
            else:
                response.success, response.message = attempt(request)
            if not response.success:
                self._node.get_logger().warning(f"{name}: {response.message}")
            return response

        # A group of its own: one that waits must not keep the node's other callbacks waiting.
        self._services.append(self._node.create_service(kind, name, serve, callback_group=ReentrantCallbackGroup()))

    def _stop(self) -> str:
        self._body().stop()
        self._node.get_logger().warning("stop: latched until motion/reset_stop")
        return "stopped; motion/reset_stop releases it"

    def _reset_stop(self) -> str:
        self._body().reset_stop()
        return "released"

    def _enable_motors(self, request: SetBool.Request) -> str:
        """On wakes, off puts to sleep: a motor that is merely switched off drops the head."""
        body = self._body()
        status = body.status(time.monotonic())
        if request.data:
            if body.awake:
                return "motors were on already"
            wake.wake_up(body)
            return "motors on; the head went to neutral"
        if status.move:
            raise VoiceError(
                f"The robot is busy with {status.move}.",
                "Wait for its end, cancel it, or call motion/stop and motion/reset_stop; then switch the motors off.",
            )
        folded = body.awake
        wake.sleep(body)
        return "folded, then motors off" if folded else "motors off"

    def _wake(self) -> None:
        self.wake_fault = ""
        try:
            body = self._body()
            if not body.awake:  # an order before this one may have woken it: whoever moves it since is not disturbed
                wake.wake_up(body)
        except Refused:
            return  # the node was deactivated meanwhile
        except VoiceError as error:
            self._tell(error)

    def _tell(self, error: VoiceError) -> None:
        try:
            connected = self._body().status(time.monotonic()).state != "DISCONNECTED"
        except Refused:
            return
        if connected:
            self.wake_fault = f"The robot did not wake up: {error}"
            self._node.get_logger().error(self.wake_fault)

    def _on_worker_error(self, error: BaseException) -> None:
        self._node.get_logger().error(f"order failed: {type(error).__name__}: {error}")
