"""The journal: what is written is there after a kill, and what was settled is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.journals import KEY, journals, message, orphan
from tutor_widget.client.storage import journal, records
from tutor_widget.client.storage.journal import Journal
from tutor_widget.client.storage.orphans import ORPHANED_AFTER


def test_a_journal_is_adopted_by_the_next_process(tmp_path: Path) -> None:
    """What one process wrote, the next one finds, in order, as possibly transmitted."""
    Journal(tmp_path, KEY).write([message("a", "één\n\u2028", 1), message("b", at=2)])
    orphan(tmp_path)
    found, remain = Journal(tmp_path, KEY).adopt()
    assert [(m.id, m.text, m.transmitted) for m in found] == [
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


def test_what_was_settled_while_the_disk_was_full_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleting works where writing does not."""

    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="space"):
            box.write([message("b")])
        box.write([], ["a", "b"])
    assert journals(tmp_path) == []


def test_a_draft_of_one_who_was_killed_does_not_stay(tmp_path: Path) -> None:
    """It holds what a learner wrote; a fresh one may still be in use."""
    old, fresh = tmp_path / f"{KEY}.1.draft", tmp_path / f"{KEY}.2.draft"
    for draft in (old, fresh):
        draft.write_text("what a learner wrote")
    past = time.time() - ORPHANED_AFTER - 1
    os.utime(old, (past, past))
    Journal(tmp_path, KEY).adopt()
    assert not old.exists()
    assert fresh.exists()


def test_a_settled_message_is_not_found_again(tmp_path: Path) -> None:
    """Only what is alive comes back."""
    first = Journal(tmp_path, KEY)
    first.write([message("a"), message("b")])
    first.write([], ["a"])
    first.close()
    orphan(tmp_path)
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [m.id for m in found] == ["b"]


def test_an_empty_journal_leaves_no_file(tmp_path: Path) -> None:
    """When all is settled there is nothing on the disk."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    assert len(journals(tmp_path)) == 1
    box.write([], ["a"])
    assert journals(tmp_path) == []


def test_an_orphan_is_deleted_only_when_all_of_it_is_settled(tmp_path: Path) -> None:
    """The adopted file stays as long as one of its messages is alive."""
    Journal(tmp_path, KEY).write([message("a"), message("b")])
    orphan(tmp_path)
    (old,) = journals(tmp_path)
    heir = Journal(tmp_path, KEY)
    heir.adopt()
    heir.write([], ["a"])
    assert old.exists()
    heir.write([], ["b"])
    assert not old.exists()
    assert journals(tmp_path) == []


def test_what_an_owner_writes_after_it_slept_outlives_its_adoption(tmp_path: Path) -> None:
    """Taken for dead, it writes on; the heir settles what it took, and the rest is still there."""
    owner, heir = Journal(tmp_path, KEY), Journal(tmp_path, KEY)
    owner.write([message("a")])
    orphan(tmp_path)
    heir.adopt()
    owner.write([message("b")])
    heir.write([], ["a"])
    orphan(tmp_path)  # and dies
    found, _ = Journal(tmp_path, KEY).adopt()
    assert "b" in [m.id for m in found]


@pytest.mark.parametrize("moment", ["before it is looked at", "after"])
def test_what_an_owner_writes_while_its_journal_goes_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whichever comes first: its file, or a new one, holds it."""
    owner, heir = Journal(tmp_path, KEY), Journal(tmp_path, KEY)
    owner.write([message("a")])
    orphan(tmp_path)
    heir.adopt()
    read = records.read

    def look(path: Path) -> Any:
        if moment == "after":
            seen = read(path)
            owner.write([message("b")])
            return seen
        owner.write([message("b")])
        return read(path)

    monkeypatch.setattr(records, "read", look)
    heir.write([], ["a"])
    monkeypatch.undo()
    owner.write([message("c")])
    (path,) = journals(tmp_path)
    assert {"b", "c"} <= read(path).messages.keys()
    owner.write([], ["a", "b", "c"])
    assert journals(tmp_path) == []


def test_an_heir_has_not_lapsed(tmp_path: Path) -> None:
    """What it adopted a moment ago is its own."""
    Journal(tmp_path, KEY).write([message("a")])
    orphan(tmp_path)
    heir = Journal(tmp_path, KEY)
    heir.adopt()
    assert not heir.lapsed


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
from tutor_widget.client.storage.journal import Journal
from tutor_widget.session import Message
Journal(pathlib.Path({str(tmp_path)!r}), {KEY!r}).write([Message("a", "x", 1, status="queued")])
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [m.id for m in found] == ["a"]


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_set_aside(tmp_path: Path, cut: int) -> None:
    """A kill in the middle of a write costs only what was never reported as written."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    box.write([message("b")])
    (path,) = journals(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    orphan(tmp_path)
    heir = Journal(tmp_path, KEY)
    found, _ = heir.adopt()
    assert [m.id for m in found] == ["a"]
    assert heir.orphans.damaged == 1
    assert heir.orphans.aside is not None
    assert b'"id":"b"' in heir.orphans.aside.read_bytes()


@pytest.mark.parametrize(
    "record", [{"gone": ["a"]}, {"owner": [1]}, {"owner": "me"}, {"put": "a"}, ["put"], 7, None]
)
def test_a_record_of_another_shape_is_set_aside(tmp_path: Path, record: object) -> None:
    """Its checksum is right, its types are not: it costs no other message."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    (path,) = journals(tmp_path)
    body = json.dumps(record).encode()
    with path.open("ab") as file:
        file.write(b"%08x %s\n" % (zlib.crc32(body), body))
    orphan(tmp_path)
    heir = Journal(tmp_path, KEY)
    found, _ = heir.adopt()
    assert ([m.id for m in found], heir.orphans.damaged) == (["a"], 1)


def test_a_corrupted_line_is_set_aside_and_the_rest_is_read(tmp_path: Path) -> None:
    """A flipped byte costs one line, which is kept for inspection."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    box.write([message("b", "unique words")])
    box.write([message("c")])
    (path,) = journals(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"unique", b"uniqxe"))
    orphan(tmp_path)
    heir = Journal(tmp_path, KEY)
    found, _ = heir.adopt()
    assert [m.id for m in found] == ["a", "c"]
    assert heir.orphans.damaged == 1
    assert b"uniqxe words" in path.with_suffix(".damaged").read_bytes()


def test_files_are_private(tmp_path: Path) -> None:
    """Folder 0700, files 0600."""
    folder = tmp_path / "outbox"
    Journal(folder, KEY).write([message("a")])
    (path,) = journals(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_stolen_journal_is_written_anew(tmp_path: Path) -> None:
    """If an adopter deleted our file, the next write makes one that holds all that is alive."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    (path,) = journals(tmp_path)
    path.unlink()
    box.write([message("b")])
    box.close()
    orphan(tmp_path)
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [m.id for m in found] == ["a", "b"]


def test_a_bloated_journal_is_compacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is settled does not stay on the disk for ever while something else waits."""
    monkeypatch.setattr(journal, "COMPACT_FROM", 4096)
    box = Journal(tmp_path, KEY)
    box.write([message("waits")])
    for number in range(100):
        box.write([message(f"m{number}", "x" * 100)])
        box.write([], [f"m{number}"])
    (path,) = journals(tmp_path)
    assert path.stat().st_size < 3 * 4096
    box.close()
    orphan(tmp_path)
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [m.id for m in found] == ["waits"]


def test_an_error_of_the_disk_is_raised_and_the_next_write_repairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a full disk, everything alive is written again once there is room."""
    box = Journal(tmp_path, KEY)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            box.write([message("a")])
    box.write([message("b")])
    box.close()
    orphan(tmp_path)
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [m.id for m in found] == ["a", "b"]


def test_a_journal_let_go_is_adopted_at_once(tmp_path: Path) -> None:
    """Its owner may live on, as a kernel does whose chat was closed and is made again."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    box.close()
    found, remain = Journal(tmp_path, KEY).adopt()
    assert ([m.id for m in found], remain) == (["a"], False)


def test_a_version_without_codes_finds_a_sentence(tmp_path: Path) -> None:
    """It shows only the reason. What the server said stays as it is."""
    sentence = "The tutor breaks off each time this message arrives. Edit it, or discard it."
    set_aside = replace(message("a"), status="failed", code="breaks_connection")
    refused = replace(message("b"), status="failed", code="too_long", reason="Too long for me.")
    Journal(tmp_path, KEY).write([set_aside, refused])
    orphan(tmp_path)
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [(m.code, m.reason) for m in found] == [
        ("breaks_connection", sentence),
        ("too_long", "Too long for me."),
    ]


def test_a_journal_of_another_version_is_read(tmp_path: Path) -> None:
    """Keys that are not known here are ignored, and what is no message is set aside."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    (path,) = journals(tmp_path)
    later = asdict(message("b")) | {"colour": "red"}
    broken = {"id": "c", "text": 7}
    with path.open("ab") as file:
        file.writelines(records.line({"put": put}) for put in (later, broken))
    orphan(tmp_path)
    heir = Journal(tmp_path, KEY)
    found, _ = heir.adopt()
    assert ([m.id for m in found], heir.orphans.damaged) == (["a", "b"], 1)


def test_a_journal_that_cannot_be_read_now_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the disk is no reason to delete it: it is tried again later."""
    Journal(tmp_path, KEY).write([message("a")])
    orphan(tmp_path)
    heir = Journal(tmp_path, KEY)

    def fail(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fail)
        assert heir.adopt() == ([], True)
    found, _ = heir.adopt()
    assert [m.id for m in found] == ["a"]


def test_a_journal_stolen_during_a_write_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is reported as written is in a file that others find."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    (path,) = journals(tmp_path)
    fsync = os.fsync

    def steal(fd: int) -> None:
        fsync(fd)
        monkeypatch.setattr(os, "fsync", fsync)
        path.unlink()

    monkeypatch.setattr(os, "fsync", steal)
    box.write([message("b")])
    orphan(tmp_path)
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [m.id for m in found] == ["a", "b"]


def test_no_open_file_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to."""
    opened: list[int] = []
    real_open, real_close, replace = os.open, os.close, Path.replace

    def open_(*arguments: Any) -> int:
        opened.append(real_open(*arguments))
        return opened[-1]

    def close(fd: int) -> None:
        opened.remove(fd)
        real_close(fd)

    monkeypatch.setattr(os, "open", open_)
    monkeypatch.setattr(os, "close", close)

    def rename(self: Path, target: Path) -> Path:
        assert opened == []
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", rename)
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    box.write([message("b")])
    box.close()
    assert opened == []


def test_the_folder_around_it_is_private_too(tmp_path: Path) -> None:
    """Both are made with mode 0700."""
    Journal(tmp_path / "tutor_widget" / "outbox", KEY).write([message("a")])
    assert (tmp_path / "tutor_widget").stat().st_mode & 0o777 == 0o700


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
    heir = Journal(tmp_path, KEY)
    assert heir.adopt() == ([], True)
    orphan(tmp_path)
    assert [m.id for m in heir.adopt()[0]] == ["a"]


def test_two_heirs_of_one_journal_harm_nothing(tmp_path: Path) -> None:
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


def test_erasing_leaves_nothing_of_the_dead(tmp_path: Path) -> None:
    """What the dead have left of the session goes too; the living's and other sessions' stay."""
    Journal(tmp_path, KEY).write([message("a")])
    orphan(tmp_path)
    living = Journal(tmp_path, KEY)
    living.write([message("b")])
    Journal(tmp_path, "another").write([message("c")])
    box = Journal(tmp_path, KEY)
    box.write([message("d")])
    box.erase(None)
    assert sorted(path.name.partition(".")[0] for path in tmp_path.iterdir()) == [KEY, "another"]


def test_a_kill_at_any_byte_of_a_compaction_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is alive is in the old file until it is in the new one."""

    class Killed(BaseException):
        pass

    write = os.write
    left = 0

    def dying(fd: int, data: bytes) -> int:
        nonlocal left
        done = write(fd, data[:left])
        left -= done
        if not left:
            raise Killed
        return done

    monkeypatch.setattr(os, "fsync", lambda fd: None)  # a kill takes nothing that was written
    for size in range(1, 1000):
        folder = tmp_path / str(size)
        box = Journal(folder, KEY)
        box.write([message("a"), message("b"), message("c")])
        box.write([], ["b"])
        left = size
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", dying)
            try:
                box._rewrite()
            except Killed:
                pass
            else:
                assert size > 300
                return
        orphan(folder)
        found, _ = Journal(folder, KEY).adopt()
        assert [m.id for m in found] == ["a", "c"]
    raise AssertionError("the rewriting never came to its end")
