"""Prints docs/nodes.md: a table of topics, services, actions and parameters per node, asked from the running nodes.

Needs the demo's models, because a node creates its topics when it starts.
"""

from __future__ import annotations

import sys
import tempfile
import time

import rclpy
from rclpy.action import get_action_client_names_and_types_by_node as action_clients
from rclpy.action import get_action_server_names_and_types_by_node as action_servers

from voice_pipeline.bringup.container import make_node
from voice_pipeline.bringup.plan import NodeSpec, make_plan
from voice_pipeline.bringup.profile import OPTIONAL

# What every managed node has.
COMMON = ("/rosout", "/parameter_events", "/diagnostics", "/clock", "transition_event", "_action/")
COMMON_SERVICES = (
    "parameter",
    "/change_state",
    "/get_state",
    "/get_available_",
    "/get_transition_graph",
    "_action/",
    "type_description",
)
# Nobody's conversations belong in the documentation.
OWN = {"recorder": {"folder": tempfile.mkdtemp()}}
HEAD = """# The nodes

Written from the running nodes by `make docs`; do not edit. Names are relative: a `namespace` moves them all.

Every node also publishes its health on `/diagnostics` once a second, has the services of a managed (lifecycle) node, and takes
`autostart` (default true: configure and activate by itself; the launch files set it to false), `cpus` (cores its process may use, like
`0,2-3`; empty: all) and `nice` (0 to 19: how far its process gives way). The last two do nothing in the container.
"""


def main() -> None:
    rclpy.init(args=[], domain_id=99)
    print(HEAD)
    for spec in specs():
        node = make_node(spec)
        node.trigger_configure()
        node.trigger_activate()
        time.sleep(0.5)
        module = sys.modules[type(node).__module__]
        print(f"## {spec.name}\n\n{' '.join((module.__doc__ or '').split())}\n")
        interfaces(node)
        parameters(node)
        node.release()
        node.destroy_node()
    rclpy.shutdown()


def specs() -> list[NodeSpec]:
    """The nodes of the demo, and behind them those that run only where they are asked for."""
    plan = make_plan("demo")
    optional = [NodeSpec(name, plan.profile.path, {"autostart": False, **OWN.get(name, {})}) for name in OPTIONAL]
    return [*plan.all, *optional]


def interfaces(node) -> None:
    me = (node, node.get_name(), node.get_namespace())
    name, space = me[1], me[2]
    found = [
        ("publishes", node.get_publisher_names_and_types_by_node(name, space), COMMON),
        ("subscribes", node.get_subscriber_names_and_types_by_node(name, space), COMMON),
        ("action", action_servers(*me), ()),
        ("sends goals to", action_clients(*me), ()),
        ("service", node.get_service_names_and_types_by_node(name, space), COMMON_SERVICES),
        ("calls", node.get_client_names_and_types_by_node(name, space), ("_action/", "change_state", "get_state")),
    ]
    print("| | name | type |\n| --- | --- | --- |")
    for kind, pairs, left_out in found:
        for topic, types in sorted(pairs):
            if not any(word in topic for word in left_out):
                print(f"| {kind} | `{topic.lstrip('/')}` | `{types[0]}` |")
    print()


def parameters(node) -> None:
    print("| parameter | default | unit, range | what it does |\n| --- | --- | --- | --- |")
    for p in node.PARAMETERS:
        limits = " · ".join(x for x in (p.unit, span(p), "live" if p.live else "") if x)
        print(f"| `{p.name}` | `{p.default!r}` | {limits} | {p.description.replace('|', '/')} |")
    print()


def span(p) -> str:
    if p.choices:
        return ", ".join(f"`{c}`" for c in p.choices)
    if p.minimum is None and p.maximum is None:
        return ""
    return f"{p.minimum if p.minimum is not None else ''}..{p.maximum if p.maximum is not None else ''}"


if __name__ == "__main__":
    main()
