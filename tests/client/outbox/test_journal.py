"""The journal: what is written is there after a kill, and what was settled is not."""

from __future__ import annotations

import json
import os
import time
import zlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.journals import KEY, journals, message, messages, orphan
from tutor_widget.client.outbox import journal, records
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.client.outbox.orphans import ORPHANED_AFTER
from tutor_widget.session import Request


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


def test_a_report_of_an_earlier_version_shares_nothing(tmp_path: Path) -> None:
    """It asked for no consent."""
    request = asdict(Request("r1", "report", 0, "_a", text="rude", share=True))
    del request["share"]
    path = tmp_path / "journal"
    path.write_bytes(records.line({"request": request}))
    assert records.read(path).entries == {"r1": Request("r1", "report", 0, "_a", text="rude")}


def test_an_empty_journal_leaves_no_file(tmp_path: Path) -> None:
    """When all is settled there is nothing on the disk."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    assert len(journals(tmp_path)) == 1
    box.write([], ["a"])
    assert journals(tmp_path) == []


def test_what_can_be_neither_recorded_as_settled_nor_deleted_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next owner would find the message: so the write fails, and the next one repairs it."""

    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", read_only)
        patch.setattr(Path, "unlink", read_only)
        for gone in (["a"], []):
            with pytest.raises(OSError, match="Read-only"):
                box.write([], gone)
    box.write([])
    assert journals(tmp_path) == []


def test_where_nothing_can_be_written_nothing_has_to_be_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal that never had a file writes nothing, and does not fail at that."""

    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", read_only)
    monkeypatch.setattr(os, "unlink", read_only)
    monkeypatch.setattr(Path, "unlink", read_only)
    box = Journal(tmp_path, KEY)
    box.write([])
    with pytest.raises(OSError, match="Read-only"):
        box.write([message("a")])
    box.write([], ["a"])
    assert box.is_empty


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_set_aside(tmp_path: Path, cut: int) -> None:
    """A kill in the middle of a write costs only what was never reported as written."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    box.write([message("b")])
    (path,) = journals(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    orphan(tmp_path)
    adopter = Journal(tmp_path, KEY)
    found, _ = adopter.adopt()
    assert [m.id for m in found] == ["a"]
    assert adopter.orphans.damaged == 1
    assert adopter.orphans.aside is not None
    assert b'"id":"b"' in adopter.orphans.aside.read_bytes()


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
    adopter = Journal(tmp_path, KEY)
    found, _ = adopter.adopt()
    assert ([m.id for m in found], adopter.orphans.damaged) == (["a"], 1)


def test_a_corrupted_line_is_set_aside_and_the_rest_is_read(tmp_path: Path) -> None:
    """A flipped byte costs one line, which is kept for inspection."""
    box = Journal(tmp_path, KEY)
    box.write([message("a")])
    box.write([message("b", "unique words")])
    box.write([message("c")])
    (path,) = journals(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"unique", b"uniqxe"))
    orphan(tmp_path)
    adopter = Journal(tmp_path, KEY)
    found, _ = adopter.adopt()
    assert [m.id for m in found] == ["a", "c"]
    assert adopter.orphans.damaged == 1
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
    """What is settled does not stay on the disk forever while something else waits."""
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


def test_a_version_without_codes_finds_a_sentence(tmp_path: Path) -> None:
    """It shows only the reason. What the server said stays as it is."""
    sentence = "The tutor breaks off each time this message arrives. Edit it, or discard it."
    set_aside = replace(message("a"), status="failed", code="breaks_connection")
    refused = replace(message("b"), status="failed", code="too_long", reason="Too long for me.")
    Journal(tmp_path, KEY).write([set_aside, refused])
    orphan(tmp_path)
    found, _ = Journal(tmp_path, KEY).adopt()
    assert [(m.code, m.reason) for m in messages(found)] == [
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
    adopter = Journal(tmp_path, KEY)
    found, _ = adopter.adopt()
    assert ([m.id for m in found], adopter.orphans.damaged) == (["a", "b"], 1)


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
