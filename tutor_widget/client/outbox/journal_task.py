"""The journal's task: decides when one client's journal is written, and when it adopts others.

It gathers what the session asks to save and writes it in groups, one fsync for each. It touches the
journal while messages wait in it, so that no other process takes it for an orphan, and looks for
orphans itself.

It ends with `JournalTask.close`, and with no error. What could not be done is shown and tried
again; until then messages are kept in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, Protocol

from tutor_widget.client.loop import report_error
from tutor_widget.client.storage.disk import run_on_disk
from tutor_widget.client.storage.folders import is_anothers
from tutor_widget.codes import Notice
from tutor_widget.errors import kind_of
from tutor_widget.session import Entry
from tutor_widget.session import events as ev

from .journal import TOUCH_EVERY, Erasure, Journal
from .orphans import ORPHANED_AFTER


class JournalListener(Protocol):
    """The client, as its journal sees it."""

    @property
    def account(self) -> str | None:
        """The account that was welcomed last."""
        ...

    def take_from_journal(self, event: ev.Loaded | ev.Saved | ev.Orphaned) -> None:
        """Pass the event to the session."""
        ...

    def warn(self) -> None:
        """`JournalTask.warning` has changed."""
        ...

    def journals_read(self) -> None:
        """`JournalTask.may_find_more` has become False."""
        ...

    def has_looked(self) -> None:
        """The journals of other processes were looked for."""
        ...


class JournalTask:
    """See the module. Everything but the disk's work runs on the loop."""

    def __init__(self, journal: Journal, listener: JournalListener) -> None:
        self._journal: Final = journal
        self._listener: Final = listener
        self._put: dict[str, Entry] = {}  # not yet in the file
        self._gone: set[str] = set()
        self._to_erase: list[str | None] = []  # accounts
        self._wake = asyncio.Event()
        self._closed = False
        self._has_new_journals = False  # ones that may be adopted now
        self._older: list[tuple[Journal, Collection[str]]] = []  # to take over, with known messages
        self._unsafe: Notice | None = None  # why messages cannot be made durable
        self._unerased: Notice | None = None  # why something could not be deleted
        self._unread: Notice | None = None  # why earlier journals could not be looked for
        self._damage: Notice | None = None  # what of one could not be read
        self._logged: dict[str, str] = {}  # the last fault of each kind
        self.may_find_more = True
        """Journals may wait that were not read: before the first look, after one that failed, while
        other processes of the session are alive or were until lately, and after `look_again`."""

    @property
    def path(self) -> Path:
        """The journal's file, which may not exist."""
        return self._journal.path

    @property
    def warning(self) -> Notice | None:
        """What to tell the learner while something is wrong with the journal."""
        return self._unsafe or self._unerased or self._unread or self._damage

    @property
    def has_passed_over(self) -> bool:
        """Whether the last look found messages that only other credentials may adopt."""
        return self._journal.orphans.has_passed_over

    @property
    def is_safe(self) -> bool:
        """Whether the last write succeeded."""
        return not self._unsafe

    # --- what the session asks for --------------------------------------------------------------

    def save(self, entry: Entry) -> None:
        """Write the entry soon; `Saved` follows."""
        self._put[entry.id] = entry
        self._gone.discard(entry.id)
        self._wake.set()

    def forget(self, id: str) -> None:
        """The entry is settled."""
        self._put.pop(id, None)
        self._gone.add(id)
        self._wake.set()

    def erase(self, account: str | None) -> None:
        """Delete what is the account's or no account's soon, and forget what is unwritten.

        What the session wants to keep it saves again. None: the account is not known.
        """
        self._put = {}
        self._to_erase.append(account)
        self._wake.set()

    def is_unwritten(self, id: str) -> bool:
        """Whether this version of the entry still has to be written."""
        return id in self._put

    def wake(self) -> None:
        """Write soon, even if nothing has to be written."""
        self._wake.set()

    def adopt_soon(self) -> None:
        """There may be journals to adopt that were not there before."""
        self._has_new_journals = True
        self._wake.set()

    def look_again(self) -> None:
        """Read the journals anew: until then the last look says nothing. `journals_read` follows
        when none are left to find."""
        self.may_find_more = True
        self.adopt_soon()

    def take_over(self, older: JournalTask, known: Collection[str]) -> None:
        """Take what the journal of a task that has ended holds. ``known``: the messages that were
        handed over already."""
        self._older += [*older._older, (older._journal, known)]
        self.look_again()

    def close(self) -> None:
        """Let `run` end, after a last write."""
        self._closed = True
        self._has_new_journals = False
        self._wake.set()

    # --- the task -------------------------------------------------------------------------------

    async def run(self, ready: Callable[[], None]) -> None:
        """Adopt, call ``ready``, and keep the journal until `close`."""
        await self._adopt()
        self._call(ready)
        while not self._closed:
            await self._turn()
        if self._is_due:
            await self._erase()
            await self._write()
        try:
            await run_on_disk(self._journal.close)
        except Exception as error:  # noqa: BLE001 - see `_fault`
            self._fault("A journal could not be closed", error)

    @property
    def _is_due(self) -> bool:
        """Whether something has to be written or deleted, now or after a failure."""
        return bool(self._put or self._gone or self._to_erase or self._unsafe or self._unerased)

    async def _turn(self) -> None:
        """Wait until there is something to do, or until it is time to touch, and do it."""
        # Other processes may die at any time, so even an idle client looks for orphans.
        idle = self._journal.is_empty and not self.may_find_more
        try:
            await asyncio.wait_for(
                self._wake.wait(), ORPHANED_AFTER if idle and not self._is_due else TOUCH_EVERY
            )
            is_woken = True
        except TimeoutError:
            is_woken = False
        self._wake.clear()
        if self._journal.lapsed:
            self._call(self._listener.take_from_journal, ev.Orphaned())
        if is_woken or self._is_due:
            await self._erase()
            await self._write()
        else:
            await self._touch()
        if self._has_new_journals or not is_woken:
            await self._adopt()

    async def _touch(self) -> None:
        try:
            await run_on_disk(self._journal.touch)
        except Exception as error:  # noqa: BLE001 - see `_fault`
            self._fault("A journal could not be touched", error)

    async def _adopt(self) -> None:
        self._has_new_journals = False
        try:
            await self._take_older()
            entries: list[Entry] = []
            more = True
            if not self._older:  # else what the older has handed over would be adopted once more
                entries, more = await run_on_disk(self._journal.adopt, self._listener.account)
            unread = None
        except Exception as error:  # noqa: BLE001 - see `_fault`
            entries, more = [], True
            unread = Notice("not_read", {"detail": self._fault("Journals were not read", error)})
        changed, self._unread = unread != self._unread, unread
        # A journal that came during this look is found by the next one.
        more = more or self._has_new_journals
        had_more, self.may_find_more = self.may_find_more, more
        self._load(entries)
        if had_more and not self.may_find_more:
            self._call(self._listener.journals_read)
        self._call(self._listener.has_looked)
        self._note_damage()
        if changed:
            self._call(self._listener.warn)

    async def _take_older(self) -> None:
        """Take over the older journals. What cannot be taken now is tried again."""
        while self._older:
            if self._put:  # perhaps handed over during the last write: then only the older has it
                self.adopt_soon()
                return
            older, known = self._older[0]
            entries, is_gone = await run_on_disk(self._journal.take_over, older, known)
            self._load(entries)
            if not is_gone:
                self._older[0] = older, {*known, *(entry.id for entry in entries)}
                return
            del self._older[0]

    async def _write(self) -> None:
        """One group commit: everything that has gathered, with one fsync."""
        put, gone = self._put, self._gone
        self._put, self._gone = {}, set()
        try:
            await run_on_disk(self._journal.write, list(put.values()), list(gone))
            unsafe = None
        except Exception as error:  # noqa: BLE001 - see `_fault`
            detail = self._fault("A journal was not written", error)
            unsafe = Notice("not_saved", {"detail": detail})
            if is_anothers():
                unsafe = Notice("folder_of_another", {})
        changed, self._unsafe = unsafe != self._unsafe, unsafe
        self._call(self._listener.take_from_journal, ev.Saved(tuple(put)))
        if changed:
            self._call(self._listener.warn)

    async def _erase(self) -> None:
        """Delete what is to be erased, and what an earlier attempt could not delete."""
        if not (self._to_erase or self._unerased):
            return
        accounts, self._to_erase = self._to_erase, []
        unerased: Notice | None = None
        try:
            erased = await run_on_disk(self._journal.erase, *accounts)
            error: Exception | None = erased.failure
        except Exception as failure:  # noqa: BLE001 - see `_fault`
            erased, error = Erasure([], None), failure
        if error is not None:
            unerased = Notice(
                "not_erased", {"detail": self._fault("A journal was not erased", error)}
            )
        changed, self._unerased = unerased != self._unerased, unerased
        self._load(erased.found)
        self._note_damage()
        if changed:
            self._call(self._listener.warn)

    def _load(self, entries: list[Entry]) -> None:
        if entries:
            self._call(self._listener.take_from_journal, ev.Loaded(tuple(entries)))

    def _note_damage(self) -> None:
        aside = self._journal.orphans.aside
        if aside is None:
            damage = None
        else:
            # Without the key before it, which is a hash of names that could be guessed.
            ending = aside.name.partition(".")[2]
            damage = self._damage or Notice("journal_damaged", {"file": ending})
        changed, self._damage = damage != self._damage, damage
        if changed:
            self._call(self._listener.warn)

    def _call(self, function: Callable[..., None], *args: object) -> None:
        """Call the owner back. An error there does not end the task."""
        try:
            function(*args)
        except Exception as error:  # noqa: BLE001 - see `_fault`
            self._fault("A chat could not be told of its journal", error)

    def _fault(self, message: str, error: Exception) -> str:
        """What to tell people of the error. The disk's are no surprise; others are a fault.

        A fault is logged once, however often it is met. The task goes on: if it ended, the chat
        would neither connect nor save.
        """
        detail = kind_of(error)
        if not isinstance(error, OSError) and self._logged.get(message) != detail:
            self._logged[message] = detail
            report_error(message, error)
        return detail
