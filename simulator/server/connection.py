"""The server's end of a connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from simulator.network import Connection
from tutor_widget import wire
from tutor_widget.errors import ProtocolError
from tutor_widget.session import Ending, Kind

LOST: Final = Ending(Kind.LOST)
GIVE_UP: Final = 60.0
"""Seconds of silence after which a server drops a client (docs/protocol.md)."""


class ServerConnection:
    """Decodes and encodes frames, and holds what the server knows of one connection.

    ``peers`` are the server's open connections: this one is among them until it leaves. ``take``
    is called with each frame received.
    """

    def __init__(
        self,
        connection: Connection,
        peers: list[ServerConnection],
        take: Callable[[ServerConnection, wire.ClientFrame], None],
    ) -> None:
        self.transport = connection
        self.is_open = True
        self.hello: wire.Hello | None = None
        self.is_welcomed = False
        self.generation = -1
        """Of the logs when it was welcomed: see `Store`."""
        self.heard_at = connection.environment.now
        self.unacked = 0
        self.held: tuple[str, float] | None = None
        """The message that was refused for a while, and until when."""
        self.behind: list[str] = []
        """What was refused behind it."""
        self.skips_event = False
        """A fault: the next event is not sent."""
        self.has_hole = False
        """An event was not sent."""
        self._peers = peers
        self._take = take
        peers.append(self)

    @property
    def session(self) -> str | None:
        """The session that its hello named."""
        return self.hello.session if self.hello is not None else None

    def receive(self, text: str) -> None:
        self.heard_at = self.transport.environment.now
        try:
            frame = wire.decode_client(text)
        except ProtocolError as error:
            self.close(1002, str(error))
            return
        if frame is not None:
            self._take(self, frame)

    def send(self, frame: wire.ServerFrame) -> None:
        if self.is_open and self._is_deaf():
            self.leave()
        if not self.is_open:
            return
        if self.skips_event and isinstance(frame, wire.Event):
            self.skips_event = False
            self.has_hole = True
        else:
            self.transport.deliver(wire.encode(frame))

    def _is_deaf(self) -> bool:
        """Nothing of the client, not even a pong, has arrived for as long as a server bears it."""
        connection = self.transport
        if connection.up or connection.silent_since is None:
            return False
        return connection.environment.now - connection.silent_since > GIVE_UP

    def send_faulty(self, text: str) -> None:
        """Send text that is no frame of the protocol."""
        if self.is_open:
            self.transport.deliver(text)

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame."""
        if self.is_open:
            self.leave()
            ending = Ending(Kind.CLOSED, code, reason)
            self.transport.send_down(lambda: self.transport.end(ending))

    def die(self, *, swallow: bool) -> None:
        """The server's process is gone. ``swallow``: so is what it had written."""
        connection = self.transport
        self.leave()
        if swallow:
            connection.go_silent(up=False)
            connection.environment.call_later(connection.latency, lambda: connection.end(LOST))
        else:
            connection.send_down(lambda: connection.end(LOST))

    def leave(self) -> None:
        """Forget the connection, without a close frame."""
        self.is_open = False
        if self in self._peers:
            self._peers.remove(self)
