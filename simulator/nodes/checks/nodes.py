"""What must hold for a node as a whole."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

__all__ = ["check_outage"]

_SOON = 3.0
"""Seconds in which a node notices that it cannot commit, at most."""


class Node(Protocol):
    """What is asked of a node, which itself is checked."""

    name: str

    @property
    def connections(self) -> Collection[object]: ...

    def stalled(self) -> float: ...

    def is_awake(self, seconds: float) -> bool: ...


def check_outage(node: Node, stalled: float) -> None:
    """A node that cannot commit for ``stalled`` s has sent its clients away."""
    if node.stalled() > stalled + _SOON and node.is_awake(_SOON):
        assert not node.connections, f"{node.name} keeps clients whose messages it cannot commit"
