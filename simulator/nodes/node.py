"""One process of the tutor server: the server's real code over simulated connections and time."""

from __future__ import annotations

import asyncio
import contextlib
from random import Random
from typing import Final, cast

from simulator.environment import Environment
from simulator.nodes.checks.frames import ConnectionChecks
from simulator.nodes.checks.verdict import Verdict
from simulator.nodes.link import Link
from simulator.nodes.loop import SimulatedLoop
from simulator.nodes.memory.database import Database
from simulator.nodes.memory.sessions import Session
from simulator.nodes.memory.store import MemoryStore
from simulator.nodes.memory.weather import Weather
from simulator.nodes.socket import MemorySocket
from tutor_widget.server.auth import Account, TokenAuthenticator
from tutor_widget.server.metrics import NoMetrics
from tutor_widget.server.net.socket import Socket
from tutor_widget.server.server import Server
from tutor_widget.server.settings import Settings
from tutor_widget.server.store import SessionKey, StoreError
from tutor_widget.server.tutors import Tutor

__all__ = ["Node"]


CLOCKS_APART: Final = 86_400.0
"""Seconds between the clocks of two processes, at most."""
_ACCOUNTS = TokenAuthenticator({"ada": "a token"})
"""There are accounts. Nobody asks whose a token is, because links need no handshake."""


class _Server(Server):
    """Listens nowhere: links are handed to it."""

    async def _listen(self) -> None:
        pass


class Node:
    """A process that can be started, drained, frozen and killed. Each start has a loop of its own.

    ``turn``: the most seconds that a turn of its loop takes.
    """

    def __init__(
        self,
        name: str,
        environment: Environment,
        database: Database,
        verdict: Verdict,
        tutor: Tutor,
        settings: Settings,
        turn: float,
    ) -> None:
        self.name = name
        self.weather = Weather(Random(environment.random.random()))
        self.is_up = False
        self.is_ending = False
        self.frozen_until = 0.0
        """When it goes on."""
        self.links: list[tuple[Link, ConnectionChecks]] = []
        self.erased: dict[str, float] = {}
        """Epochs of the sessions of which it has said that they are erased, and when."""
        self._environment = environment
        self._database = database
        self._verdict = verdict
        self._tutor = tutor
        self._settings = settings
        self._turn = turn
        self._loops: list[SimulatedLoop] = []
        self._stop: asyncio.Event | None = None
        self._server: Server | None = None
        self.store: MemoryStore | None = None

    # --- its life ---------------------------------------------------------------------------------

    def start(self) -> None:
        self._record("starts")
        self.is_up, self.is_ending = True, False
        ahead = self._environment.random.uniform(0, CLOCKS_APART)
        loop = SimulatedLoop(self._environment, self._turn, self._verdict.fail, ahead)  # type: ignore[abstract]
        self._loops.append(loop)
        loop.create_task(self._serve(loop))

    def drain(self) -> None:
        """SIGTERM."""
        if self.is_up and self._stop is not None:
            self._record("drains")
            self.is_ending = True
            self.loop.call_soon(self._stop.set)

    def kill(self, *, swallow: bool) -> None:
        """The process is gone. ``swallow``: so is what it had written and nobody received."""
        self._record(f"is killed {swallow=}")
        self.loop.kill()
        self._forget(swallow=swallow)

    def freeze(self, seconds: float) -> None:
        """The process stands still, and goes on later as if nothing had been."""
        self._record(f"freezes for {seconds:.1f} s")
        self.frozen_until = max(self.frozen_until, self._environment.now + seconds)
        self.loop.freeze(seconds)

    def abandon(self) -> None:
        """The simulation is over."""
        for loop in self._loops:
            loop.abandon()

    @property
    def owner(self) -> str:
        """The name of its store."""
        assert self.store is not None
        return self.store.owner

    def has_lost(self, key: SessionKey, message_id: str) -> bool:
        """Whether it was told that its lease to answer this message is lost."""
        return self.store is not None and self.store.has_lost(key, message_id)

    @property
    def is_cut_off(self) -> bool:
        """Whether the database is away for it. Then it does not start."""
        return self._environment.now < self.weather.away_until

    def stalled(self) -> float:
        """Seconds for which it could not commit."""
        return self.store.stalled() if self.store is not None and self.is_steady else 0.0

    def is_awake(self, seconds: float) -> bool:
        """Whether it was not frozen in the last so many seconds."""
        return self._environment.now > self.frozen_until + seconds

    @property
    def is_steady(self) -> bool:
        """Whether it serves, and will go on."""
        return self._server is not None and not self.is_ending

    @property
    def loop(self) -> SimulatedLoop:
        """Of its present process, or its last one."""
        return self._loops[-1]

    @property
    def is_current(self) -> bool:
        """Whether the code that asks runs in this process."""
        return asyncio.get_running_loop() is self.loop

    async def _serve(self, loop: SimulatedLoop) -> None:
        """As the program does it: serve until the signal, drain, close the store."""
        self.store = store = MemoryStore(self._database, self.weather, self._environment)
        self._stop = stop = asyncio.Event()
        server = _Server(
            store,
            self._tutor,
            self._settings,
            authenticator=_ACCOUNTS,
            metrics=NoMetrics(),
        )
        async with server:
            self._server = server
            await stop.wait()
        await store.close()
        if loop is self.loop:
            self._record("has ended")
            loop.kill()
            with self._verdict.judging():
                self._check_hand_over(store)
            self._forget(swallow=False)

    def _check_hand_over(self, store: MemoryStore) -> None:
        """A process that ends gives back what it had claimed."""
        if store.has_failed:
            return
        for session in self._database.sessions.values():
            lease = session.lease
            is_kept = lease is not None and lease.owner == store.owner
            assert not is_kept or self._database.has_expired(session), "a claim is not given back"

    def _forget(self, *, swallow: bool) -> None:
        self.is_up, self._server, self._stop = False, None, None
        if self.store is not None:
            self.store.disconnect()
        links, self.links = self.links, []
        for link, _ in links:
            link.die(swallow=swallow)

    def approve(self, session: Session, message_id: str, text: str | None) -> None:
        """A person approves the held answer, perhaps with another text."""
        if self._server is not None:
            place = (session.account, session.name)
            self.loop.create_task(self._approve(self._server, place, message_id, text))

    async def _approve(
        self, server: Server, place: tuple[str, str], message_id: str, text: str | None
    ) -> None:
        with contextlib.suppress(StoreError):  # the person may try again
            await server.approve(*place, message_id, text)

    # --- connections ------------------------------------------------------------------------------

    @property
    def connections(self) -> list[ConnectionChecks]:
        """Those that are open, as this process sees them."""
        return [
            checks
            for link, checks in self.links
            if link.socket is not None and not (link.socket.is_lost or checks.is_closed)
        ]

    def accept(self, link: Link, checks: ConnectionChecks) -> None:
        """A client has asked for a connection."""
        if self._server is None or self._server._why_not() is not None:
            link.end(None)
            return
        self.links = [one for one in self.links if one[0].is_open]
        self.links.append((link, checks))
        self.loop.call_soon(self._open, link, checks)

    def _open(self, link: Link, checks: ConnectionChecks) -> None:
        if self._server is None:
            link.end(None)
            return
        socket = MemorySocket(link, checks)
        socket.account, socket.owner = Account(checks.account), checks.account
        self.loop.create_task(self._server._handle(cast("Socket", socket)))

    def _record(self, what: str) -> None:
        self._environment.record(self.name, what)
