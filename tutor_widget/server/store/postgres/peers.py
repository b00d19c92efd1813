"""What nodes tell each other through PostgreSQL, on a connection of its own.

What is to be told is gathered for a moment, and told in one exchange: write who is connected here,
notify, read who else is. Nothing of it is durable, and nobody waits for it. After an outage this
node writes all that it has to tell anew, and reads again what it may have missed.

One channel is common to all nodes and names the sessions whose connections a node has changed
(`_News`). Each node has one of its own besides, for letters to it (`mail`).
"""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import Future
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from typing import Final

import msgspec
from msgspec import Struct

from tutor_widget.server.logs import log, where
from tutor_widget.server.store.peers import Nodes, Piece, Present, Wanted
from tutor_widget.server.store.records import SessionKey
from tutor_widget.wire import Answering, Delta

from . import presence
from .connections import OUTAGE, Connection, Database, close
from .mail import MOST_NOTIFIED, Inbox, Outbox

__all__ = ["PostgreSQLPeers"]

_CHANNEL: Final = "tutor_widget_presence"
_GATHER: Final = 0.05
"""Seconds for which is gathered what is told together."""
_BEAT: Final = 2.0
"""Seconds between two signs of life …"""
_LEASE: Final = 8.0
"""… and those for which a node counts as alive after one. In their sum others know of its end."""
_RETRY: Final = 0.5
"""Seconds between two attempts to reach the database."""
_CLOSING: Final = 1.0
"""Seconds that the last words may take."""
_READ_AT_ONCE: Final = 1000
"""Sessions that are read together."""


_NOTIFY: Final = (
    "SELECT pg_notify(n.channel, n.payload)"
    " FROM unnest($1::text[], $2::text[]) AS n (channel, payload)"
)


class _News(Struct, frozen=True):
    """What a node tells all others after it has written."""

    node: str
    learners: int
    ready: bool
    keys: list[SessionKey] | None
    """Sessions to which it has changed connections; None: any may be."""


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(_News)


class PostgreSQLPeers:
    """The `Peers` of the node ``node``. The first method that has something to tell starts it."""

    def __init__(self, database: Database, node: str) -> None:
        self.node = node
        self._database = database
        self._here: dict[SessionKey, dict[str, int]] = {}
        """The dials of the connections through this node by instance, in their order."""
        self._learners = 0
        self._followed: set[SessionKey] = set()
        self._is_ready = False
        self._others: dict[str, tuple[int, bool]] = {}
        """The other living nodes: their learners, and whether they are ready."""
        self._beaten = float("-inf")
        """When the last sign of life was given."""
        self._changed: dict[tuple[SessionKey, str], None] = {}
        """Connections here that began or ended and are not written yet, in their order."""
        self._unread: dict[SessionKey, None] = {}
        """Sessions whose connections are to be read."""
        self._rewrites = True
        """Whether all is to be written and read anew."""
        self._announces = False
        """Whether there is news of this node although no connection has changed."""
        self._outbox = Outbox()
        self._inbox = Inbox()
        self._due = asyncio.Event()
        self._waiting: list[Future[None]] = []
        """Those who wait until all is told."""
        self._messages: deque[Present | Piece | Wanted] = deque()
        self._has_messages = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._db: Connection | None = None
        self._is_closed = False

    # --- what is told -----------------------------------------------------------------------------

    def enter(self, key: SessionKey, instance: str, dial: int) -> None:
        here = self._here.setdefault(key, {})
        self._learners += here.pop(instance, None) is None
        here[instance] = dial
        self._change(key, instance)

    def leave(self, key: SessionKey, instance: str, dial: int) -> None:
        here = self._here.get(key, {})
        if here.get(instance) != dial:
            return
        del here[instance]
        if not here:
            del self._here[key]
        self._learners -= 1
        self._change(key, instance)

    def follow(self, key: SessionKey) -> None:
        self._followed.add(key)
        self._unread[key] = None
        self._wake()

    def unfollow(self, key: SessionKey) -> None:
        self._followed.discard(key)

    def tell(
        self, nodes: Collection[str], key: SessionKey, fence: int, frame: Answering | Delta
    ) -> None:
        for node in nodes:
            self._outbox.put(node, Piece(key, self.node, fence, frame))
        self._wake()

    def want(self, node: str, key: SessionKey) -> None:
        self._outbox.put(node, Wanted(key, self.node))
        self._wake()

    def ready(self, is_ready: bool) -> None:
        if is_ready != self._is_ready:
            self._is_ready = is_ready
            self._announces = True
            self._wake()

    async def told(self) -> None:
        self._announces = True  # so that the other nodes are read as well
        told: Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(told)
        self._wake()
        await told

    # --- what is known ----------------------------------------------------------------------------

    def nodes(self) -> Nodes:
        is_known = asyncio.get_running_loop().time() - self._beaten < _LEASE
        others = self._others.values() if is_known else ()
        ready = sum(is_ready for _, is_ready in others)
        return Nodes(
            self._learners + sum(learners for learners, _ in others),
            other_is_ready=ready > 0,
            ready=max(1, ready + self._is_ready),
        )

    async def messages(self) -> AsyncIterator[Present | Piece | Wanted]:
        while True:
            await self._has_messages.wait()
            if self._is_closed:
                return
            self._has_messages.clear()
            while self._messages:
                yield self._messages.popleft()

    async def close(self) -> None:
        """End the node: its connections count no more."""
        self._is_closed = True
        self._has_messages.set()
        self._due.set()
        if self._running is not None:
            await asyncio.wait({self._running}, timeout=_CLOSING)
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def _change(self, key: SessionKey, instance: str) -> None:
        self._changed.pop((key, instance), None)
        self._changed[key, instance] = None
        self._wake()

    def _wake(self) -> None:
        self._due.set()
        if self._running is None and not self._is_closed:
            self._running = asyncio.get_running_loop().create_task(self._run())

    def _deliver(self, messages: Iterable[Present | Piece | Wanted]) -> None:
        self._messages.extend(messages)
        self._has_messages.set()

    # --- the connection ---------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while not self._is_closed:
                await self._try_to(self._exchange)
                await self._until_due()
            if self._db is not None:
                await self._try_to(self._exchange)
                await self._try_to(self._leave)
        finally:
            await close(self._db)

    async def _until_due(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._beaten + _BEAT):
                await self._due.wait()
        await asyncio.sleep(_GATHER)

    async def _try_to(self, exchange: Callable[[Connection], Awaitable[None]]) -> None:
        self._due.clear()
        try:
            if self._db is None or self._db.is_closed():
                self._db = await self._connect()
            await exchange(self._db)
        except Exception as error:  # noqa: BLE001  # a node that tells nothing more would be alone
            if not isinstance(error, OUTAGE):
                log("store failed", level="error", **where(error))
            if self._db is not None:
                self._db.terminate()
                self._db = None
            self._rewrites = True
            self._outbox.clear()
            self._due.set()
            if not self._is_closed:
                await asyncio.sleep(_RETRY)

    async def _connect(self) -> Connection:
        db = await self._database.connect()
        try:
            await db.execute("SET synchronous_commit = off")
            db.add_termination_listener(lambda _: self._due.set())
            await db.add_listener(_CHANNEL, self._on_news)
            await db.add_listener(_own_channel(self.node), self._on_letter)
        except BaseException:
            db.terminate()
            raise
        self._rewrites = True
        return db

    async def _exchange(self, db: Connection) -> None:
        """Tell and read all that is due."""
        waiting, self._waiting = self._waiting, []
        try:
            await self._tell_and_read(db)
        except BaseException:
            self._waiting += waiting
            raise
        for told in waiting:
            if not told.done():
                told.set_result(None)

    async def _tell_and_read(self, db: Connection) -> None:
        announces, self._announces = self._announces, False
        is_due = asyncio.get_running_loop().time() - self._beaten >= _BEAT
        if is_due or announces or self._rewrites:
            await self._beat(db)
        keys = await self._write(db)
        await self._notify(db, keys, has_news=announces or keys != [])
        await self._read(db)

    async def _beat(self, db: Connection) -> None:
        now = asyncio.get_running_loop().time()
        lease = round(_LEASE * 1000)
        if not await presence.beat(db, self.node, lease, self._learners, self._is_ready):
            self._rewrites = True  # others may have deleted what this node had written
        await presence.bury(db)
        others = await presence.others(db, self.node)
        if self._others.keys() - others.keys():
            self._read_all()
        self._others, self._beaten = others, now

    async def _write(self, db: Connection) -> list[SessionKey] | None:
        """Write what has changed here. Returns the sessions, or None if all was written anew."""
        changed, self._changed = self._changed, {}
        if self._rewrites:
            self._rewrites = False
            await presence.rewrite(db, self.node, self._rows())
            self._read_all()
            return None
        keys = list(dict.fromkeys(key for key, _ in changed))
        if keys:
            came = [row for one in changed for row in self._row(*one)]
            gone = [one for one in changed if not self._row(*one)]
            await presence.write(db, self.node, came, gone)
            self._unread |= dict.fromkeys(keys)
        return keys

    async def _notify(
        self, db: Connection, keys: list[SessionKey] | None, *, has_news: bool
    ) -> None:
        notified = [(_own_channel(node), part) for node, part in self._outbox.take()]
        if has_news:
            news = _News(self.node, self._learners, self._is_ready, keys)
            notified.append((_CHANNEL, _payload(news)))
        if notified:
            channels, payloads = zip(*notified, strict=True)
            await db.execute(_NOTIFY, list(channels), list(payloads))

    async def _read(self, db: Connection) -> None:
        unread, self._unread = self._unread, {}
        keys = [key for key in unread if self._attends(key)]
        for begin in range(0, len(keys), _READ_AT_ONCE):
            found = await presence.read(db, keys[begin : begin + _READ_AT_ONCE])
            changed = {key for key, _ in self._changed}  # these are read again
            self._deliver(Present(*one) for one in found.items() if one[0] not in changed)

    async def _leave(self, db: Connection) -> None:
        await presence.leave(db, self.node)

    def _rows(self) -> list[presence.Row]:
        return [
            (key, instance, dial)
            for key, here in self._here.items()
            for instance, dial in here.items()
        ]

    def _row(self, key: SessionKey, instance: str) -> list[presence.Row]:
        dial = self._here.get(key, {}).get(instance)
        return [] if dial is None else [(key, instance, dial)]

    def _attends(self, key: SessionKey) -> bool:
        return key in self._followed or key in self._here

    def _read_all(self) -> None:
        self._unread |= dict.fromkeys((*self._followed, *self._here))

    # --- notifications ----------------------------------------------------------------------------

    def _on_news(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        try:
            news = _decoder.decode(payload)
        except ValueError:  # of a newer version
            return
        if news.node == self.node:
            return
        self._others[news.node] = (news.learners, news.ready)
        if news.keys is None:
            self._read_all()
        else:
            self._unread |= dict.fromkeys(key for key in news.keys if self._attends(key))
        if self._unread:
            self._due.set()

    def _on_letter(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        self._deliver(self._inbox.take(payload))


def _own_channel(node: str) -> str:
    return f"tutor_widget_{node}"


def _payload(news: _News) -> str:
    """The news in a notification. Of too many sessions it names none."""
    if len(data := _encoder.encode(news)) > MOST_NOTIFIED:
        data = _encoder.encode(msgspec.structs.replace(news, keys=None))
    return data.decode()
