"""One conversation, folded event by event into the facts of its steps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tutor_widget.server.store import Entry, Head, Listed
from tutor_widget.server.tutors.lesson.teaching.kept import Kept
from tutor_widget.server.tutors.noted import Noted, read_record
from tutor_widget.wire import Event

from .facts import MOST_TEXTS, Questions, Standing, StepFacts, StepId, read_standing, step_id

__all__ = ["THERE", "Conversation"]

THERE: Final = 3_600_000
"""Milliseconds for which a learner who says nothing counts as being at a step."""

_LONGEST_TEXT: Final = 1_000
"""Characters of a message that are kept; the judge reads no more."""
_LONGEST_NAME: Final = 100
"""Characters of an error's name."""
_MOST_ASKED: Final = 1_000
"""Messages without an answer that are remembered."""

_MOST_STEPS: Final = 1_000


class _Asked(NamedTuple):
    """A learner's message."""

    text: str
    error: str


class Conversation:
    """What is known of one conversation. `take` is given what is new in it."""

    def __init__(self, listed: Listed, questions: Questions) -> None:
        self.listed = listed
        self.after = 0
        """The last event that was taken."""
        self.steps: dict[StepId, StepFacts] = {}
        self.standing = Standing()
        self._questions = questions
        self._asked: dict[str, _Asked] = {}
        self._last: StepId | None = None
        """The step of the last answer that has one …"""
        self._spoke: int | None = None
        """… and when the tutor spoke last."""
        self._heard: int | None = None
        """When the learner spoke last."""
        self._entered = 0
        """When the learner came to the step of the last answer …"""
        self._moved: int | None = None
        """… and the answer that may have led on from it, or the first words. An absence ends with
        coming anew."""

    def take(self, entries: Sequence[Entry], head: Head) -> set[StepId]:
        """Take the events behind `after`, ascending, and the head that was read before them.

        Returns the steps whose facts have changed. Events that were taken before are passed over.
        """
        heard = self._heard
        touched = {step for entry in entries if (step := self._fold(entry)) is not None}
        standing = read_standing(head.state, self._questions)
        touched |= standing.differs(self.standing)
        self.standing = standing
        if self._heard != heard and standing.here is not None:
            touched.add(standing.here)  # who had left is back
        return touched

    @property
    def active(self) -> int:
        """When the learner wrote last, or began, Unix ms. An answer comes without anybody there."""
        return self.listed.began if self._heard is None else self._heard

    @property
    def arrived(self) -> int:
        """When the learner came, or came back, to the step that is asked now, Unix ms."""
        if self._last is not None and self._last == self.standing.here:
            return self._entered
        return self.listed.began if self._moved is None else self._moved

    def all_steps(self) -> set[StepId]:
        """The steps that it has to do with."""
        return self.standing.differs(Standing()) | self.steps.keys()

    def _fold(self, entry: Entry) -> StepId | None:
        event = entry.event
        if event.seq <= self.after:
            return None
        self.after = event.seq
        match event.role:
            case "learner":
                self._hear(event.at)
                self._ask(entry)
                return None
            case "tutor":
                step = self._answer(event, read_record(entry.record))
                self._spoke = event.at
                self._moved = event.at if self._moved is None else self._moved
                return step
            case _:
                return None

    def _hear(self, at: int) -> None:
        """The time of an absence is not spent at a step: who had left comes to it anew."""
        if at - self.active >= THERE:
            self._entered = self._moved = at
        self._heard = at

    def _ask(self, entry: Entry) -> None:
        name = Kept(entry.context).table("error").text("name", _LONGEST_NAME)
        event = entry.event
        self._asked[event.id] = _Asked(event.text[:_LONGEST_TEXT], name)
        while len(self._asked) > _MOST_ASKED:
            del self._asked[next(iter(self._asked))]

    def _answer(self, event: Event, noted: Noted) -> StepId | None:
        asked = self._asked.pop(event.re or "", None)
        has_failed = event.status == "failed"
        step = step_id(noted.lesson, noted.question, noted.step, self._questions)
        step = self._last if step is None and has_failed else step
        if step is None or (step not in self.steps and len(self.steps) >= _MOST_STEPS):
            return None
        facts = self._facts(step, event)
        if has_failed:
            facts.count("failed")  # the state stayed as it was: nothing else counts
        else:
            _count(facts, event, noted, asked)
        self._move(step, event.at, has_failed=has_failed)
        return step

    def _move(self, step: StepId, at: int, *, has_failed: bool) -> None:
        """The learner was at this step, and may be at another one behind the answer."""
        if step != self._last:
            self._entered = at if self._moved is None else self._moved
        self._last = step
        if not has_failed:
            self._moved = at

    def _facts(self, step: StepId, event: Event) -> StepFacts:
        facts = self.steps.get(step)
        if facts is None:
            began = event.at if self._spoke is None else self._spoke
            facts = self.steps[step] = StepFacts(began)
        return facts


def _count(facts: StepFacts, event: Event, noted: Noted, asked: _Asked | None) -> None:
    if asked and asked.error and len(facts.errors) < MOST_TEXTS:
        facts.errors.add(asked.error)
    facts.hints = max(facts.hints, noted.hints)
    match noted.kind:
        case "right":
            facts.count("answers")
            _solve(facts, event.at, noted)
        case "wrong":
            facts.count("answers")
            facts.count("wrong")
            _keep_wrong(facts, asked)
        case _:
            facts.count("talk")


def _solve(facts: StepFacts, at: int, noted: Noted) -> None:
    """The first right answer counts."""
    if facts.solved is None:
        is_first = not (facts.wrong or facts.hints or noted.attempts)
        facts.solved = at
        facts.how = "first" if is_first else "helped" if facts.hints else "later"


def _keep_wrong(facts: StepFacts, asked: _Asked | None) -> None:
    texts = facts.wrong_texts
    if asked and asked.text not in texts and len(texts) < MOST_TEXTS:
        texts.append(asked.text)
