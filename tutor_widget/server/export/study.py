"""An export for studies: a table with one row for each turn, without a word of what was said.

A turn is a learner's message and the tutor's answer to it. `COLUMNS` says what a row holds.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tutor_widget.server.store import Entry, Listed
from tutor_widget.server.tutors.noted import read_record

from .names import Names

__all__ = ["COLUMNS", "Turn", "Turns"]


class Turn(NamedTuple):
    """A row. What is not known is None."""

    session: str
    learner: str | None
    groups: tuple[str, ...]
    at: int
    lesson: str | None
    step: int | None
    concept: str | None
    kind: str | None
    attempt: int | None
    hints: int | None
    guard: str | None
    unassisted: bool | None
    held: str | None
    first: float | None
    whole: float | None
    status: str


COLUMNS: Final = {
    "session": "the conversation's pseudonym",
    "learner": "the account's pseudonym; none where there are no accounts",
    "groups": "the account's groups when the conversation began",
    "at": "when the message was written",
    "lesson": "the lesson's name, if the turn belongs to a step",
    "step": "the step's number, from 1",
    "concept": "what the step is about, as its author says",
    "kind": "what the message was: right, wrong, talk, or the command: hint, skip, again …",
    "attempt": "of an answer, right or wrong: which one it was at this step, from 1",
    "hints": "hints that were given at the step before the message",
    "guard": "what the guard found in the model's words",
    "unassisted": "whether the step is a check, without help",
    "held": "why the answer waited for a person's approval",
    "first": "seconds until the model's first word",
    "whole": "seconds until the model's last word",
    "status": "the answer's: complete, stopped or failed",
}
assert tuple(COLUMNS) == Turn._fields


class Turns:
    """Makes rows of the events of one conversation after another."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._asked: dict[str, int] = {}
        """When each message was written that has no answer yet."""

    def begin(self) -> None:
        """Another conversation begins."""
        self._asked.clear()

    def entry(self, session: Listed, entry: Entry) -> Turn | None:
        """The turn that this event ends, if it is an answer."""
        event = entry.event
        if event.role == "learner":
            self._asked[event.id] = event.at
        asked = self._asked.pop(event.re or "", None) if event.role == "tutor" else None
        return None if asked is None else self._turn(session, entry, asked)

    def _turn(self, session: Listed, entry: Entry, asked: int) -> Turn:
        noted = read_record(entry.record)
        is_of_step = noted.step > 0
        is_answer = noted.kind in ("right", "wrong")
        return Turn(
            self._names.session(session),
            self._names.account(session),
            tuple(sorted(session.groups)),
            asked,
            noted.lesson or None,
            noted.step or None,
            noted.concept or None,
            noted.kind or None,
            noted.attempts + 1 if is_answer else None,
            noted.hints if is_of_step else None,
            noted.guard or None,
            noted.unassisted if is_of_step else None,
            noted.held or None,
            noted.first,
            noted.whole,
            entry.event.status,
        )
