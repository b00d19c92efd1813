"""What a terminal says of a model and of waiting: each line once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tutor_widget.cli.notices import Notices
from tutor_widget.session import Reply

NOW = 1_767_607_380_000
UNTIL = NOW + 3_600_000


def state(left: float, **more: Any) -> dict[str, Any]:
    return {"budget": {"left": left, "until": UNTIL}, **more}


def test_that_an_ai_answers_is_said_once() -> None:
    """With the first state that says so; states follow one another all the time."""
    notices = Notices()
    assert notices.of_state({}, NOW) == []
    said = notices.of_state({"ai": True, "step": 1}, NOW)
    assert said == ["Answers are written by an AI and can be wrong."]
    assert notices.of_state({"ai": True, "step": 2}, NOW) == []
    assert notices.of_state({}, NOW) == notices.of_state({"ai": True}, NOW) == []


def test_a_budget_is_said_at_each_level_and_never_counted_down() -> None:
    """A fifth, a tenth, less; used up, with the time here when it goes on. The next day anew."""
    notices = Notices()
    lefts = [0.5, 0.2, 0.19, 0.17, 0.1, 0.08, 0.03, 0.01, 0, 0]
    said = [line for left in lefts for line in notices.of_state(state(left), NOW)]
    time = f"{datetime.fromtimestamp(UNTIL / 1000, UTC).astimezone():%H:%M}"
    assert said == [
        "A fifth of today’s questions is left.",
        "A tenth of today’s questions is left.",
        "Less than a tenth of today’s questions is left.",
        f"Today’s questions are used up; it goes on at {time}.",
    ]
    assert notices.of_state(state(0), UNTIL) == []
    tomorrow = {"budget": {"left": 0.2, "until": UNTIL + 86_400_000}}
    assert len(notices.of_state(tomorrow, UNTIL)) == 1


def test_waiting_is_said_once_for_each_message() -> None:
    """With its first place, in a word or as a number; and that a person looks at the answer."""
    notices = Notices()
    replies = [
        Reply("a", place=3),
        Reply("a", place=2),
        Reply("a", held=True),
        Reply("a", held=True),
        Reply("a", text="Lo"),
        None,
        Reply("b", place=1),
        Reply("c", place=60),
    ]
    assert [notices.of_reply(reply) for reply in replies] == [
        "The tutor is busy: you are third in line.",
        "",
        "A teacher is looking at this answer.",
        "",
        "",
        "",
        "The tutor is busy: you are first in line.",
        "The tutor is busy: you are number 60 in line.",
    ]
