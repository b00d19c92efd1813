"""Poison detection by itself: strikes, suspects, and what one queue hands to another."""

from __future__ import annotations

from tutor_widget.session import Ending, Kind
from tutor_widget.session.poison import SET_ASIDE_AT, PoisonDetector, Strike

BAD_FRAME = Ending(Kind.CLOSED, 1008)
NONE: frozenset[str] = frozenset()


def test_a_close_frame_makes_everything_in_flight_a_suspect() -> None:
    """So the queue sends them alone, and the next close frame names the culprit."""
    poison = PoisonDetector()
    assert poison.strike(BAD_FRAME, {"a": 0.0, "b": 0.0}, 1.0, NONE) == Strike(True, [])
    assert [poison.suspects(id) for id in ("a", "b", "c")] == [True, True, False]
    assert poison.strike(BAD_FRAME, {"b": 2.0}, 3.0, NONE) == Strike(True, ["b"])
    assert [poison.suspects(id) for id in ("a", "b")] == [True, False]


def test_a_message_that_is_withdrawn_is_never_set_aside() -> None:
    """As failed it could be sent again, although the learner took it back."""
    poison = PoisonDetector()
    for n in range(SET_ASIDE_AT + 1):
        assert poison.strike(BAD_FRAME, {"a": n}, n, {"a"}) == Strike(True, [])


def test_a_cleared_message_begins_anew() -> None:
    """Neither its strikes nor its suspicion count any more."""
    poison = PoisonDetector()
    poison.strike(BAD_FRAME, {"a": 0.0}, 0.0, NONE)
    poison.clear("a")
    assert not poison.suspects("a")
    assert poison.strike(BAD_FRAME, {"a": 1.0}, 1.0, NONE) == Strike(True, [])


def test_suspects_and_strikes_go_with_their_messages_to_another_queue() -> None:
    """And only those: what stays behind is no business of the other queue."""
    older, newer = PoisonDetector(), PoisonDetector()
    older.strike(BAD_FRAME, {"a": 0.0, "b": 0.0}, 0.0, NONE)
    newer.inherit(older, {"a"})
    assert [newer.suspects(id) for id in ("a", "b")] == [True, False]
    assert newer.strike(BAD_FRAME, {"b": 1.0}, 1.0, NONE) == Strike(True, [])
    assert newer.strike(BAD_FRAME, {"a": 1.0}, 1.0, NONE) == Strike(True, ["a"])
