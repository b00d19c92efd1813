"""What a node knows of a reply, from frames that may be late, twice or lost."""

from __future__ import annotations

import pytest

from tutor_widget.server.sessions.reply import Reply
from tutor_widget.wire import Answering, Delta

BEGUN = Answering(re="m1")
HELD = Answering(re="m1", held=True)


def piece(from_: int, text: str, reply_id: str = "_a") -> Delta:
    return Delta(id=reply_id, re="m1", from_=from_, text=text)


def under_way() -> Reply:
    """A reply under the fence 5, of which "one two" is known."""
    reply = Reply("m1")
    assert reply.take(BEGUN, 5)
    assert reply.take(piece(0, "one "), 5)
    assert reply.take(piece(4, "two"), 5)
    return reply


def test_pieces_make_the_text_so_far() -> None:
    """It is told as one delta from 0, and before the first piece as `answering`."""
    reply = Reply("m1")
    assert not reply.under_way
    assert reply.take(BEGUN, 5)
    assert reply.under_way
    assert reply.latest() == BEGUN
    assert under_way().latest() == piece(0, "one two")


@pytest.mark.parametrize(
    ("frame", "fence"),
    [
        (piece(4, "two"), 5),  # twice
        (piece(8, "four"), 5),  # after one that was lost
        (piece(7, " three", "_b"), 5),  # of another reply
        (piece(0, "one "), 5),  # the text so far, from before
        (piece(7, " three"), 4),  # of a claim that has lost its lease
        (piece(0, "other", "_b"), 4),
        (piece(7, " three"), 6),  # of a newer claim, not from its beginning
        (BEGUN, 5),
        (BEGUN, 4),
        (Answering(re="m1", place=1), 0),  # of a queue elsewhere
    ],
)
def test_what_does_not_join_changes_nothing(frame: Answering | Delta, fence: int) -> None:
    """It is ignored, and the next piece that joins is taken."""
    reply = under_way()
    assert not reply.take(frame, fence)
    assert reply.take(piece(7, " three"), 5)
    assert reply.latest() == piece(0, "one two three")


def test_the_text_so_far_closes_a_gap() -> None:
    """What is new of it is told, and later pieces join it."""
    reply = under_way()
    assert not reply.take(piece(13, " four"), 5)
    assert reply.take(piece(0, "one two three four"), 5) == piece(7, " three four")
    assert reply.take(piece(18, " five"), 5)
    assert reply.latest() == piece(0, "one two three four five")


@pytest.mark.parametrize("order", [(0, 6, 12), (12, 6, 0, 6, 12), (6, 0, 12), (0, 12, 6, 12)])
def test_the_text_so_far_may_come_in_parts_in_any_order(order: tuple[int, ...]) -> None:
    """Also if a part ends, or begins, within what is known."""
    reply, whole = under_way(), "one two three four"
    told = [reply.take(piece(from_, whole[from_ : from_ + 6]), 5) for from_ in order]
    shown = [delta.text for delta in told if isinstance(delta, Delta)]
    assert "".join(shown) == whole[7:]
    assert reply.latest() == piece(0, whole)


def test_a_newer_claim_begins_afresh() -> None:
    """By its first piece too, if its `answering` was lost; the older one is told no more."""
    reply = under_way()
    assert reply.take(piece(0, "anew", "_b"), 6)
    assert not reply.take(piece(7, " three"), 5)
    assert reply.latest() == piece(0, "anew", "_b")


def test_a_place_is_told_when_it_changes() -> None:
    """One that waits is not under way, and has its place until it begins."""
    reply = Reply("m1")
    assert reply.take(Answering(re="m1", place=3), 0)
    assert not reply.take(Answering(re="m1", place=3), 0)
    assert reply.take(Answering(re="m1", place=2), 0)
    assert (reply.under_way, reply.latest()) == (False, Answering(re="m1", place=2))
    assert reply.take(BEGUN, 1)
    assert (reply.under_way, reply.latest()) == (True, BEGUN)


def test_a_held_reply_stays_held() -> None:
    """It is durable: only its event ends it. Nothing of its text is told."""
    reply = under_way()
    assert reply.take(HELD, 0)
    assert (reply.under_way, reply.latest()) == (False, HELD)
    for frame, fence in ((HELD, 0), (BEGUN, 6), (piece(7, " three"), 5), (piece(0, "x"), 6)):
        assert not reply.take(frame, fence)
    assert reply.latest() == HELD
