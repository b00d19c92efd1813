"""A process's view of the shared database: the contract of a store, with everything that delays it.

It has the semantics of the store in PostgreSQL (`writer`, `listener`), and `weather.Weather` says
how bad it is.
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from simulator.nodes.memory.database import LEASE, Database
from simulator.nodes.memory.line import Line, Timeline
from simulator.nodes.memory.listener import Change, Listener
from simulator.nodes.memory.peers import MemoryPeers
from simulator.nodes.memory.weather import Weather
from simulator.nodes.memory.writer import Writer
from tutor_widget.server.store.contract import StoreError
from tutor_widget.server.store.peers import Peers
from tutor_widget.server.store.records import (
    Answer,
    Answered,
    Busy,
    Claim,
    Entry,
    Erased,
    Full,
    Head,
    Held,
    HeldAnswer,
    Kept,
    Listed,
    Message,
    Outcome,
    Publication,
    Report,
    ReportState,
    SessionKey,
    Spent,
)
from tutor_widget.wire import Event

__all__ = ["MemoryStore"]

T = TypeVar("T")
_A_MOMENT = 5.0
"""Seconds in which a process acts on what it was told. A slow replay ends with the text so far."""
_AWAY = 3.0
"""Seconds without an answer of the database after which reads do not even try."""


class MemoryStore:
    """A `Store`. The loop that is running when it is made is its process's.

    ``timeline`` is the time of the database and of what is on its way to it.
    """

    def __init__(
        self,
        database: Database,
        weather: Weather | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        self.owner = database.new_owner()
        self._database = database
        self._loop = asyncio.get_running_loop()
        self._line = Line(weather or Weather(), timeline)
        self._peers = MemoryPeers(database.board, self.owner, self._line, self._makes)
        self._writer = Writer(database, self.owner, self._line)
        self._listener = Listener(database, self.owner, self._line)
        self._claims: dict[tuple[SessionKey, str], int] = {}
        """The fence of this process's newest claim of each message."""
        self._lost: set[tuple[SessionKey, int]] = set()
        """Sessions and fences of the claims of which this process knows that they are lost."""
        self._is_closed = False
        self._has_failed = False

    # --- sessions ---------------------------------------------------------------------------------

    async def find_session(self, account: str, name: str) -> Head | Erased | None:
        return await self._read(lambda: self._database.find_session(account, name))

    def create_session(
        self, account: str, name: str, groups: frozenset[str] = frozenset(), most: int = 0
    ) -> Future[Head | Erased | Full]:
        return self._write(
            account, lambda: self._database.create_session(account, name, groups, most)
        )

    async def head(self, key: SessionKey) -> Head | Erased:
        return await self._read(lambda: self._database.head(key))

    # --- the learner's messages -------------------------------------------------------------------

    def append(
        self,
        key: SessionKey,
        message: Message,
        most_bytes: int = 0,
        behind: str | None = None,
        *,
        claims: bool = False,
    ) -> Future[Outcome | Erased]:
        message.text.encode()  # a caller's mistake fails its call, and no other
        owner = self.owner if claims else None
        result = self._write(
            key, lambda: self._database.append_and_claim(key, message, most_bytes, behind, owner)
        )
        result.add_done_callback(self._claimed)
        return result

    def withdraw(self, key: SessionKey, message_id: str) -> Future[Outcome | Erased]:
        return self._write(key, lambda: self._database.withdraw(key, message_id))

    def stop(self, key: SessionKey, message_id: str) -> Future[bool | Erased]:
        return self._write(key, lambda: self._database.stop(key, message_id))

    async def find(
        self, key: SessionKey, message_id: str, text: str | None = None
    ) -> Outcome | Erased | None:
        return await self._read(lambda: self._database.find(key, message_id, text))

    # --- reading ----------------------------------------------------------------------------------

    async def read(
        self, key: SessionKey, after: int, limit: int, size: int
    ) -> Sequence[Event] | Erased:
        return await self._read(lambda: self._database.read(key, after, limit, size))

    async def read_before(
        self, key: SessionKey, before: int, limit: int, size: int
    ) -> Sequence[Event] | Erased:
        return await self._read(lambda: self._database.read_before(key, before, limit, size))

    # --- answers ----------------------------------------------------------------------------------

    def greet(self, key: SessionKey, answer: Answer) -> Future[Answered | Erased | None]:
        return self._write(key, lambda: self._database.greet(key, answer))

    def claim(self, key: SessionKey) -> Future[Claim | Busy | Held | Erased | None]:
        result = self._write(key, lambda: self._database.claim(key, self.owner))
        result.add_done_callback(self._claimed)
        return result

    def renew(self, claim: Claim) -> Future[bool]:
        result = self._write(claim.key, lambda: self._database.renew(claim))
        result.add_done_callback(lambda _: self._renewed(claim, result))
        return result

    def _claimed(self, result: Future[Any]) -> None:
        outcome = _outcome(result)
        claim = outcome.claim if isinstance(outcome, Kept) else outcome
        if isinstance(claim, Claim):
            self._claims[claim.key, claim.message.id] = claim.fence

    def _renewed(self, claim: Claim, result: Future[bool]) -> None:
        if _outcome(result) is False:
            self._loop.call_later(_A_MOMENT, self._lost.add, (claim.key, claim.fence))

    def answer(self, claim: Claim, answer: Answer) -> Future[Answered | None]:
        return self._write(claim.key, lambda: self._database.answer(claim, answer))

    def hold(
        self,
        claim: Claim,
        answer: Answer,
        seconds: float | None = None,
        otherwise: str | None = None,
    ) -> Future[bool]:
        return self._write(
            claim.key, lambda: self._database.hold(claim, answer, seconds, otherwise)
        )

    async def held(self) -> Sequence[HeldAnswer]:
        return await self._read(self._database.held)

    async def overdue(self) -> Sequence[tuple[str, str, str]]:
        return await self._read(self._database.overdue)

    def approve(
        self, key: SessionKey, re: str, text: str | None = None, by: str | None = None
    ) -> Future[Answered | Erased | None]:
        return self._write(key, lambda: self._database.approve(key, re, text, by))

    def release(self, claim: Claim, *, counts: bool = True) -> Future[None]:
        return self._write(claim.key, lambda: self._database.release(claim, counts=counts))

    async def unanswered(self) -> Sequence[tuple[str, str]]:
        return await self._read(self._database.unanswered)

    async def spent(self, key: SessionKey, day: str) -> Spent | Erased:
        return await self._read(lambda: self._database.spent(key, day))

    # --- people -----------------------------------------------------------------------------------

    def report(
        self, key: SessionKey, event_id: str, reason: str | None, shared: bool = False
    ) -> Future[bool | Erased]:
        return self._write(key, lambda: self._database.report(key, event_id, reason, shared))

    async def reports(self, since: int, limit: int) -> Sequence[Report]:
        return await self._read(lambda: self._database.reports(since, limit))

    def settle_report(
        self, key: SessionKey, event_id: str, state: ReportState
    ) -> Future[bool | Erased]:
        return self._write(key, lambda: self._database.settle_report(key, event_id, state))

    def notice(
        self,
        key: SessionKey,
        notice_id: str,
        by: str | None,
        text: str,
        answers: str | None = None,
    ) -> Future[Kept | Erased]:
        return self._write(key, lambda: self._database.notice(key, notice_id, by, text, answers))

    def erase(self, key: SessionKey, days: float) -> Future[None]:
        return self._write(key, lambda: self._database.erase(key, days))

    def expire(self, idle: float, spare: Collection[SessionKey] = ()) -> Future[int]:
        return self._write(None, lambda: self._database.expire(idle, spare))

    def expire_contexts(self, age: float) -> Future[int]:
        return self._write(None, lambda: self._database.expire_contexts(age))

    async def list_sessions(
        self, account: str | None = None, group: str | None = None, since: int = 0
    ) -> AsyncIterator[Listed]:
        listed = await self._read(lambda: self._database.list_sessions(account, group, since))
        for one in listed:
            yield one

    async def entries(self, key: SessionKey, after: int, limit: int) -> Sequence[Entry] | Erased:
        return await self._read(lambda: self._database.entries(key, after, limit))

    # --- publications -----------------------------------------------------------------------------

    async def publications(self) -> Mapping[str, Publication]:
        return await self._read(lambda: dict(self._database.publications))

    def publish(self, cell: str, number: int, data: str) -> Future[Publication]:
        return self._write("publish", lambda: self._database.publish(cell, number, data))

    # --- the store itself -------------------------------------------------------------------------

    def changes(self) -> AsyncIterator[Change]:
        return self._listener.changes()

    async def secret(self) -> bytes:
        return await self._read(lambda: bytes(range(32)))

    def stalled(self) -> float:
        return max(self._writer.stalled(), self._listener.away())

    @property
    def peers(self) -> Peers:
        return self._peers

    @property
    def lease(self) -> float:
        return LEASE

    @property
    def has_failed(self) -> bool:
        """It was closed while writes waited."""
        return self._has_failed

    async def close(self) -> None:
        patience = self._loop.time() + 2.0
        while self._writer.is_busy and self._loop.time() < patience:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        self._is_closed = True
        self._listener.close()
        self._peers.close()
        self._has_failed = self._writer.close()

    def has_lost(self, key: SessionKey, message_id: str) -> bool:
        """Whether this process was told that its lease to answer this message is lost."""
        return (key, self._claims.get((key, message_id), 0)) in self._lost

    def _makes(self, key: SessionKey, message_id: str, fence: int) -> bool:
        return self._claims.get((key, message_id)) == fence

    def newest_fence(self, message_id: str) -> int:
        """That of this process's newest claim of the message."""
        return max(fence for (_, id), fence in self._claims.items() if id == message_id)

    def disconnect(self) -> None:
        """The process has no part in the database any more."""
        self._listener.disconnect()
        self._peers.disconnect()

    async def _read(self, run: Callable[[], T]) -> T:
        line = self._line
        if self._is_closed:
            raise StoreError("The store is closed.")
        if line.is_away and self._listener.away() <= _AWAY:
            await line.time_out()
        await line.pause()
        line.check_readable()
        result = run()
        await line.pause()
        line.check_readable()
        return result

    def _write(self, key: object, run: Callable[[], Any]) -> Future[Any]:
        return self._writer.submit(key, run)


def _outcome(result: Future[T]) -> T | None:
    """The result, or None if there is none."""
    return None if result.cancelled() or result.exception() is not None else result.result()
