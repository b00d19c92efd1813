"""A small world in memory: clients, a server, the links between them, one clock, one die.

Nothing here waits, opens a socket or touches a disk. `World.run` moves a simulated clock from one
thing that is due to the next, and all chance comes from one seed, so that every run can be had
again. The clients are the project's own `Session`s over its own `Outbox`; everything that passes
between them and the server is text, through `wire.encode` and `wire.decode_*`.

    world = World()
    ada = world.join("ada")
    ada.type("2 + 2?")
    with world.silence():
        world.run(60)
    world.settle()
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Final

from simulator.client.disk import Disk
from simulator.endings import Coverage
from tutor_widget import wire
from tutor_widget.session import Ending, Kind, Phase
from tutor_widget.session import events as ev

if TYPE_CHECKING:
    from simulator.client.client import Client
    from simulator.server.server import Seat

SESSION: Final = "algebra-1"


class World:
    """The clock, the die, the network. ``chance``: what every roll shows, None: by the seed."""

    def __init__(
        self, seed: int = 0, *, latency: float = 0.02, chance: float | None = None
    ) -> None:
        from simulator.server.server import ModelServer

        self.now = 1000.0
        self.wall = 0.0
        """How far the clock on the wall is ahead of the steady one."""
        self.random = Random(seed)
        self.chance = chance
        self.latency = latency
        self.jitter = 0.0
        """Powers of ten by which the links' latencies differ."""
        self.bound = 1000
        """Events that a client holds."""
        self.dials_are_lost = False
        self.refusals: deque[Ending] = deque()
        """How the next dials end."""
        self.watchers: list[Callable[[], None]] = []
        """Called after everything that happens; they raise when something is not as it must be."""
        self.steps = 0
        """Events that sessions took."""
        self.coverage = Coverage()
        self._story: list[tuple[float, str, object]] = []
        self._agenda: list[tuple[float, int, Callable[[], object]]] = []
        self._count = itertools.count()
        self.disk = Disk(self.random, lambda: self.now + self.wall, met=self.coverage.journals)
        self.server = ModelServer(self)
        self.clients: list[Client] = []

    def roll(self) -> float:
        return self.random.random() if self.chance is None else self.chance

    def tell(self, who: str, what: object) -> None:
        self._story.append((self.now, who, what))

    @property
    def story(self) -> list[str]:
        """What happened, a line each."""
        return [f"{now - 1000:9.3f}  {who:<8} {_short(what)}" for now, who, what in self._story]

    # --- time -----------------------------------------------------------------------------------

    def later(self, delay: float, act: Callable[[], object]) -> None:
        heapq.heappush(self._agenda, (self.now + delay, next(self._count), act))

    def run(self, seconds: float) -> None:
        """Let that much time pass."""
        self.run_until(lambda: False, seconds)

    def run_until(self, holds: Callable[[], bool], within: float = 300.0) -> bool:
        """Let time pass until something holds; false if it did not in time."""
        end = self.now + within
        while not holds():
            if not self._agenda or self._agenda[0][0] > end:
                self.now = end
                return holds()
            self.now, _, act = heapq.heappop(self._agenda)
            act()
            for watch in self.watchers:
                watch()
        return True

    def settle(self, within: float = 300.0) -> bool:
        """Let time pass until everyone is connected and everything said is answered."""
        return self.run_until(lambda: all(client.is_settled for client in self.clients), within)

    # --- people and faults ----------------------------------------------------------------------

    def join(self, name: str, session: str = SESSION) -> Client:
        """Someone comes, and is connected if that can be."""
        from simulator.client.client import Client

        client = Client(self, name, session)
        self.clients.append(client)
        client.start()
        self.run_until(lambda: client.session.phase is Phase.LIVE, 1.0)
        return client

    def cut(self) -> None:
        """All connections are reset."""
        for client in self.clients:
            if client.link is not None:
                client.link.cut()

    def half_open(self) -> None:
        """All connections go silent, and stay so; new ones are possible."""
        for client in self.clients:
            if client.link is not None:
                client.link.go_silent()

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Nothing gets through, and nobody is told."""
        self.half_open()
        self.dials_are_lost = True
        yield
        self.dials_are_lost = False

    @contextmanager
    def outage(self) -> Iterator[None]:
        """The server dies, and comes back with its log."""
        self.server.crash()
        yield
        self.server.start()

    def dial(self, link: Link) -> None:
        """A connection is asked for."""
        from simulator.server.server import Seat

        def arrive() -> None:
            if not link.is_open:
                return
            if self.refusals:
                link.end(self.refusals.popleft())
            elif not self.server.is_up:
                link.end(Ending(Kind.LOST))
            else:
                link.seat = Seat(self.server, link)
                self.later(link.latency, lambda: link.tell_client(ev.Opened(link.dial)))

        self.later(0, lambda: link.tell_client(ev.Located(link.dial), is_news=False))
        if not self.dials_are_lost:
            self.later(link.latency, arrive)


class Link:
    """One connection, or the try at one. Each direction carries texts in order, or dies."""

    def __init__(self, client: Client, dial: int) -> None:
        self.client = client
        self.dial = dial
        self.world = client.world
        jitter = self.world.jitter
        self.latency = self.world.latency
        if jitter:
            self.latency *= 10 ** self.world.random.uniform(-jitter, jitter)
        self.frame_takes = self.latency * self.world.random.random() / 10 if jitter else 0.0
        self.seat: Seat | None = None
        self.is_open = True  # as the client sees it
        self.up = self.down = True
        self.silent_since: float | None = None
        self.heard_at = 0.0  # by the client
        self._up_at = self._down_at = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether both ends know each other."""
        return self.up and self.down and self.seat is not None and self.seat.is_open

    def go_silent(self, *, up: bool = True, down: bool = True) -> None:
        """Nothing arrives any more in these directions."""
        self.up, self.down = self.up and not up, self.down and not down
        self.silent_since = self.world.now

    def stall(self, seconds: float) -> None:
        """Nothing arrives for so long; then everything does, in order."""
        until = self.world.now + seconds
        self._up_at, self._down_at = max(self._up_at, until), max(self._down_at, until)

    @property
    def up_since(self) -> float:
        """When the last byte on its way up arrives."""
        return self._up_at

    @property
    def stalled_until(self) -> float:
        """When the last byte on its way down arrives."""
        return self._down_at

    def cut(self) -> None:
        """Reset: both sides know at once."""
        if self.seat is not None:
            self.seat.leave()
        self.end(Ending(Kind.LOST))

    def end(self, ending: Ending) -> None:
        """The client sees it end."""
        self.tell_client(ev.Dropped(self.dial, ending))

    def tell_client(self, event: ev.Happened, *, is_news: bool = True) -> None:
        """What arrives at a client that is stopped waits for it."""

        def arrive() -> None:
            if not self.is_open:
                return
            if is_news:  # from the other side
                self.heard_at = self.world.now
            if isinstance(event, ev.Dropped):
                self.is_open = False
            self.client.step(event)

        if self.is_open:
            self.client.when_awake(arrive)

    # --- the client's end -----------------------------------------------------------------------

    def send(self, text: str) -> None:
        assert len(text.encode()) <= wire.MAX_CLIENT_FRAME
        self._carry_up(lambda seat: seat.receive(text))

    def ping(self) -> None:
        self.world.later(0, self._pinged)
        self._carry_up(lambda seat: self.send_down(lambda: self.tell_client(ev.Heard(self.dial))))

    def _pinged(self) -> None:
        """That is no news from the other side."""
        self.tell_client(ev.Pinged(self.dial, 0), is_news=False)

    def abandon(self) -> None:
        self.is_open = False
        self._carry_up(lambda seat: seat.leave())

    def _carry_up(self, act: Callable[[Seat], None]) -> None:
        def arrive() -> None:
            if self.up and self.seat is not None and self.seat.is_open:
                act(self.seat)

        self._up_at = max(self._up_at, self.world.now + self.latency)
        self.world.later(self._up_at - self.world.now, arrive)

    # --- the server's end -----------------------------------------------------------------------

    def send_down(self, act: Callable[[], None]) -> None:
        def arrive() -> None:
            if self.down:
                act()

        self._down_at = max(self._down_at + self.frame_takes, self.world.now + self.latency)
        self.world.later(self._down_at - self.world.now, arrive)


def _short(what: object) -> str:
    text = str(what)
    return text if len(text) <= 160 else text[:159] + "…"
