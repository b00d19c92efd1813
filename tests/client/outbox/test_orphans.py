"""Which journals are adopted, when, and when they are deleted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.journals import KEY, journals, message, messages, orphan
from tutor_widget.client.outbox import journal, records
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.client.outbox.orphans import ORPHANED_AFTER


def test_a_journal_is_adopted_by_the_next_process(tmp_path: Path) -> None:
    """What one process wrote, the next one finds, in order, as possibly transmitted."""
    Journal(tmp_path, KEY).write([message("a", "één\n\u2028", 1), message("b", at=2)])
    orphan(tmp_path)
    found, remain = Journal(tmp_path, KEY).adopt()
    assert [(m.id, m.text, m.transmitted) for m in messages(found)] == [
        ("a", "één\n\u2028", True),
        ("b", "hello", True),
    ]
    assert not remain


def test_a_clock_set_back_changes_no_order(tmp_path: Path) -> None:
    """What was typed later comes later, whatever the clock on the wall said."""
    first = Journal(tmp_path, KEY)
    first.write([message("a", at=1000), message("b", at=10), message("c", at=20)])
    first.close()
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [m.id for m in found] == ["a", "b", "c"]


def test_a_settled_message_is_not_found_again(tmp_path: Path) -> None:
    """Only what is alive comes back."""
    first = Journal(tmp_path, KEY)
    first.write([message("a"), message("b")])
    first.write([], ["a"])
    first.close()
    orphan(tmp_path)
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [m.id for m in found] == ["b"]


def test_an_orphan_is_deleted_only_when_all_of_it_is_settled(tmp_path: Path) -> None:
    """The adopted file stays as long as one of its messages is alive."""
    Journal(tmp_path, KEY).write([message("a"), message("b")])
    orphan(tmp_path)
    (old,) = journals(tmp_path)
    adopter = Journal(tmp_path, KEY)
    adopter.adopt()
    adopter.write([], ["a"])
    assert old.exists()
    adopter.write([], ["b"])
    assert not old.exists()
    assert journals(tmp_path) == []


def test_what_an_owner_writes_after_it_slept_outlives_its_adoption(tmp_path: Path) -> None:
    """Taken for dead, it writes on; the adopter settles what it took, and the rest stays."""
    owner, adopter = Journal(tmp_path, KEY), Journal(tmp_path, KEY)
    owner.write([message("a")])
    orphan(tmp_path)
    adopter.adopt()
    owner.write([message("b")])
    adopter.write([], ["a"])
    orphan(tmp_path)  # and dies
    found, _ = Journal(tmp_path, KEY).adopt()
    assert "b" in [m.id for m in found]


@pytest.mark.parametrize("moment", ["before it is looked at", "after"])
def test_what_an_owner_writes_while_its_journal_goes_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whichever comes first: its file, or a new one, holds it."""
    owner, adopter = Journal(tmp_path, KEY), Journal(tmp_path, KEY)
    owner.write([message("a")])
    orphan(tmp_path)
    adopter.adopt()
    read = records.read

    def look(path: Path) -> Any:
        if moment == "after":
            seen = read(path)
            owner.write([message("b")])
            return seen
        owner.write([message("b")])
        return read(path)

    monkeypatch.setattr(records, "read", look)
    adopter.write([], ["a"])
    monkeypatch.undo()
    owner.write([message("c")])
    (path,) = journals(tmp_path)
    assert {"b", "c"} <= read(path).entries.keys()
    owner.write([], ["a", "b", "c"])
    assert journals(tmp_path) == []


def test_an_adopter_has_not_lapsed(tmp_path: Path) -> None:
    """What it adopted a moment ago is its own."""
    Journal(tmp_path, KEY).write([message("a")])
    orphan(tmp_path)
    adopter = Journal(tmp_path, KEY)
    adopter.adopt()
    assert not adopter.lapsed


def test_a_living_owners_journal_is_left_alone(tmp_path: Path) -> None:
    """A process that runs on this machine keeps its journal."""
    Journal(tmp_path, KEY).write([message("a")])
    found, remain = Journal(tmp_path, KEY).adopt()
    assert found == []
    assert remain


def test_a_killed_owners_journal_is_adopted_at_once(tmp_path: Path) -> None:
    """SIGKILL right after the write: the message is there, and nobody waits two minutes for it."""
    program = f"""
import os, signal, pathlib
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.session import Message
Journal(pathlib.Path({str(tmp_path)!r}), {KEY!r}).write([Message("a", "x", 1, status="queued")])
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [m.id for m in found] == ["a"]


def test_a_journal_let_go_is_adopted_at_once(tmp_path: Path) -> None:
    """Its owner may live on, as a kernel does whose chat was closed and is made again."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    box.close()
    found, remain = Journal(tmp_path, KEY).adopt()
    assert ([m.id for m in found], remain) == (["a"], False)


def test_a_journal_that_cannot_be_read_now_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the disk is no reason to delete it: it is tried again later."""
    Journal(tmp_path, KEY).write([message("a")])
    orphan(tmp_path)
    adopter = Journal(tmp_path, KEY)

    def fail(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fail)
        assert adopter.adopt() == ([], True)
    found, _ = adopter.adopt()
    assert [m.id for m in found] == ["a"]


def test_a_journal_of_the_future_is_adopted(tmp_path: Path) -> None:
    """A clock that was set forward and back must not hide it for as long."""
    Journal(tmp_path, KEY).write([message("a")])
    (path,) = journals(tmp_path)
    future = time.time() + 10 * ORPHANED_AFTER
    path.write_bytes(path.read_bytes().replace(b'"machine"', b'"elsewhere"'))
    os.utime(path, (future, future))
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [m.id for m in found] == ["a"]


@pytest.mark.parametrize("error", [psutil.AccessDenied(), PermissionError(), RuntimeError("/proc")])
def test_where_processes_cannot_be_looked_at_nothing_is_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Writing works, and a fresh journal counts as its owner's until it has lain untouched."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(psutil, "Process", fail)
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    adopter = Journal(tmp_path, KEY)
    assert adopter.adopt() == ([], True)
    orphan(tmp_path)
    assert [m.id for m in adopter.adopt()[0]] == ["a"]


def test_two_adopters_of_one_journal_harm_nothing(tmp_path: Path) -> None:
    """Both copy it; it goes when the first has settled all, and the other's copy goes on."""
    Journal(tmp_path, KEY).write([message("a")])
    orphan(tmp_path)
    one, other = Journal(tmp_path, KEY), Journal(tmp_path, KEY)
    assert [m.id for m in one.adopt()[0]] == [m.id for m in other.adopt()[0]] == ["a"]
    one.write([], ["a"])
    assert len(journals(tmp_path)) == 1
    other.write([], ["a"])
    assert journals(tmp_path) == []


def test_an_owner_that_slept_knows_that_it_may_have_been_adopted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lapses when it was not touched for long, and not while there was nothing in it."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    box = Journal(tmp_path, KEY)
    assert not box.lapsed
    box.write([message("a")])
    now += journal.TOUCH_EVERY
    assert not box.lapsed
    now += ORPHANED_AFTER
    assert box.lapsed
    box.touch()
    assert not box.lapsed


def test_an_owner_whose_writes_fail_knows_that_it_may_have_been_adopted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For others its file stays as it was; an attempt to write does not count as a touch."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    box = Journal(tmp_path, KEY)
    box.write([message("a")])

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        for function in ("write", "utime"):
            patch.setattr(os, function, full)
        for id in "bcd":
            now += journal.TOUCH_EVERY
            with pytest.raises(OSError, match="space"):
                box.write([message(id)])
            box.touch()
    assert box.lapsed
    box.write([])
    assert not box.lapsed


def test_what_was_never_written_cannot_have_been_adopted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither before the first file nor after one in which all was settled."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    box = Journal(tmp_path, KEY)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for id in "ab":
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            with pytest.raises(OSError, match="space"):
                box.write([message(id)])
        now += ORPHANED_AFTER
        assert not box.lapsed
        box.write([message(id)])
        box.write([], [id])


def test_a_write_of_nothing_touches(tmp_path: Path) -> None:
    """However often the journal's task is woken, no other process takes its journal."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    orphan(tmp_path)
    box.write([])
    assert Journal(tmp_path, KEY).adopt() == ([], True)
