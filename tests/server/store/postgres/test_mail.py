"""Letters between nodes in parts of a bounded size."""

from __future__ import annotations

import pytest

from tutor_widget.server.store.peers import Piece, Wanted
from tutor_widget.server.store.postgres.mail import Inbox, Outbox
from tutor_widget.wire import Delta

TEXT = "x" * 40_000


def piece(text: str, from_: int = 0, fence: int = 1) -> Piece:
    return Piece(1, "here", fence, Delta(id="_r", re="m1", from_=from_, text=text))


def parts(*messages: Piece | Wanted) -> list[str]:
    outbox = Outbox()
    for message in messages:
        outbox.put("there", message)
    taken = outbox.take()
    assert not outbox.take()
    assert {node for node, _ in taken} == {"there"}
    return [part for _, part in taken]


@pytest.mark.parametrize("text", ["", TEXT, "é" * 40_000, "🙂" * 40_000, "\0" * 9_000, 'ab"\\' * 9])
def test_the_parts_of_a_letter_have_fewer_than_8000_bytes(text: str) -> None:
    """No two are equal, since PostgreSQL would deliver one of them only; together they are it."""
    letter: list[Piece | Wanted] = [piece(text), Wanted(2, "here")]
    made = parts(*letter)
    assert max(len(part.encode()) for part in made) < 8000
    assert len(set(made)) == len(made)
    inbox = Inbox()
    *heads, last = [inbox.take(part) for part in made]
    assert not any(heads)
    assert last == letter


@pytest.mark.parametrize("lost", [0, 2, 5])
def test_a_letter_of_which_a_part_is_lost_is_lost(lost: int) -> None:
    """And no other."""
    inbox = Inbox()
    made = parts(piece(TEXT))
    del made[lost]
    heard = [inbox.take(part) for part in (*made, *parts(piece("next")))]
    assert [letter for letter in heard if letter] == [[piece("next")]]


def test_only_what_joins_becomes_one() -> None:
    """Under the same claim, without a gap, in the same session."""
    one: list[Piece | Wanted] = [
        piece("one "),
        piece("two ", 4),
        piece("gap", 9),
        piece("anew"),
        piece("newer", 4, 2),
    ]
    inbox = Inbox()
    (part,) = parts(*one)
    assert inbox.take(part) == [piece("one two "), *one[2:]]


def test_what_cannot_be_sent_for_long_is_lost() -> None:
    """It has a bound. The node that misses it asks."""
    outbox = Outbox()
    for _ in range(5):
        outbox.put("there", piece("x" * (1 << 20)))
    outbox.put("there", piece("last"))
    (taken,) = outbox.take()
    assert Inbox().take(taken[1]) == [piece("last")]


def test_what_a_newer_version_tells_is_ignored() -> None:
    """During an update of one node after the other."""
    inbox = Inbox()
    assert inbox.take('1/1 [{"type":"greeting"}]') == []
    assert inbox.take("something else") == []
    (part,) = parts(piece("known"))
    assert inbox.take(part) == [piece("known")]
