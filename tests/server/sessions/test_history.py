"""The order in which a tutor reads the conversation."""

from __future__ import annotations

from tutor_widget.server.sessions.history import as_dialogue
from tutor_widget.wire import Event


def event(seq: int, event_id: str, re: str | None = None) -> Event:
    role = "tutor" if re or event_id.startswith("_") else "learner"
    return Event(seq, event_id, role, "", 0, "complete", re)  # type: ignore[arg-type]


def test_a_dialogue_has_each_answer_behind_its_question() -> None:
    """Messages sent in between do not matter, and events after the present message are left out."""
    log = [
        event(1, "_greeting"),
        event(2, "m1"),
        event(3, "m2"),
        event(4, "_a1", "m1"),
        event(5, "m3"),
        event(6, "_a2", "m2"),
        event(7, "m4"),
    ]
    assert [one.id for one in as_dialogue(log, before=5)] == ["_greeting", "m1", "_a1", "m2", "_a2"]
    # The question of the first answer lies before what was read.
    assert [one.id for one in as_dialogue(log[3:], before=5)] == ["_a1"]
