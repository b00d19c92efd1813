"""What simulated nodes tell each other: late, twice, in another order, or not at all.

Presence goes over the board in the database: written a moment after the call, read again whenever
it has changed. A node that missed a change reads it at its next sign of life. Pieces of replies go
from process to process. One that is lost is lost.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from typing import Final

from simulator.nodes.memory.board import Board, Entered, Living
from simulator.nodes.memory.line import Line
from tutor_widget.server.store.peers import Nodes, Piece, Present, Wanted
from tutor_widget.server.store.records import SessionKey
from tutor_widget.wire import Answering, Delta

__all__ = ["MemoryPeers"]

_GATHER: Final = 0.05
"""Seconds for which what goes out is gathered, at most."""
_BEAT: Final = 3.0
"""Seconds between two signs of life."""
_RETRY: Final = 0.2
_CUT: Final = 0.2
"""How often a piece is cut in two."""


class MemoryPeers:
    """The `Peers` of the process at the end of ``line``.

    ``makes`` says whether the process makes the reply to a message under the claim with this fence.
    """

    def __init__(
        self,
        board: Board,
        node: str,
        line: Line,
        makes: Callable[[SessionKey, str, int], bool],
    ) -> None:
        self.node = node
        self._makes = makes
        self._board = board
        self._line = line
        self._serials = itertools.count()
        self._entered: dict[SessionKey, dict[str, Entered]] = {}
        self._followed: set[SessionKey] = set()
        self._unwritten: dict[SessionKey, None] = {}
        self._under_way: dict[SessionKey, None] = {}
        """Of the sessions what is connected here, not written yet, and on its way."""
        self._is_writing = False
        self._is_ready = False
        self._living: dict[str, Living] = {}
        self._has_missed = False
        """Something was not heard, so that all must be read again."""
        self._known: dict[SessionKey, tuple[int, frozenset[str]]] = {}
        """Of each session the newest state of the board that was told, and the nodes in it."""
        self._outbox: dict[str, list[Piece | Wanted]] = {}
        self._news: deque[tuple[int, Present] | Piece | Wanted] = deque()
        self._has_news = asyncio.Event()
        self._is_closed = False
        self._beating = line.loop.call_soon(self._beat)
        board.posts[node] = self

    # --- the contract -----------------------------------------------------------------------------

    def enter(self, key: SessionKey, instance: str, dial: int) -> None:
        self._entered.setdefault(key, {})[instance] = Entered(dial, next(self._serials))
        self._write_soon([key])

    def leave(self, key: SessionKey, instance: str, dial: int) -> None:
        entered = self._entered.get(key, {})
        if instance in entered and entered[instance].dial == dial:
            del entered[instance]
            self._write_soon([key])

    def follow(self, key: SessionKey) -> None:
        self._followed.add(key)
        self._write_soon([key])

    def unfollow(self, key: SessionKey) -> None:
        self._followed.discard(key)

    def tell(
        self, nodes: Collection[str], key: SessionKey, fence: int, frame: Answering | Delta
    ) -> None:
        if not self._makes(key, frame.re, fence):
            self._board.complain(f"{self.node} tells a piece of a reply that it does not make")
        listening = self._known.get(key, (0, frozenset()))[1]
        for node in nodes:
            if node not in listening or node == self.node:
                self._board.complain(f"a piece for {node}, through which nobody is connected")
            self._board.pieces += 1
            self._post(node, Piece(key, self.node, fence, frame))

    def want(self, node: str, key: SessionKey) -> None:
        self._post(node, Wanted(key, self.node))

    def ready(self, is_ready: bool) -> None:
        self._is_ready = is_ready
        self._beating.cancel()
        self._beat()

    async def told(self) -> None:
        pass  # late, or never, as all that is told here

    def nodes(self) -> Nodes:
        others = [one for name, one in self._living.items() if name != self.node]
        learners = self._count_learners() + sum(one.learners for one in others)
        ready = sum(one.is_ready for one in others)
        return Nodes(learners, ready > 0, max(1, ready + self._is_ready))

    async def messages(self) -> AsyncIterator[Present | Piece | Wanted]:
        while True:
            while self._news:
                if (message := self._tellable(self._news.popleft())) is not None:
                    yield message
            if self._is_closed:
                return
            self._has_news.clear()
            await self._has_news.wait()

    # --- its life ---------------------------------------------------------------------------------

    def close(self) -> None:
        if not self._line.is_away:
            self._board.remove(self.node)
        self.disconnect()
        self._is_closed = True
        self._beating.cancel()
        self._has_news.set()

    def disconnect(self) -> None:
        """The process is gone. What it wrote stays for as long as a lease."""
        self._board.posts.pop(self.node, None)

    def _beat(self) -> None:
        if self._is_closed:
            return
        self._beating = self._line.loop.call_later(_BEAT, self._beat)
        self._line.carry(self._sign)

    def _sign(self) -> None:
        """The sign of life is at the database."""
        if self._line.is_away:
            self._has_missed = True
        elif not self._is_closed:
            learners = self._count_learners()
            known = self._board.beat(self.node, learners, is_ready=self._is_ready)
            self._line.answer(self._signed, *known)

    def _signed(self, is_known: bool, living: dict[str, Living]) -> None:
        has_changed = self._living.keys() != living.keys()
        self._living = living
        if not is_known or has_changed or self._has_missed:
            self._has_missed = False
            self._write_soon(self._entered.keys() | self._followed)

    def _count_learners(self) -> int:
        return sum(map(len, self._entered.values()))

    # --- presence ---------------------------------------------------------------------------------

    def _write_soon(self, keys: Iterable[SessionKey]) -> None:
        """Write what is connected here, and read what the others have written."""
        self._unwritten |= dict.fromkeys(keys)
        if not self._is_writing:
            self._is_writing = True
            self._line.loop.call_later(_GATHER * self._line.weather.random.random(), self._write)

    def _write(self) -> None:
        self._under_way, self._unwritten = self._unwritten, {}
        keys = list(self._under_way)
        connections = {key: dict(self._entered.get(key, {})) for key in keys}

        def arrive() -> None:
            if self._line.is_away:
                self._line.loop.call_later(_RETRY, self._written, keys)
                return
            self._board.put(self.node, connections)
            state = [(self._board.version, self._board.present(key)) for key in keys]
            self._line.answer(self._written, (), state)

        self._line.carry(arrive)

    def _written(
        self, again: Iterable[SessionKey], read: Iterable[tuple[int, Present]] = ()
    ) -> None:
        self._is_writing = False
        self._under_way = {}
        for state in read:
            self._hear(state)
        self._unwritten |= dict.fromkeys(again)
        if self._unwritten and not self._is_closed:
            self._write_soon(())

    def changed(self, key: SessionKey) -> None:
        """See `Post.changed`."""
        weather = self._line.weather
        if not (self._entered.get(key) or key in self._followed):
            return
        if self._line.is_away or weather.happens(weather.deafness):
            self._has_missed = True
            return
        self._line.carry(lambda: self._read(key), weather.gossip)
        if weather.happens(weather.rumours):
            self._line.carry(lambda: self._read(key), weather.gossip)

    def _read(self, key: SessionKey) -> None:
        if not self._line.is_away:
            state = self._board.version, self._board.present(key)
            self._line.answer(self._hear, state)

    def _tellable(
        self, news: tuple[int, Present] | Piece | Wanted
    ) -> Present | Piece | Wanted | None:
        """What of it is told: no older state behind a newer one, and none without what is connected
        here now. After a change that is written, the board is read again.
        """
        if not isinstance(news, tuple):
            return news
        version, present = news
        key, entered = present.key, self._entered.get(present.key, {})
        if key in self._under_way:
            # That change may have read the board before what this tells, and nothing else would.
            self._write_soon([key])
        here = {one.instance: one.dial for one in present.connections if one.node == self.node}
        is_as_now = here == {instance: one.dial for instance, one in entered.items()}
        is_as_now = is_as_now and key not in self._unwritten and key not in self._under_way
        if not is_as_now or version < self._known.get(key, (0,))[0]:
            return None
        self._known[present.key] = version, frozenset(one.node for one in present.connections)
        return present

    # --- pieces -----------------------------------------------------------------------------------

    def _post(self, node: str, message: Piece | Wanted) -> None:
        if not self._outbox:
            self._line.loop.call_later(_GATHER * self._line.weather.random.random(), self._send)
        self._outbox.setdefault(node, []).append(message)

    def _send(self) -> None:
        outbox, self._outbox = self._outbox, {}
        for node, messages in sorted(outbox.items()):  # sets of names have no order of their own
            for message in messages:
                for part in self._cut(message):
                    self._send_one(node, part)

    def _send_one(self, node: str, message: Piece | Wanted) -> None:
        weather = self._line.weather
        copies = 0 if weather.happens(weather.deafness) else 1 + weather.happens(weather.rumours)

        def arrive() -> None:
            post = self._board.posts.get(node)
            if post is not None and not self._line.is_away:
                post.take(message)

        for _ in range(copies):
            self._line.carry(arrive, weather.gossip)

    def take(self, message: Piece | Wanted) -> None:
        """See `Post.take`."""
        if not self._line.is_away:
            self._line.loop.call_soon(self._hear, message)

    def _cut(self, message: Piece | Wanted) -> Iterable[Piece | Wanted]:
        """The message, or sometimes two halves of it."""
        if not isinstance(message, Piece) or not isinstance(message.frame, Delta):
            return [message]
        if not self._line.weather.happens(_CUT):
            return [message]
        whole, at = message.frame, len(message.frame.text) // 2
        halves = [(0, whole.text[:at]), (at, whole.text[at:])]
        deltas = [Delta(whole.id, whole.re, whole.from_ + at, text) for at, text in halves if text]
        return [Piece(message.key, self.node, message.fence, delta) for delta in deltas]

    def _hear(self, news: tuple[int, Present] | Piece | Wanted) -> None:
        self._news.append(news)
        self._has_news.set()
