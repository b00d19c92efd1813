"""The whole simulated world: clients, the disk they share, the network and the server.

    world = World()
    ada = world.join("ada")
    ada.type("2 + 2?")
    with world.silence():
        world.run(60)
    world.settle()

The clients are the project's own `Session`s over its own `Journal`. Nothing here waits, opens a
socket or touches a disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from simulator.client.client import Client
from simulator.client.disk import Disk
from simulator.endings import Coverage
from simulator.environment import Environment
from simulator.network import Network
from simulator.server.server import ModelServer
from simulator.server.store import SESSION
from tutor_widget.client.outbox import orphans
from tutor_widget.session import Phase


class World(Environment):
    """An environment with everything in it. ``latency``: seconds that one way takes."""

    def __init__(self, seed: int = 0, *, latency: float = 0.02) -> None:
        super().__init__(seed)
        # It remembers the journals of this process by their paths, and with them earlier worlds.
        orphans._writers.clear()
        self.coverage = Coverage()
        self.disk = Disk(self.random, self.wall_clock, met=self.coverage.journals)
        self.server = ModelServer(self)
        self.server.before_erasure = self._note_erasure
        self.network = Network(self, self.server.accept, latency)
        self.clients: list[Client] = []

    # --- clients --------------------------------------------------------------------------------

    def add(self, name: str, session: str = SESSION) -> Client:
        """A client that has not started yet."""
        client = Client(self.network, self.disk, self.clients, name, session)
        self.clients.append(client)
        return client

    def join(self, name: str, session: str = SESSION) -> Client:
        """A client that has started, and is connected if that can be."""
        client = self.add(name, session)
        client.start()
        self.run_until(lambda: client.session.phase is Phase.LIVE, 1.0)
        return client

    def settle(self, within: float = 300.0) -> bool:
        """Let time pass until every client is connected and every message is answered."""
        return self.run_until(lambda: all(map(self._is_settled, self.clients)), within)

    def _is_settled(self, client: Client) -> bool:
        if client.is_new:
            return False
        if not client.is_requested or client.session.phase is Phase.FAILED:
            return True
        log = self.server.log(client.session_id)
        return (
            client.is_connected
            and client.is_idle
            and not log.unanswered
            and client.session.transcript.last == len(log.events)
        )

    # --- faults ---------------------------------------------------------------------------------

    def cut(self) -> None:
        """All connections are reset."""
        for client in self.clients:
            if client.connection is not None:
                client.connection.cut()

    def half_open(self) -> None:
        """All connections go silent, and stay so; new ones are possible."""
        for client in self.clients:
            if client.connection is not None:
                client.connection.go_silent()

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Nothing arrives anywhere, and no end learns why."""
        self.half_open()
        self.network.dials_are_lost = True
        yield
        self.network.dials_are_lost = False

    @contextmanager
    def outage(self) -> Iterator[None]:
        """The server dies, and comes back with its log."""
        self.server.crash()
        yield
        self.server.start()

    def erase(self, session: str = SESSION) -> None:
        """The server erases the conversation."""
        self._note_erasure(session)
        self.server.erase(session)

    def _note_erasure(self, session: str) -> None:
        """With the conversation goes what connected clients have queued."""
        connected = {id(each.transport.client) for each in self.server.connections_of(session)}
        for client in self.clients:
            if id(client) in connected:
                client.erased |= client.session.outgoing.messages.keys()
