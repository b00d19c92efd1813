"""The network: connections between clients and the server, and everything that delays or ends them.

A client asks for a connection with `Network.dial` and receives all that happens to it as events
of its session. Both ends are protocols here, so that the network knows neither the client nor the
server. What passes is text, through `wire.encode` and `wire.decode_*`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from simulator.environment import Environment
from tutor_widget import wire
from tutor_widget.errors import ProtocolError
from tutor_widget.session import Ending, Kind
from tutor_widget.session import events as ev


class ClientEnd(Protocol):
    """What the network needs of a client."""

    def step(self, event: ev.Happened) -> object: ...

    def when_awake(self, act: Callable[[], object]) -> None: ...


class ServerEnd(Protocol):
    """What the network needs of the server's end of a connection."""

    is_open: bool

    def receive(self, text: str) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...

    def leave(self) -> None: ...


class Network:
    """What lies between the clients and the server.

    ``accept`` returns the server's end of a new connection, or None if the server is down.
    ``latency`` is the time that one way takes, in seconds.
    """

    def __init__(
        self,
        environment: Environment,
        accept: Callable[[Connection], ServerEnd | None],
        latency: float,
    ) -> None:
        self.environment = environment
        self.latency = latency
        self.jitter = 0.0
        """Powers of ten by which the latencies of connections differ."""
        self.dials_are_lost = False
        self.refusals: deque[Ending] = deque()
        """How the next dials end."""
        self._accept = accept

    def dial(self, client: ClientEnd, number: int) -> Connection:
        """Ask for a connection. ``number`` is the client's count of its dials."""
        connection = Connection(self, client, number)

        def arrive() -> None:
            if not connection.is_open:
                return
            if self.refusals:
                connection.end(self.refusals.popleft())
            elif (server_end := self._accept(connection)) is None:
                connection.end(Ending(Kind.LOST))
            else:
                connection.server_end = server_end
                self.environment.call_later(
                    connection.latency, lambda: connection.notify(ev.Opened(number))
                )

        self.environment.call_later(
            0, lambda: connection.notify(ev.Located(number), is_traffic=False)
        )
        if not self.dials_are_lost:
            self.environment.call_later(connection.latency, arrive)
        return connection


class Connection:
    """One connection, or the attempt at one. Each direction carries texts in order, or is dead."""

    def __init__(self, network: Network, client: ClientEnd, dial: int) -> None:
        self.client = client
        self.dial = dial
        self.environment = network.environment
        self.latency = network.latency
        random, jitter = self.environment.random, network.jitter
        if jitter:
            self.latency *= 10 ** random.uniform(-jitter, jitter)
        self.frame_takes = self.latency * random.random() / 10 if jitter else 0.0
        self.server_end: ServerEnd | None = None
        self.is_open = True
        """As the client sees it."""
        self.up = self.down = True
        """Whether texts to the server, and to the client, arrive."""
        self.silent_since: float | None = None
        self.heard_at = 0.0
        """When the client last received something."""
        self.last_up_at = 0.0
        """When the last byte on its way to the server arrives."""
        self.last_down_at = 0.0
        """When the last byte on its way to the client arrives."""

    @property
    def is_alive(self) -> bool:
        """Whether each end can reach the other."""
        return self.up and self.down and self.server_end is not None and self.server_end.is_open

    def go_silent(self, *, up: bool = True, down: bool = True) -> None:
        """Nothing arrives in these directions from now on."""
        self.up, self.down = self.up and not up, self.down and not down
        self.silent_since = self.environment.now

    def stall(self, seconds: float) -> None:
        """Nothing arrives for that long; then everything does, in order."""
        until = self.environment.now + seconds
        self.last_up_at = max(self.last_up_at, until)
        self.last_down_at = max(self.last_down_at, until)

    def cut(self) -> None:
        """Reset the connection: both ends learn of it at once."""
        if self.server_end is not None:
            self.server_end.leave()
        self.end(Ending(Kind.LOST))

    def end(self, ending: Ending) -> None:
        """Let the client see the connection end."""
        self.notify(ev.Dropped(self.dial, ending))

    def notify(self, event: ev.Happened, *, is_traffic: bool = True) -> None:
        """Give the client an event, now or when it is no longer frozen.

        ``is_traffic``: it came from the server's side, and so proves life.
        """

        def arrive() -> None:
            if not self.is_open:
                return
            if is_traffic:
                self.heard_at = self.environment.now
            if isinstance(event, ev.Dropped):
                self.is_open = False
            self.client.step(event)

        if self.is_open:
            self.client.when_awake(arrive)

    # --- the client's end -----------------------------------------------------------------------

    def send(self, text: str) -> None:
        assert len(text.encode()) <= wire.MAX_CLIENT_FRAME
        self._send_up(lambda server_end: server_end.receive(text))

    def ping(self) -> None:
        """Write a ping; a server's end that is open answers it, whatever else it does."""
        self.environment.call_later(
            0, lambda: self.notify(ev.Pinged(self.dial, 0), is_traffic=False)
        )
        self._send_up(lambda _: self.send_down(lambda: self.notify(ev.Heard(self.dial))))

    def abandon(self) -> None:
        """Leave without waiting for the other end."""
        self.is_open = False
        self._send_up(lambda server_end: server_end.leave())

    def _send_up(self, act: Callable[[ServerEnd], None]) -> None:
        def arrive() -> None:
            if self.up and self.server_end is not None and self.server_end.is_open:
                act(self.server_end)

        now = self.environment.now
        self.last_up_at = max(self.last_up_at, now + self.latency)
        self.environment.call_at(self.last_up_at, arrive)

    def _receive(self, text: str) -> None:
        """A frame that breaks the protocol ends the connection, as the real client's shell does."""
        try:
            frame = wire.decode_server(text)
        except ProtocolError as error:
            self.end(Ending(Kind.BROKEN, 1002, str(error)))
            self.client.when_awake(lambda: self._send_up(lambda server_end: server_end.leave()))
            return
        if frame is not None:
            self.notify(ev.Received(self.dial, frame))

    # --- the server's end -----------------------------------------------------------------------

    def deliver(self, text: str) -> None:
        """Send one frame to the client."""
        self.send_down(lambda: self._receive(text))

    def send_down(self, act: Callable[[], None]) -> None:
        """Call ``act`` when what the server writes now arrives at the client, if it does."""

        def arrive() -> None:
            if self.down:
                act()

        now = self.environment.now
        self.last_down_at = max(self.last_down_at + self.frame_takes, now + self.latency)
        self.environment.call_at(self.last_down_at, arrive)
