"""What is deleted with a conversation, and what is not."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.journals import KEY, journals, message, messages, orphan
from tutor_widget.client.outbox import records
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.session import Message


def of(account: str | None, *ids: str) -> list[Message]:
    return [replace(message(id), account=account) for id in ids]


def leave(folder: Path, messages: list[Message], writer: str | None = None) -> Path:
    """The journal of a process that has released it."""
    journal = Journal(folder, KEY, writer)
    journal.write(messages)
    journal.close()
    return journal.path


def full(*_: object) -> int:
    raise OSError(28, "No space left on device")


def test_others_messages_in_an_orphan_are_copied_before_it_goes(tmp_path: Path) -> None:
    """Nothing of the erased account stays in any file; the session learns of what was copied."""
    mixed = leave(tmp_path, [*of("A", "a"), *of("C", "c"), *of(None, "n")])
    journal = Journal(tmp_path, KEY)
    found, failure = journal.erase("A")
    assert ([(m.id, m.transmitted) for m in messages(found)], failure) == ([("c", True)], None)
    assert journals(tmp_path) == [journal.path] != [mixed]
    assert records.read(journal.path).entries.keys() == {"c"}
    assert b'"a"' not in journal.path.read_bytes()
    journal.write([], ["c"])
    assert journals(tmp_path) == []


def test_what_only_other_credentials_may_adopt_stays(tmp_path: Path) -> None:
    """Unless all of it is the erased account's: then it goes, whoever wrote it."""
    mixed = leave(tmp_path, [*of("A", "a"), *of("C", "c")], "an older token")
    unknown = leave(tmp_path, of(None, "n"), "an older token")
    whole = leave(tmp_path, of("A", "a2"), "an older token")
    before = mixed.read_bytes(), unknown.read_bytes()
    assert Journal(tmp_path, KEY, "a newer token").erase("A") == ([], None)
    assert (mixed.read_bytes(), unknown.read_bytes()) == before
    assert not whole.exists()


def test_on_a_full_disk_what_can_go_goes_and_the_rest_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What belongs to others is not lost meanwhile, and nothing of the erased comes back."""
    journal = Journal(tmp_path, KEY)
    journal.write([*of("A", "a"), *of("C", "c")])
    whole, mixed = leave(tmp_path, of("A", "a2")), leave(tmp_path, [*of("A", "a3"), *of("C", "c2")])
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        found, failure = journal.erase("A")
        assert [m.id for m in found] == ["c2"]
        assert isinstance(failure, OSError)
        assert failure.errno == 28
        assert not whole.exists()
        assert mixed.exists()
        assert journal.adopt("A") == ([], True)
        assert journal.erase().failure is not None
    journal.write(of("A", "written since"))
    assert journal.erase() == ([], None)
    assert journals(tmp_path) == [journal.path]
    assert records.read(journal.path).entries.keys() == {"c2", "c", "written since"}
    assert journal.adopt("A") == ([], False)


@pytest.mark.parametrize("is_settled", [False, True])
def test_a_file_that_cannot_be_deleted_is_deleted_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_settled: bool
) -> None:
    """The others go at once; until it has gone, its messages are not adopted."""
    stuck, other = leave(tmp_path, of("A", "a")), leave(tmp_path, of("A", "b"))
    if is_settled:
        with stuck.open("ab") as file:
            file.write(records.gone("a"))
    journal = Journal(tmp_path, KEY)
    journal.write(of("A", "own"))
    unlink = Path.unlink

    def fail(path: Path, missing_ok: bool = False) -> None:
        if path == stuck:
            raise PermissionError(1, "Operation not permitted")
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", fail)
        assert isinstance(journal.erase("A").failure, PermissionError)
        assert not other.exists()
        assert not journal.path.exists()
        assert journal.adopt("A") == ([], True)
    assert journal.erase() == ([], None)
    assert not stuck.exists()
    assert journal.adopt("A") == ([], False)


def test_an_orphan_that_cannot_be_read_is_erased_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold something of the conversation, so the erasure has not worked yet."""
    unreadable = leave(tmp_path, of("A", "a"))
    journal = Journal(tmp_path, KEY)

    def fail(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fail)
        failure = journal.erase("A").failure
        assert isinstance(failure, OSError)
        assert failure.errno == 5
    assert unreadable.exists()
    assert journal.erase() == ([], None)
    assert not unreadable.exists()


def test_what_a_living_process_is_writing_stays(tmp_path: Path) -> None:
    """Without its draft it could not replace its journal; a dead one's draft goes at once."""
    living = Journal(tmp_path, KEY)
    living.write(of("A", "a"))
    draft = living.path.with_suffix(".draft")
    draft.write_bytes(living.path.read_bytes())
    program = f"""
import os, pathlib
from tutor_widget.client.outbox import records
(pathlib.Path({str(tmp_path)!r}) / "{KEY}.dead.draft").write_bytes(records.owned())
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert Journal(tmp_path, KEY).erase("A") == ([], None)
    assert sorted(tmp_path.iterdir()) == sorted([draft, living.path])


def test_an_adopted_journal_whose_owner_woke_up_stays(tmp_path: Path) -> None:
    """It slept, and was not dead: it erases its own."""
    owner, adopter = Journal(tmp_path, KEY), Journal(tmp_path, KEY)
    owner.write(of("A", "a"))
    orphan(tmp_path)
    adopter.adopt("A")
    owner.touch()
    assert adopter.erase("A") == ([], None)
    assert journals(tmp_path) == [owner.path]
    assert adopter.adopt("A") == ([], False)
    assert owner.erase("A") == ([], None)
    assert journals(tmp_path) == []


def test_lines_that_could_not_be_read_go_with_what_they_came_from(tmp_path: Path) -> None:
    """Those that other credentials set aside stay, and those of a journal that stays."""
    asides = []
    for writer in ("alice's", "bob's"):
        path = leave(tmp_path, of(None, writer[0]), writer)
        with path.open("ab") as file:
            file.write(b"torn")
        journal = Journal(tmp_path, KEY, writer)
        journal.adopt()
        journal.write([], [writer[0]])
        asides.append(path.with_suffix(".damaged"))
    kept = leave(tmp_path, [*of("A", "a"), *of("C", "c")], "bob's").with_suffix(".damaged")
    kept.write_bytes(b"torn")
    assert all(path.exists() for path in asides)
    alice = Journal(tmp_path, KEY, "alice's")
    assert alice.erase("A") == ([], None)
    assert [path.exists() for path in asides] == [False, True]
    assert kept.exists()
