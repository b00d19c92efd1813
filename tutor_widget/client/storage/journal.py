"""The journal's task: keeps one client's outbox on the disk and adopts what earlier clients left.

It gathers what the session asks to save and writes it in groups, one fsync for each. It touches the
journal while messages wait in it, so that no other process takes it for an orphan, and looks for
orphans itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from tutor_widget.codes import Notice
from tutor_widget.session import Message
from tutor_widget.session import events as ev

from .disk import run_on_disk
from .outbox import ORPHANED_AFTER, TOUCH_EVERY, Outbox


class Owner(Protocol):
    """The client, as its journal sees it."""

    @property
    def account(self) -> str | None:
        """The account that was welcomed last."""
        ...

    def take_from_journal(self, event: ev.Loaded | ev.Saved | ev.Orphaned) -> None:
        """Pass the event to the session."""
        ...

    def warn(self) -> None:
        """`Journal.warning` is another."""
        ...

    def journals_read(self) -> None:
        """`Journal.may_find_more` has become False."""
        ...


class Journal:
    """See the module. Everything but the disk's work runs on the loop."""

    def __init__(self, outbox: Outbox, owner: Owner) -> None:
        self._outbox = outbox
        self._owner = owner
        self._put: dict[str, Message] = {}  # not yet in the file
        self._gone: set[str] = set()
        self._wake = asyncio.Event()
        self._closed = False
        self._has_new_journals = False  # ones that may be adopted now
        self._unsafe: Notice | None = None  # why messages cannot be made durable
        self._damage: Notice | None = None  # what of an earlier journal could not be read
        self.may_find_more = True
        """Journals may wait that were not read: before the first look, after one that failed, and
        while other processes of the session are alive or were until lately."""

    @property
    def warning(self) -> Notice | None:
        """What to tell the learner while something is wrong with the journal."""
        return self._unsafe or self._damage

    @property
    def is_safe(self) -> bool:
        """Whether the last write succeeded."""
        return not self._unsafe

    # --- what the session asks for --------------------------------------------------------------

    def save(self, message: Message) -> None:
        """Write the message soon; `Saved` follows."""
        self._put[message.id] = message
        self._gone.discard(message.id)
        self._wake.set()

    def forget(self, id: str) -> None:
        """The message is settled."""
        self._put.pop(id, None)
        self._gone.add(id)
        self._wake.set()

    def erase(self, account: str | None) -> Coroutine[Any, Any, None]:
        """Forget what is unwritten; await what is returned to delete the account's messages.

        None: the account is not known, and all messages are deleted.
        """
        self._put, self._gone = {}, set()
        return run_on_disk(self._outbox.erase, account)

    def is_unwritten(self, id: str) -> bool:
        """Whether this version of the message still has to be written."""
        return id in self._put

    def wake(self) -> None:
        """Write soon, even if nothing has to be written."""
        self._wake.set()

    def adopt_soon(self) -> None:
        """There may be journals to adopt that were not there before."""
        self._has_new_journals = True
        self._wake.set()

    def close(self) -> None:
        """Let `run` end, after a last write."""
        self._closed = True
        self._has_new_journals = False
        self._wake.set()

    # --- the task -------------------------------------------------------------------------------

    async def run(self, ready: Callable[[], None]) -> None:
        """Adopt, call ``ready``, and keep the journal until `close`."""
        await self._adopt()
        ready()
        while not self._closed:
            # Other processes may die at any time, so even an idle client looks for orphans.
            idle = self._outbox.is_empty and not self.may_find_more
            try:
                wait = ORPHANED_AFTER if idle else TOUCH_EVERY
                await asyncio.wait_for(self._wake.wait(), wait)
                due = True
            except TimeoutError:
                due = bool(self._unsafe)
            if self._outbox.lapsed:
                self._owner.take_from_journal(ev.Orphaned())
            if due:
                await self._write()
            else:
                with contextlib.suppress(OSError):
                    await run_on_disk(self._outbox.touch)
            if self._has_new_journals or not due:
                await self._adopt()
        if self._put or self._gone:
            await self._write()
        await run_on_disk(self._outbox.close)

    async def _adopt(self) -> None:
        self._has_new_journals = False
        try:
            messages, more = await run_on_disk(self._outbox.adopt, self._owner.account)
        except OSError:
            self.may_find_more = True
            return
        had_more, self.may_find_more = self.may_find_more, more
        if had_more and not more:
            self._owner.journals_read()
        if messages:
            self._owner.take_from_journal(ev.Loaded(tuple(messages)))
        if self._outbox.aside is not None and not self._damage:
            self._damage = Notice("journal_damaged", {"file": self._outbox.aside.name})
            self._owner.warn()

    async def _write(self) -> None:
        """One group commit: everything that has gathered, with one fsync."""
        self._wake.clear()
        put, gone = self._put, self._gone
        self._put, self._gone = {}, set()
        try:
            await run_on_disk(self._outbox.write, list(put.values()), list(gone))
            unsafe = None
        except OSError as error:
            unsafe = Notice("not_saved", {"detail": str(error.strerror or error)})
        changed, self._unsafe = unsafe != self._unsafe, unsafe
        self._owner.take_from_journal(ev.Saved(tuple(put)))
        if changed:
            self._owner.warn()
