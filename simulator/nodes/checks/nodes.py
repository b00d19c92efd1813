"""What must hold for a node as a whole."""

from __future__ import annotations

from simulator.nodes.node import Node

__all__ = ["check_outage"]

_SOON = 3.0
"""Seconds in which a node notices that it cannot commit, at most."""


def check_outage(node: Node, stalled: float) -> None:
    """A node that cannot commit for ``stalled`` s has sent its clients away."""
    if node.stalled() > stalled + _SOON and node.is_awake(_SOON):
        assert not node.connections, f"{node.name} keeps clients whose messages it cannot commit"
