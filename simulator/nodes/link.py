"""Connections between raw clients and nodes: in memory, with everything that delays or ends them.

A `Link` has two ends: the node's is a `socket.MemorySocket`, the client's is a `Peer`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from simulator.environment import Environment

__all__ = ["Link", "NodeEnd", "Peer"]


class Peer(Protocol):
    """The client's end of a link."""

    def received(self, link: Link, text: str) -> None: ...

    def ended(self, link: Link, code: int | None) -> None:
        """The link is over: with the code of a close frame, or without one."""


class NodeEnd(Protocol):
    """The node's end of a link."""

    is_dead: bool
    """The process is gone: nothing is written any more."""

    @property
    def is_lost(self) -> bool:
        """Whether the connection has ended at this end."""

    def take(self, text: str | bytes) -> None:
        """A frame of the client arrives."""

    def hear(self) -> None:
        """A pong of the client arrives."""

    def lose(self) -> None:
        """The connection has ended at this end."""


class Link:
    """One connection. ``latency``: seconds that one way takes. Each way keeps its order."""

    def __init__(self, environment: Environment, peer: Peer, latency: float) -> None:
        self.environment = environment
        self.latency = latency
        self.socket: NodeEnd | None = None
        self.is_open = True
        """As the client sees it."""
        self._peer = peer
        self._passes = True
        self._under_way: list[deque[Callable[[NodeEnd], None]]] = [deque(), deque()]
        """What has not arrived yet, up and down."""
        self._clear_at = [0.0, 0.0]
        """When the last of it arrives."""
        self._early: list[Callable[[NodeEnd], None]] = []
        """What arrived before the node had made its end."""
        self._stalled_until = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether each end can reach the other."""
        return self.is_open and self._passes and (self.socket is None or not self.socket.is_lost)

    @property
    def is_stalled(self) -> bool:
        """Whether nothing arrives for now."""
        return self._stalled_until > self.environment.now

    # --- faults -----------------------------------------------------------------------------------

    def go_silent(self) -> None:
        """Nothing arrives at either end from now on, and none learns of it."""
        self._passes = False

    def stall(self, seconds: float) -> None:
        """Nothing arrives for so long; then everything does."""
        self._stalled_until = self.environment.now + seconds

    def cut(self) -> None:
        """Both ends learn at once that it is over; what was on its way is lost."""
        self.go_silent()
        if self.socket is not None:
            self.socket.lose()
        self.end(None)

    def die(self, *, swallow: bool) -> None:
        """The node's process is gone. ``swallow``: so is what it had written."""
        if self.socket is not None:
            self.socket.is_dead = True
        if swallow or self.socket is None:
            self.cut()
        else:
            self.carry_down(lambda: self.end(None))

    # --- the client's end -------------------------------------------------------------------------

    def send(self, text: str | bytes) -> None:
        self._carry(0, lambda socket: socket.take(text))

    def abandon(self) -> None:
        """Leave without a closing handshake."""
        self.is_open = False
        self._carry(0, lambda socket: socket.lose())

    def end(self, code: int | None) -> None:
        if self.is_open:
            self.is_open = False
            self._peer.ended(self, code)

    # --- the node's end ---------------------------------------------------------------------------

    def attach(self, socket: NodeEnd) -> None:
        self.socket = socket
        early, self._early = self._early, []
        for act in early:
            act(socket)

    def carry_down(self, act: Callable[[], None]) -> None:
        """Call ``act`` when what the node writes now arrives at the client, if it does."""
        self._carry(1, lambda _: act())

    def deliver(self, text: str) -> None:
        if self.is_open:
            self._peer.received(self, text)

    def send_pong(self) -> None:
        """The client answers a ping by itself."""
        self._carry(0, lambda socket: socket.hear())

    def _carry(self, way: int, act: Callable[[NodeEnd], None]) -> None:
        self._under_way[way].append(act)
        self._clear_at[way] = max(self._clear_at[way], self.environment.now + self.latency)
        self.environment.call_later(
            self._clear_at[way] - self.environment.now, lambda: self._arrive(way)
        )

    def _arrive(self, way: int) -> None:
        if self.is_stalled:
            wait = self._stalled_until - self.environment.now
            self.environment.call_later(wait, lambda: self._arrive(way))
            return
        act = self._under_way[way].popleft()
        if self._passes and self.socket is not None:
            act(self.socket)
        elif self._passes:
            self._early.append(act)
