"""All live sessions of one server: opened on demand, dropped when unused."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tutor_widget.server.auth import Account, Pseudonyms
from tutor_widget.server.limits import stored_limit
from tutor_widget.server.logs import log, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.server.store import All, Erased, Full, Head, SessionKey, Store
from tutor_widget.server.store.peers import Piece, Present, Wanted
from tutor_widget.server.tutors import Greeter, Tutor
from tutor_widget.server.tutors.lifecycle import parallel_of
from tutor_widget.wire import MAX_NAME, MAX_REPLY, Event, is_blank

from .greeting import greet
from .listener import Dropped
from .live import LiveSession
from .slots import Slots
from .teachers_notice import is_untouched, write_notice

__all__ = ["NotAdmitted", "SessionRegistry"]


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """The session does not exist, and the caller did not admit a new one."""


class SessionRegistry:
    """The live sessions of one server, by account and name."""

    def __init__(self, store: Store, tutor: Tutor, settings: Settings, metrics: Metrics) -> None:
        """Raises BadSetting if the tutor's ``parallel`` is no limit."""
        self.store = store
        self.settings = settings
        self.slots = Slots(parallel_of(tutor))
        self._tutor = tutor
        self._metrics = metrics
        self._live: dict[tuple[str, str], LiveSession] = {}
        self._by_key: dict[SessionKey, LiveSession] = {}
        """The same, by the key that other nodes know."""
        self._timers: dict[LiveSession, asyncio.TimerHandle] = {}
        """Sessions without listeners, and when each is dropped from memory."""
        self._pseudonyms: Pseudonyms | None = None
        self._waited: frozenset[tuple[str, str]] | None = None
        """Sessions in which a message waited for a node at the last `resume`."""
        self._openings: list[list[frozenset[SessionKey] | All]] = []
        """For each session that is being read from the store: what was changed meanwhile."""
        self._draining = False

    @property
    def sessions(self) -> list[LiveSession]:
        return list(self._live.values())

    async def open(
        self,
        account: Account,
        name: str,
        admits: Callable[[], bool] = lambda: True,
        lang: str | None = None,
    ) -> LiveSession | Erased | Full | NotAdmitted:
        """The session, from memory or from the store. A new session gets the tutor's greeting.

        A session that does not exist yet is made if ``admits()`` says so, and greeted in ``lang``.
        """
        place = (account.name, name)
        if (live := self._in_memory(place)) is not None:
            return live
        if self._pseudonyms is None:
            self._pseudonyms = Pseudonyms(await self.store.secret())
        changes: list[frozenset[SessionKey] | All] = []
        self._openings.append(changes)
        try:
            head = await self._find_or_create(account, name, admits, lang)
        finally:
            self._openings = [one for one in self._openings if one is not changes]
        if not isinstance(head, Head):
            return head
        # During these awaits another hello may have opened the session, or even erased it.
        if (known := self._live.get(place)) is not None and known.key == head.key:
            match known.ended:
                case None:
                    return known
                case Dropped.EXPIRED:
                    return await self.open(account, name, admits, lang)
                case _:
                    return Erased()
        live = self._live[place] = LiveSession(
            *place,
            head,
            pseudonyms=self._pseudonyms,
            slots=self.slots,
            store=self.store,
            tutor=self._tutor,
            settings=self.settings,
            metrics=self._metrics,
            on_listeners=self._note_listeners,
            on_erased=lambda live: self.changed(frozenset({live.key})),
        )
        self._by_key[live.key] = live
        self.store.peers.follow(live.key)
        self._drop_later(live)
        if any(_concerns(keys, live) for keys in changes):
            live.catch_up_soon()  # its head may be older than that change
        if self._draining:
            live.worker.end()  # what wakes it later begins no reply
        elif head.waiting:
            live.worker.wake()
        return live

    async def notice(self, account: str, name: str, by: str, text: str) -> Event | None:
        """Write a notice of the person ``by`` into the session. See `Server.notice`."""
        if not 0 < len(by) <= MAX_NAME:
            raise ValueError(f"A person's name has 1 to {MAX_NAME} characters, not {len(by)}.")
        if is_blank(text):
            raise ValueError("The text of the notice is empty. Write what learners are to read.")
        if len(text) > MAX_REPLY:
            raise ValueError(
                f"The text of the notice has {len(text):,} characters, and {MAX_REPLY:,} "
                "characters are allowed. Make it shorter."
            )
        head = await self.store.find_session(account, name)
        if not isinstance(head, Head):
            return None
        kept = await self.store.notice(head.key, f"_{secrets.token_hex(16)}", by, text)
        if isinstance(kept, Erased):
            return None
        self.changed(frozenset({head.key}))
        return kept.event

    async def resume(self) -> None:
        """Start to answer the messages that wait and that no living node answers.

        At the first call all of them. Then those that also waited at the call before: the node that
        took a message begins to answer it a moment later.
        """
        waiting = frozenset(await self.store.unanswered())
        due = waiting if self._waited is None else waiting & self._waited
        self._waited = waiting
        for account, name in sorted(due):
            if self._draining:
                return
            if (live := self._in_memory((account, name))) is None:
                await self.open(Account(account), name, lambda: False)
            elif live.worker.busy:
                live.worker.wake()  # it may wait for a lease whose owner has ended
            else:
                live.catch_up_soon()

    async def publish_overdue(self) -> None:
        """Publish the held answers whose time is over, also those of sessions that nobody has open.

        Every node does so, and the store takes the first.
        """
        for account, name, re in await self.store.overdue():
            if self._draining:
                return
            await self.approve(account, name, re)

    async def approve(
        self, account: str, name: str, re: str, text: str | None = None, by: str | None = None
    ) -> bool:
        """Publish the held answer to the message ``re``, with another text if one is given.

        ``by``: see `Store.approve`. False if no answer to it is held: it was published or stopped
        before.
        """
        live = await self.open(Account(account), name, lambda: False)
        if not isinstance(live, LiveSession):
            return False
        live.uses += 1
        try:
            return await live.approve(re, text, by)
        finally:
            live.uses -= 1

    def changed(self, keys: frozenset[SessionKey] | All) -> None:
        """Make the live ones of these sessions read what another process or a person wrote.

        One that is being opened reads it too: its head may have been read before.
        """
        for changes in self._openings:
            changes.append(keys)
        for live in self.sessions:
            if _concerns(keys, live):
                live.catch_up_soon()

    def hear(self, message: Present | Piece | Wanted) -> None:
        """Give its session what another node has told. A fault there ends nothing else."""
        if (live := self._by_key.get(message.key)) is None:
            return
        try:
            live.hear(message)
        except Exception as error:  # noqa: BLE001  # what nodes tell each other may be lost
            log("broadcast failed", level="error", session=live.tag, **where(error))

    def retry_reads(self) -> None:
        """Make sessions read again what could not be read before."""
        for live in self.sessions:
            if live.is_behind:
                live.catch_up_soon()

    async def drain(self, patience: float) -> None:
        """Finish the replies under way within ``patience`` seconds, or hand them over."""
        self._draining = True
        await asyncio.gather(*(live.worker.drain(patience) for live in self.sessions))

    def close(self) -> None:
        """Drop all sessions at once."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for key in self._by_key:
            self.store.peers.unfollow(key)
        self._by_key.clear()
        self._live.clear()

    def _in_memory(self, place: tuple[str, str]) -> LiveSession | None:
        live = self._live.get(place)
        return None if live is not None and live.is_erased else live

    async def _find_or_create(
        self, account: Account, name: str, admits: Callable[[], bool], lang: str | None
    ) -> Head | Erased | Full | NotAdmitted:
        while True:
            head: Head | Erased | Full | None = await self.store.find_session(account.name, name)
            if head is None:
                if not admits():
                    return NotAdmitted()
                most = stored_limit(account, self.settings.sessions)
                head = await self.store.create_session(account.name, name, account.groups, most)
            if not isinstance(head, Head):
                return head
            if isinstance(begun := await self._begin(head, lang), Head):
                return begun
            # It ended meanwhile. If by its retention, it begins anew.

    async def _begin(self, head: Head, lang: str | None) -> Head | Erased:
        """Write what comes before all else: the notice, then in a new session the greeting."""
        text = self.settings.readable_by_teachers
        greeter = self._tutor if isinstance(self._tutor, Greeter) else None
        greets = greeter is not None and await is_untouched(self.store, head, text)
        after = await write_notice(self.store, head, text) if text else head
        if greeter is None or not greets or isinstance(after, Erased):
            return after
        return await greet(self.store, greeter, after, lang)

    def _note_listeners(self, live: LiveSession) -> None:
        if not live.listeners:
            self._drop_later(live)
        elif (timer := self._timers.pop(live, None)) is not None:
            timer.cancel()

    def _drop_later(self, live: LiveSession) -> None:
        """Start the time after which a session without listeners is dropped."""
        if (timer := self._timers.get(live)) is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        linger = self.settings.tick if live.is_erased else self.settings.linger
        self._timers[live] = loop.call_later(linger, self._drop, live)

    def _drop(self, live: LiveSession) -> None:
        if live.worker.busy or live.uses or live.is_catching_up:
            self._drop_later(live)
            return
        del self._timers[live]
        if self._by_key.get(live.key) is live:
            del self._by_key[live.key]
            self.store.peers.unfollow(live.key)
        place = (live.account, live.name)
        if self._live.get(place) is live:
            del self._live[place]


def _concerns(keys: frozenset[SessionKey] | All, live: LiveSession) -> bool:
    return isinstance(keys, All) or live.key in keys
