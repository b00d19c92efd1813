"""Journals belong to accounts."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.journals import KEY, journals, message, messages, orphan
from tutor_widget.client.outbox import records
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.session import Message

BY_0_1 = (
    b'aae342d1 {"owner":{"machine":"89e6808d-fd5e-4ddf-b291-e82313144204 pid:[4026531836]",'
    b'"pid":8413,"started":1795889756.4}}\n'
    b'52233985 {"put":{"id":"m1","text":"\\u00e9t\\u00e9","at":1700000000000,'
    b'"context":{"cell":"1/0"},"status":"queued","reason":"","transmitted":false}}\n'
    b'10bb7ead {"put":{"id":"m2","text":"two","at":1700000000001,"context":null,'
    b'"status":"queued","reason":"","transmitted":false}}\n'
    b'd28dcdf6 {"gone":"m2"}\n'
    b'475dd1d1 {"put":{"id":"m3","text":"three","at":1700000000002,"context":null,'
    b'"status":"failed","reason":"Too long.","transmitted":false}}\n'
    b'3caf538f {"owner":null}\n'
)
"""A journal as version 0.1 wrote it."""


def test_a_journal_of_version_0_1_is_adopted(tmp_path: Path) -> None:
    """Its messages belong to nobody yet."""
    (tmp_path / f"{KEY}.39661080a30d4d3d.journal").write_bytes(BY_0_1)
    box = Journal(tmp_path, KEY, "alice's")
    found, remain = box.adopt()
    assert not remain
    assert found == [
        Message("m1", "été", 1700000000000, {"cell": "1/0"}, "queued", "", True),
        Message("m3", "three", 1700000000002, None, "failed", "Too long.", True),
    ]
    assert box.orphans.damaged == 0


def test_an_account_survives_in_the_journal(tmp_path: Path) -> None:
    """Messages of several accounts keep them, from life to life."""
    first = Journal(tmp_path, KEY)
    first.write([replace(message("a"), account="A"), replace(message("b"), account="B")])
    first.write([replace(message("b"), account="B2"), message("c")])
    first.close()
    second = Journal(tmp_path, KEY)
    found, _ = second.adopt()
    assert {m.id: m.account for m in found} == {"a": "A", "b": "B2", "c": None}
    second.close()
    found, _ = Journal(tmp_path, KEY).adopt()
    assert {m.id: m.account for m in found} == {"a": "A", "b": "B2", "c": None}


def test_what_was_written_with_other_credentials_here_is_left_alone(tmp_path: Path) -> None:
    """However free it is; who has the same takes it at once."""
    alice = Journal(tmp_path, KEY, "alice's")
    alice.write([message("a")])
    alice.close()
    orphan(tmp_path)
    for account in (None, "B"):
        assert Journal(tmp_path, KEY, "bob's").adopt(account) == ([], False)
    found, _ = Journal(tmp_path, KEY, "alice's").adopt()
    assert [m.id for m in found] == ["a"]


@pytest.mark.parametrize(
    ("accounts", "is_adopted"),
    [(["A", "A"], True), (["A", None], False), (["A", "B"], False), (["B", "B"], False)],
)
def test_what_is_all_of_the_welcomed_account_is_its_own(
    tmp_path: Path, accounts: list[str | None], is_adopted: bool
) -> None:
    """Whatever it was written with; before the welcome nobody can know."""
    older = Journal(tmp_path, KEY, "an older token")
    older.write([replace(message(f"m{n}"), account=of) for n, of in enumerate(accounts)])
    older.close()
    newer = Journal(tmp_path, KEY, "a newer token")
    assert newer.adopt() == ([], False)
    found, _ = newer.adopt("A")
    assert [m.id for m in found] == (["m0", "m1"] if is_adopted else [])


def of(account: str, *ids: str) -> list[Message]:
    return [replace(message(id), account=account) for id in ids]


def test_what_was_handed_over_is_in_one_journal(tmp_path: Path) -> None:
    """A message that is taken back does not come back in the next kernel, neither from the journal
    of the older credentials nor from one that these had adopted, though others wait in both."""
    first = Journal(tmp_path, KEY, "an older token")
    first.write([*of("A", "a1"), *of("C", "c1")])
    first.close()
    older, newer = Journal(tmp_path, KEY, "an older token"), Journal(tmp_path, KEY, "a newer token")
    found, _ = older.adopt("A")
    older.write([*of("A", "a2"), *of("C", "c2"), *of("A", "not handed over")])
    newer.write([*found, *of("A", "a2"), *of("C", "c2")])
    newer.write([], ["a2"])
    older.close()
    taken, is_gone = newer.take_over(older, {"a1", "c1", "a2", "c2"})
    assert ([(m.id, m.transmitted) for m in messages(taken)], is_gone) == (
        [("not handed over", True)],
        True,
    )
    assert journals(tmp_path) == sorted([first.path, newer.path])
    assert records.read(newer.path).entries.keys() == {"not handed over", "a1", "c1", "c2"}
    newer.write([], ["a1", "c1"])
    assert journals(tmp_path) == [newer.path]


@pytest.mark.parametrize("moment", ["before the handover", "after it"])
def test_what_an_older_journal_had_adopted_goes_when_all_of_it_is_settled(
    tmp_path: Path, moment: str
) -> None:
    """Also if that was between the handover and the taking of the journal."""
    first = Journal(tmp_path, KEY, "an older token")
    first.write([*of("A", "a"), *of("C", "c")])
    first.close()
    older, newer = Journal(tmp_path, KEY, "an older token"), Journal(tmp_path, KEY, "a newer token")
    found, _ = older.adopt("A")
    newer.write(found)
    older.close()
    if moment == "before the handover":
        newer.write([], ["a", "c"])
    assert newer.take_over(older, {"a", "c"}) == ([], True)
    newer.write([], ["a", "c"])
    assert journals(tmp_path) == []


def test_an_older_journal_stays_while_the_newer_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost if the process is killed then."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    older, newer = Journal(tmp_path, KEY, "an older token"), Journal(tmp_path, KEY, "a newer token")
    older.write([*of("A", "a"), *of("C", "c")])
    older.close()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="space"):
            newer.write(of("A", "a"))
        taken, is_gone = newer.take_over(older, {"a"})
        assert ([m.id for m in taken], is_gone) == (["c"], False)
    assert records.read(older.path).entries.keys() == {"a", "c"}
    assert newer.take_over(older, {"a"}) == ([], True)
    assert journals(tmp_path) == [newer.path]
    assert records.read(newer.path).entries.keys() == {"a", "c"}


def test_no_journal_holds_anything_of_the_credentials(tmp_path: Path) -> None:
    """Neither in its name nor in it."""
    box = Journal(tmp_path, KEY, "s3cret")
    box.write([message("a")])
    box.close()
    (path,) = journals(tmp_path)
    assert "s3cret" not in path.name
    assert b"s3cret" not in path.read_bytes()
    digits = path.name.split(".")[1]
    other = Journal(tmp_path, KEY, "s3cret")
    other.write([message("b")])
    assert len([p for p in journals(tmp_path) if digits in p.name]) == 1  # chance, not a digest


def test_an_erasure_spares_what_belongs_to_others(tmp_path: Path) -> None:
    """In the own journal, in one that was adopted, and in one of other credentials."""
    dead, bobs = Journal(tmp_path, KEY, "alice's"), Journal(tmp_path, KEY, "bob's")
    dead.write([replace(message("d"), account="A"), replace(message("e"), account="C")])
    dead.close()
    box = Journal(tmp_path, KEY, "alice's")
    box.adopt()
    bobs.write([message("b")])
    bobs.close()
    box.write([replace(message("a"), account="A"), replace(message("o"), account="C")])
    box.write([message("n")])
    box.erase("A")
    box.close()
    assert [m.id for m in Journal(tmp_path, KEY, "bob's").adopt()[0]] == ["b"]
    assert [m.id for m in Journal(tmp_path, KEY, "alice's").adopt()[0]] == ["e", "o"]


def test_an_erasure_of_no_known_account_spares_what_any_account_has(tmp_path: Path) -> None:
    """In the own journal and in an orphan. What was written before any welcome goes."""
    dead = Journal(tmp_path, KEY)
    dead.write([replace(message("o"), account="B"), message("n")])
    dead.close()
    box = Journal(tmp_path, KEY)
    box.write([replace(message("a"), account="A"), message("b")])
    assert [m.id for m in box.erase(None).found] == ["o"]
    assert journals(tmp_path) == [box.path]
    assert records.read(box.path).entries.keys() == {"o", "a"}
