"""A process's view of the shared database: the contract of a store, with everything that delays it.

Writes of one session wait in line, and each takes effect some time after the call and is reported
some time after that. So a process that is killed loses what waited, may have written what it was
never told, and a frozen one writes late. `weather.Weather` says how bad it is.
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from simulator.nodes.memory.database import LEASE, Database
from simulator.nodes.memory.weather import Weather
from tutor_widget.server.store.contract import StoreError
from tutor_widget.server.store.peers import Alone, Peers
from tutor_widget.server.store.records import (
    ALL,
    All,
    Answer,
    Answered,
    Busy,
    Claim,
    Entry,
    Erased,
    Full,
    Head,
    Held,
    Kept,
    Listed,
    Message,
    Outcome,
    Report,
    SessionKey,
    Spent,
)
from tutor_widget.wire import Event

__all__ = ["MemoryStore"]

T = TypeVar("T")
_A_MOMENT = 2.0
"""Seconds in which a process acts on what it was told. A slow replay ends with the text so far."""
Change = frozenset[SessionKey] | All


@dataclass
class _Write:
    run: Callable[[], Any]
    result: Future[Any]
    since: float


class MemoryStore:
    """A `Store`. The loop that is running when it is made is its process's."""

    def __init__(self, database: Database, weather: Weather | None = None) -> None:
        self.peers: Peers = Alone()
        self.weather = weather or Weather()
        self.owner = database.new_owner()
        self._database = database
        self._loop = asyncio.get_running_loop()
        self._lanes: dict[object, deque[_Write]] = {}
        """Writes that are not reported yet, by session, or by account for new sessions."""
        self._news: deque[Change] = deque()
        self._has_news = asyncio.Event()
        self._claims: dict[tuple[SessionKey, str], int] = {}
        """The fence of this process's newest claim of each message."""
        self._lost: set[tuple[SessionKey, int]] = set()
        """Sessions and fences of the claims of which this process knows that they are lost."""
        self._is_closed = False
        self._has_failed = False
        database.listeners.append(self._note)

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
        token = object()
        result = self._write(key, lambda: self._database.claim(key, self.owner, token))
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

    def hold(self, claim: Claim, answer: Answer) -> Future[bool]:
        return self._write(claim.key, lambda: self._database.hold(claim, answer))

    def approve(
        self, key: SessionKey, re: str, text: str | None = None
    ) -> Future[Answered | Erased | None]:
        return self._write(key, lambda: self._database.approve(key, re, text))

    def release(self, claim: Claim, *, counts: bool = True) -> Future[None]:
        return self._write(claim.key, lambda: self._database.release(claim, counts=counts))

    async def unanswered(self) -> Sequence[tuple[str, str]]:
        return await self._read(self._database.unanswered)

    async def spent(self, key: SessionKey, day: str) -> Spent | Erased:
        return await self._read(lambda: self._database.spent(key, day))

    # --- people -----------------------------------------------------------------------------------

    def report(self, key: SessionKey, event_id: str, reason: str | None) -> Future[bool | Erased]:
        return self._write(key, lambda: self._database.report(key, event_id, reason))

    async def reports(self, since: int, limit: int) -> Sequence[Report]:
        return await self._read(lambda: self._database.reports(since, limit))

    def notice(
        self, key: SessionKey, notice_id: str, by: str | None, text: str
    ) -> Future[Kept | Erased]:
        return self._write(key, lambda: self._database.notice(key, notice_id, by, text))

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

    # --- the store itself -------------------------------------------------------------------------

    async def changes(self) -> AsyncIterator[Change]:
        while True:
            while self._news:
                yield self._news.popleft()
            if self._is_closed:
                return
            self._has_news.clear()
            await self._has_news.wait()

    async def secret(self) -> bytes:
        return await self._read(lambda: bytes(range(32)))

    def stalled(self) -> float:
        waits = [lane[0].since for lane in self._lanes.values() if lane]
        return self._loop.time() - min(waits) if waits else 0.0

    @property
    def lease(self) -> float:
        return LEASE

    @property
    def has_failed(self) -> bool:
        """It was closed while writes waited."""
        return self._has_failed

    async def close(self) -> None:
        patience = self._loop.time() + 2.0
        while any(self._lanes.values()) and self._loop.time() < patience:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        self._is_closed = True
        self._has_news.set()
        self.disconnect()
        for lane in self._lanes.values():
            for write in lane:
                self._has_failed = True
                if not write.result.done():
                    write.result.set_exception(StoreError("The store is closed."))

    def has_lost(self, key: SessionKey, message_id: str) -> bool:
        """Whether this process was told that its lease to answer this message is lost."""
        return (key, self._claims.get((key, message_id), 0)) in self._lost

    def disconnect(self) -> None:
        """The process has no part in the database any more."""
        if self._note in self._database.listeners:
            self._database.listeners.remove(self._note)

    # --- reads and writes -------------------------------------------------------------------------

    async def _read(self, run: Callable[[], T]) -> T:
        await asyncio.sleep(self.weather.draw(self.weather.delay))
        if self._is_closed:
            raise StoreError("The store is closed.")
        if self._loop.time() < self.weather.unreadable_until:
            raise StoreError("The store cannot be read now.")
        result = run()
        await asyncio.sleep(self.weather.draw(self.weather.delay))
        return result

    def _write(self, lane_of: object, run: Callable[[], Any]) -> Future[Any]:
        result: Future[Any] = self._loop.create_future()
        if self._is_closed:
            result.set_exception(StoreError("The store is closed."))
            return result
        lane = self._lanes.setdefault(lane_of, deque())
        lane.append(_Write(run, result, self._loop.time()))
        if len(lane) == 1:
            self._later(lambda: self._execute(lane_of, lane))
        return result

    def _later(self, act: Callable[[], None]) -> None:
        self._loop.call_later(self.weather.draw(self.weather.delay), act)

    def _execute(self, lane_of: object, lane: deque[_Write]) -> None:
        if self._is_closed:
            return
        wait = self.weather.unwritable_until - self._loop.time()
        if wait > 0:
            self._loop.call_later(wait, self._execute, lane_of, lane)
            return
        write = lane[0]
        result, has_changed = self._database.commit(write.run, self.owner)
        if has_changed and self.weather.loses():
            self._later(lambda: self._repeat(lane_of, lane, result))
        else:
            self._later(lambda: self._report(lane_of, lane, result))

    def _repeat(self, lane_of: object, lane: deque[_Write], result: Any) -> None:
        """The result was lost: the write runs again, and finds that it has happened."""
        if not self._is_closed:
            self._database.commit(lane[0].run, self.owner)
            self._later(lambda: self._report(lane_of, lane, result))

    def _report(self, lane_of: object, lane: deque[_Write], result: Any) -> None:
        if self._is_closed:
            return
        write = lane.popleft()
        if not write.result.done():
            write.result.set_result(result)
        if lane:
            self._later(lambda: self._execute(lane_of, lane))

    # --- changes ----------------------------------------------------------------------------------

    def _note(self, key: SessionKey, owner: str) -> None:
        if owner == self.owner:
            return
        weather = self.weather
        change: Change = frozenset({key})
        if weather.random.random() < weather.rumours:
            self._tell_later(ALL if weather.random.random() < 0.5 else change)
        self._tell_later(change)

    def _tell_later(self, change: Change) -> None:
        self._loop.call_later(self.weather.draw(self.weather.gossip), self._tell, change)

    def _tell(self, change: Change) -> None:
        self._news.append(change)
        self._has_news.set()


def _outcome(result: Future[T]) -> T | None:
    """The result, or None if there is none."""
    return None if result.cancelled() or result.exception() is not None else result.result()
