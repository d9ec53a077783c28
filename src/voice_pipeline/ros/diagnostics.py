"""What a node says about itself on /diagnostics, once a second and at once when its level changes."""

from __future__ import annotations

from dataclasses import dataclass, field

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

OK, WARN, ERROR, STALE = 0, 1, 2, 3


@dataclass(frozen=True)
class Health:
    """Level (OK, WARN, ERROR), one line for people that names the cure, and figures by name."""

    level: int = OK
    message: str = "ok"
    values: dict[str, str | int | float] = field(default_factory=dict)


class HealthPublisher:
    """Publishes the health of a node; call `publish` from a 1 Hz timer."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)

    def publish(self, health: Health) -> None:
        """Send one status. Numbers are shown with four significant digits."""
        status = DiagnosticStatus(
            level=bytes([health.level]),
            name=self._node.get_fully_qualified_name().lstrip("/"),
            message=health.message,
            hardware_id="voice_pipeline",
            values=[
                KeyValue(key=k, value=f"{v:.4g}" if isinstance(v, float) else str(v)) for k, v in health.values.items()
            ],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
