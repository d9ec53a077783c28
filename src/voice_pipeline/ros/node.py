"""The base of every node: declared parameters, a managed life cycle with errors people can act on, health, autostart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rclpy.clock import Clock, ClockType
from rclpy.executors import Executor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health, HealthPublisher
from voice_pipeline.ros.parameters import Param, declare

_AUTOSTART = Param(
    "autostart",
    True,
    "Configure and activate by itself at start, so that `ros2 run` of one node works. "
    "The launch files set it to false: the supervisor brings the nodes up in order.",
)
# Of the process: applied by `ros/main.py`, so they do nothing for nodes that share one (the container).
CPUS = Param(
    "cpus",
    "",
    "Cores this node's process may use, like 0,2-3. Empty is all of them: binding helps only where other programs "
    "compete, see docs/performance.md. Not in the container, where all nodes share a process.",
)
NICE = Param(
    "nice",
    0,
    "How far this node's process gives way to the others. 0: no stage of a turn is less urgent than another.",
    minimum=0,
    maximum=19,
)


class VoiceNode(LifecycleNode):
    """A managed node.

    A subclass lists PARAMETERS and fills in four hooks, each of which may raise VoiceError (logged with its cure, the
    transition fails) and is called on the executor's thread:

    - load(): models and files, in configure. The first turn must be as fast as the tenth: warm up here.
    - open(): devices, publishers that matter only when active, timers, in activate.
    - close(): the reverse of open, in deactivate. Must not raise.
    - unload(): the reverse of load, in cleanup. Must not raise.

    `self.p` maps parameter names to values. `health()` is asked once a second while the node is active.
    """

    PARAMETERS: ClassVar[Sequence[Param]] = ()

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.p: dict[str, Any] = declare(self, [*self.PARAMETERS, _AUTOSTART, CPUS, NICE])
        self._health = HealthPublisher(self)
        self._fault = ""  # why the last transition failed
        self._active = False
        self._loaded = False
        self._timer = self.create_timer(1.0, self._tick)

    def create_timer(self, *args: Any, clock: Clock | None = None, **kwargs: Any) -> Any:
        """As rclpy's, but on a clock that always goes on: on the node's own a timer sleeps for an hour when the machine's
        clock is set back by an hour (it got its time from the network), and for good where use_sim_time waits for /clock."""
        return super().create_timer(*args, clock=clock or Clock(clock_type=ClockType.STEADY_TIME), **kwargs)

    # -- for subclasses
    def load(self) -> None:
        """Load models and files (configure)."""

    def open(self) -> None:
        """Open devices and streams (activate)."""

    def close(self) -> None:
        """Close what open() opened (deactivate, shutdown)."""

    def unload(self) -> None:
        """Release what load() loaded (cleanup, shutdown)."""

    def health(self) -> Health:
        """What to tell on /diagnostics while active."""
        return Health()

    def tell_health(self) -> None:
        """Publish the health now and not at the next second: it changed. From any thread."""
        self._tick()

    @property
    def active(self) -> bool:
        """True between activate and deactivate. Callbacks drop their message when it is False."""
        return self._active

    # -- life cycle
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        if not self._guard("configure", self.load, self.unload):
            return TransitionCallbackReturn.FAILURE
        self._loaded = True
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._active = True
        if not self._guard("activate", self.open, self.close):
            self._active = False
            return TransitionCallbackReturn.FAILURE
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._active = False
        self.close()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._loaded = False
        self.unload()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        self.release()
        return super().on_shutdown(state)

    def _LifecycleNodeMixin__change_state(self, transition_id: int) -> TransitionCallbackReturn:
        """In place of rclpy's: there a transition that the present state does not have (`ros2 lifecycle set /vad configure`
        of an active node) raises through the executor, which ends the process. Here it is refused."""
        try:
            return super()._LifecycleNodeMixin__change_state(transition_id)
        except rclpy_implementation.RCLError as error:
            self.get_logger().warning(f"transition {transition_id} is not possible now: {error}")
            return TransitionCallbackReturn.FAILURE

    def release(self) -> None:
        """Close and unload whatever is open, in any state; called at the end of the process."""
        if self._active:
            self._active = False
            self.close()
        if self._loaded:
            self._loaded = False
            self.unload()

    def autostart(self, executor: Executor | None = None) -> None:
        """Configure and activate when the `autostart` parameter says so. A failure is logged, the node stays up."""
        if not self.p["autostart"]:
            return
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def _guard(self, transition: str, hook: Any, undo: Any) -> bool:
        try:
            hook()
        except VoiceError as error:
            self._fault = f"{transition} failed: {error}"
            self.get_logger().error(self._fault)
        except Exception as error:  # the boundary where a bug must not take the process down
            import traceback

            self._fault = f"{transition} failed: {type(error).__name__}: {error}"
            self.get_logger().error(self._fault + "\n" + traceback.format_exc())
        else:
            self._fault = ""
            return True
        try:
            undo()
        except Exception as error:
            self.get_logger().error(f"undoing {transition}: {type(error).__name__}: {error}")
        return False

    def _tick(self) -> None:
        if self._fault:
            self._health.publish(Health(ERROR, self._fault))
        elif self._active:
            self._health.publish(self.health())
        else:
            self._health.publish(Health(WARN if self._loaded else OK, "inactive" if self._loaded else "unconfigured"))
