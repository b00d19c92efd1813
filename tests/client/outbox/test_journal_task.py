"""The journal's task: whatever goes wrong, the chat connects, and what waits is tried again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.journals import KEY, journals, message, orphan
from tutor_widget.client.outbox import journal_task, records
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.client.outbox.journal_task import JournalTask
from tutor_widget.session import Message
from tutor_widget.session import events as ev

Event = ev.Loaded | ev.Saved | ev.Orphaned


class Fault(Exception):
    """No error of the disk."""


class Owner:
    """Records what the task tells, and wakes who waits for it."""

    account: str | None = None

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.fails: list[type[Event]] = []
        self._news = asyncio.Condition()

    def take_from_journal(self, event: Event) -> None:
        self.events.append(event)
        self.warn()
        if type(event) in self.fails:
            raise Fault("in the session")

    def warn(self) -> None:
        asyncio.get_running_loop().create_task(self.tell())

    def has_looked(self) -> None:
        pass

    def journals_read(self) -> None:
        self.warn()

    async def tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def wait(self, condition: Callable[[], bool]) -> None:
        async with self._news, asyncio.timeout(60):
            await self._news.wait_for(condition)

    @property
    def saved(self) -> list[str]:
        return [id for event in self.events if isinstance(event, ev.Saved) for id in event.ids]


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """The errors that were logged."""
    errors: list[BaseException] = []
    monkeypatch.setattr(journal_task, "report_error", lambda _, error: errors.append(error))
    return errors


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_task, "TOUCH_EVERY", 0.05)


@asynccontextmanager
async def running(journal: Journal, owner: Owner) -> AsyncIterator[JournalTask]:
    """The task, which must have called ``ready`` and end without an error."""
    task, is_ready = JournalTask(journal, owner), asyncio.Event()
    run = asyncio.create_task(task.run(is_ready.set))
    async with asyncio.timeout(60):
        await is_ready.wait()
        yield task
        task.close()
        await run


def fault(*_: object, **__: object) -> Any:
    raise Fault("no error of the disk")


def codes(task: JournalTask) -> str:
    return task.warning.code if task.warning is not None else ""


async def test_a_fault_in_looking_for_journals_keeps_no_chat_from_connecting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reported: list[BaseException]
) -> None:
    """It is logged, shown and tried again, until the messages are found."""
    left = Journal(tmp_path, KEY)
    left.write([message("a")])
    left.close()
    owner = Owner()
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "adopt", fault)
        async with running(Journal(tmp_path, KEY), owner) as task:
            assert codes(task) == "not_read"
            assert task.warning is not None
            assert task.warning.args["detail"] == "Fault"  # its text may hold a path
            assert [type(error) for error in reported[:1]] == [Fault]
            assert task.may_find_more
            patch.undo()
            await owner.wait(lambda: task.warning is None)
    assert [e.entries[0].id for e in owner.events if isinstance(e, ev.Loaded)] == ["a"]


async def test_a_fault_in_writing_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reported: list[BaseException]
) -> None:
    """The session is answered, and people are warned until all of it is on the disk."""
    owner, journal = Owner(), Journal(tmp_path, KEY)
    put = records.put
    async with running(journal, owner) as task:
        task.save(message("a"))
        await owner.wait(lambda: owner.saved == ["a"])
        monkeypatch.setattr(records, "put", fault)
        task.save(message("b"))
        await owner.wait(lambda: codes(task) == "not_saved")
        assert owner.saved == ["a", "b"]
        assert not task.is_safe
        monkeypatch.setattr(records, "put", put)
        task.save(message("c"))
        await owner.wait(lambda: task.warning is None)
        assert records.read(journal.path).entries.keys() == {"a", "b", "c"}
    assert [type(error) for error in reported] == [Fault]  # logged once


async def test_what_could_not_be_written_is_written_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reported: list[BaseException]
) -> None:
    """A chat that closes while the journal fails tries once more."""
    monkeypatch.setattr(journal_task, "TOUCH_EVERY", 3600.0)
    owner, journal = Owner(), Journal(tmp_path, KEY)
    with monkeypatch.context() as patch:
        patch.setattr(records, "put", fault)
        async with running(journal, owner) as task:
            task.save(message("a"))
            await owner.wait(lambda: codes(task) == "not_saved")
            patch.undo()
    assert reported
    assert records.read(journal.path).entries.keys() == {"a"}


async def test_a_fault_of_the_session_or_the_page_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reported: list[BaseException]
) -> None:
    """What the session does with news of its journal is its own affair."""
    Journal(tmp_path, KEY).write([message("a")])
    orphan(tmp_path)
    owner = Owner()
    owner.fails = [ev.Loaded, ev.Saved]
    async with running(Journal(tmp_path, KEY), owner) as task:
        for id in "bc":
            task.save(message(id))
            await owner.wait(lambda id=id: id in owner.saved)  # type: ignore[misc]
        task.forget("a")
        await owner.wait(lambda: len(journals(tmp_path)) == 1)
    assert {type(error) for error in reported} == {Fault}


async def test_a_client_that_cannot_connect_does_not_end_it(
    tmp_path: Path, reported: list[BaseException]
) -> None:
    """A fault in ``ready`` is logged; messages are saved all the same."""
    owner = Owner()
    task = JournalTask(Journal(tmp_path, KEY), owner)
    run = asyncio.create_task(task.run(fault))
    task.save(message("a"))
    await owner.wait(lambda: owner.saved == ["a"])
    task.close()
    await run
    assert [type(error) for error in reported] == [Fault]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Fault("unexpected")])
async def test_an_erasure_that_fails_is_shown_until_it_worked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reported: list[BaseException],
    error: Exception,
) -> None:
    """What is saved meanwhile is written, and stays."""

    def fail(*_: object) -> None:
        raise error

    owner, journal = Owner(), Journal(tmp_path, KEY)
    async with running(journal, owner) as task:
        task.save(message("a"))
        await owner.wait(lambda: owner.saved == ["a"])
        with monkeypatch.context() as patch:
            patch.setattr("tutor_widget.client.outbox.journal.remove", fail)
            task.erase(None)
            await owner.wait(lambda: codes(task) == "not_erased")
            assert task.warning is not None
            assert task.warning.args["detail"] in ("No space left on device", "Fault")
            task.save(message("b"))
            await owner.wait(lambda: owner.saved == ["a", "b"])
        await owner.wait(lambda: task.warning is None)
        assert records.read(journal.path).entries.keys() == {"b"}
    assert bool(reported) == isinstance(error, Fault)


async def test_a_look_that_was_asked_for_during_another_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it ends, journals may wait that were not read."""
    owner, asked_again = Owner(), threading.Event()
    begun, seen = asyncio.Event(), []
    async with running(Journal(tmp_path, KEY), owner) as task:
        assert not task.may_find_more
        loop = asyncio.get_running_loop()

        def look(*_: object) -> tuple[list[Message], bool]:
            seen.append(task.may_find_more)
            loop.call_soon_threadsafe(begun.set)
            assert asked_again.wait(60)
            return [], False

        monkeypatch.setattr(Journal, "adopt", look)
        monkeypatch.setattr(journal_task, "ORPHANED_AFTER", 3600.0)
        monkeypatch.setattr(journal_task, "TOUCH_EVERY", 3600.0)
        task.look_again()
        await begun.wait()
        task.look_again()
        asked_again.set()
        await owner.wait(lambda: not task.may_find_more)
    assert seen == [True, True]


async def test_an_older_journal_goes_only_after_what_was_handed_over_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the handover came during a write; what the older had besides is loaded."""
    monkeypatch.setattr(journal_task, "TOUCH_EVERY", 3600.0)
    older, journal, owner = Journal(tmp_path, KEY, "old"), Journal(tmp_path, KEY, "new"), Owner()
    older.write([message("a"), message("b")])
    older.close()
    is_writing, may_end = asyncio.Event(), threading.Event()
    write, take_over = Journal.write, Journal.take_over
    held: list[bool] = []

    def write_late(self: Journal, *arguments: Any) -> None:
        loop.call_soon_threadsafe(is_writing.set)
        assert may_end.wait(60)
        write(self, *arguments)

    def take(self: Journal, *arguments: Any) -> Any:
        held.append("a" in records.read(self.path).entries)
        return take_over(self, *arguments)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(Journal, "write", write_late)
    monkeypatch.setattr(Journal, "take_over", take)
    async with running(journal, owner) as task:
        task.save(message("first"))
        await is_writing.wait()
        task.save(message("a"))
        task.take_over(JournalTask(older, owner), {"a"})
        may_end.set()
        await owner.wait(lambda: any(isinstance(e, ev.Loaded) for e in owner.events))
        assert held == [True]
        assert records.read(journal.path).entries.keys() == {"first", "a", "b"}
        await owner.wait(lambda: not task.may_find_more)
        assert journals(tmp_path) == [journal.path]


async def test_what_was_handed_over_and_settled_does_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the older journal cannot be taken over yet, it is not adopted in the ordinary way."""
    monkeypatch.setattr(journal_task, "TOUCH_EVERY", 3600.0)

    class Typing(Owner):
        """Somebody types during the write of "first"."""

        def take_from_journal(self, event: Event) -> None:
            super().take_from_journal(event)
            if isinstance(event, ev.Saved) and event.ids == ("first",):
                task.save(message("typed"))

    journal, owner = Journal(tmp_path, KEY, "new"), Typing()
    async with running(journal, owner) as task:
        await owner.wait(lambda: not task.may_find_more)
        older = Journal(tmp_path, KEY, "new")
        older.write([message("a")])
        older.close()
        task.save(message("first"))
        task.take_over(JournalTask(older, owner), {"a"})
        await owner.wait(lambda: "typed" in owner.saved and not task.may_find_more)
        assert journals(tmp_path) == [journal.path]
    assert [e for e in owner.events if isinstance(e, ev.Loaded)] == []


async def test_an_erasure_loads_what_it_copied(tmp_path: Path) -> None:
    """Another account's messages in an orphan are in our journal now, and in the session."""
    living = Journal(tmp_path, KEY)
    living.write([replace(message("a"), account="A"), replace(message("c"), account="C")])
    owner = Owner()
    async with running(Journal(tmp_path, KEY), owner) as task:
        living.close()
        task.erase("A")
        await owner.wait(lambda: any(isinstance(e, ev.Loaded) for e in owner.events))
    (event,) = [e for e in owner.events if isinstance(e, ev.Loaded)]
    assert [m.id for m in event.entries] == ["c"]
    assert not living.path.exists()
