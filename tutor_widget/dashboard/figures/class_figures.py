"""The figures of a class, kept up with what changes: learners, cohorts and cells. Pure.

The shell reads conversations and publications from the store, and writes what is `due`:

    figures = ClassFigures(await store.secret(), lessons)
    …                                       # `take` every conversation, `stands` every publication
    for due in figures.due():
        published = await store.publish(due.cell, due.number, due.data)
        figures.stands(due.cell, published.number, published.data)

Figures change by what learners do. Time alone changes one thing: who has been quiet for an hour is
not at a step any more, and that, too, is shown only when five have changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from tutor_widget.server.store import Entry, Head, Listed, SessionKey
from tutor_widget.server.tutors.lesson.steps import Lesson

from .cell import Cell
from .contribution import contribution
from .conversation import THERE, Conversation
from .facts import StepId
from .forms import Forms
from .leaving import Leaving
from .misconceptions import Misconception, misconceptions
from .page import Page, page

__all__ = ["ClassFigures", "Due", "Place"]

Cohort = frozenset[str]
"""The exact set of a learner's groups."""


class Due(NamedTuple):
    """To be published: ``data`` for ``cell``, if ``number`` still stands there."""

    cell: str
    number: int
    data: str


class Place(NamedTuple):
    """Where one learner is."""

    title: str
    """Of the lesson."""
    number: int
    """Of the step, from 1."""
    since: int
    """When the learner came to it, Unix ms."""


class _Learner:
    """A learner's conversations, oldest first, and the cohort that their figures are in."""

    def __init__(self) -> None:
        self.conversations: dict[SessionKey, Conversation] = {}
        self.cohort: Cohort = frozenset()

    def groups(self) -> Cohort:
        """The groups of all conversations."""
        return frozenset().union(*(one.listed.groups for one in self.conversations.values()))

    def steps(self) -> set[StepId]:
        """The steps that any of the conversations has to do with."""
        return {step for one in self.conversations.values() for step in one.all_steps()}


class ClassFigures:
    """``secret`` is the store's; ``lessons`` are those of the tutor, by name. When they change, a
    new object is to be made, and to take everything again.

    ``work`` counts the contributions that were worked out: one for each learner and step that has
    changed.
    """

    def __init__(self, secret: bytes, lessons: Mapping[str, Lesson]) -> None:
        self.work = 0
        self.full: set[tuple[str, int]] = set()
        """Lessons and numbers of steps of which a figure has changed too often: it stays as it
        is."""
        self._now = 0
        self._leaving = Leaving()
        """Of learners who are at a step: when a conversation of theirs has been quiet for long."""
        self._secret = secret
        self._lessons = lessons
        self._questions = {name: lesson.digests for name, lesson in lessons.items()}
        self._forms = Forms(lessons)
        self._learners: dict[str, _Learner] = {}
        self._by_key: dict[SessionKey, str] = {}
        self._cells: dict[tuple[Cohort, StepId], Cell] = {}
        self._named: dict[str, Cell] = {}
        self._stands: dict[str, tuple[int, str]] = {}
        """What stands for cells that nobody has contributed to yet."""
        self._changed: set[Cell] = set()
        """Cells that may be due."""

    # --- what is in the store ---------------------------------------------------------------------

    def after(self, key: SessionKey) -> int:
        """The number of the last event of the conversation that was taken; 0 for none."""
        name = self._by_key.get(key)
        return 0 if name is None else self._learners[name].conversations[key].after

    def conversations(self) -> list[Listed]:
        """The conversations of which anything was taken."""
        learners = self._learners.values()
        return [one.listed for learner in learners for one in learner.conversations.values()]

    def take(self, listed: Listed, head: Head, entries: Sequence[Entry]) -> None:
        """Take the events of a conversation behind `after`, ascending, and its head.

        The head is to be read before the events: what it says may be older than they are, and is
        taken again with the next change.
        """
        name = listed.account or f"\0{listed.key}"
        learner = self._learners.setdefault(name, _Learner())
        conversation = learner.conversations.get(listed.key)
        if conversation is None:
            conversation = Conversation(listed, self._questions)
            learner.conversations[listed.key] = conversation
            learner.conversations = dict(sorted(learner.conversations.items()))
            self._by_key[listed.key] = name
        conversation.listed = listed
        self._count(name, learner, conversation.take(entries, head))

    def erase(self, key: SessionKey) -> None:
        """The conversation does not exist any more."""
        name = self._by_key.pop(key, None)
        if name is None:
            return
        learner = self._learners[name]
        steps = learner.steps()
        del learner.conversations[key]
        self._count(name, learner, steps)
        if not learner.conversations:
            del self._learners[name]

    def stands(self, cell: str, number: int, data: str) -> None:
        """This publication stands in the store."""
        known = self._named.get(cell)
        if known is None:
            self._stands[cell] = number, data
        elif number > known.number:
            known.stands(number, data)
            self._changed.add(known)

    def pass_time(self, now: int) -> None:
        """It is ``now`` (Unix ms): who has said nothing for an hour is not at a step any more."""
        self._now = now  # earlier than before, if the clock was set right
        for name in self._leaving.take(now):
            learner = self._learners[name]
            places = (one.standing.here for one in learner.conversations.values())
            self._count(name, learner, {here for here in places if here is not None})

    def is_late(self, now: int) -> bool:
        """Whether `pass_time` has something to do."""
        return self._leaving.is_due(now)

    def due(self) -> list[Due]:
        """What is to be published now.

        To be called when all conversations and publications of the store were taken, and then as
        often as figures are to be new: a few seconds apart, changes share a publication. What is
        not published, or not yet, is due again.
        """
        found = [(cell, cell.next()) for cell in self._changed]
        self._changed = {cell for cell, data in found if data is not None}
        if full := {cell for cell, _ in found if cell.is_full}:
            steps = (step for (_, step), cell in self._cells.items() if cell in full)
            self.full |= {(step.lesson, self._number(step)) for step in steps}
        return [Due(cell.name, cell.number, data) for cell, data in found if data is not None]

    # --- what is shown ----------------------------------------------------------------------------

    @property
    def lessons(self) -> Mapping[str, Lesson]:
        """The lessons by name, in the order of the pages."""
        return self._lessons

    def place(self, key: SessionKey) -> Place | None:
        """Where the learner of one conversation is, for those who may read it: no figure."""
        name = self._by_key.get(key)
        if name is None:
            return None
        conversation = self._learners[name].conversations[key]
        here = conversation.standing.here
        if here is None or here.question not in self._questions.get(here.lesson, ()):
            return None
        title = self._lessons[here.lesson].title
        return Place(title, self._number(here), conversation.arrived)

    def _number(self, step: StepId) -> int:
        """Of a step that is known."""
        return self._questions[step.lesson].index(step.question) + 1

    def page(self, groups: Collection[str] | None = None) -> Page:
        """The published figures of the learners in any of these groups; None: of all learners."""
        return page(self._lessons, self._visible(groups))

    def misconceptions(self, groups: Collection[str] | None = None) -> list[Misconception]:
        """The published wrong answers of those learners, in the order of the steps; of a step the
        most frequent first."""
        return misconceptions(self._lessons, self._visible(groups), self._forms)

    def _visible(self, groups: Collection[str] | None) -> Iterator[tuple[StepId, Cell]]:
        wanted = None if groups is None else frozenset(groups)
        for (cohort, step), cell in self._cells.items():
            if wanted is None or cohort & wanted:
                yield step, cell

    # --- contributions ----------------------------------------------------------------------------

    def _count(self, name: str, learner: _Learner, steps: set[StepId]) -> None:
        """Work out what the learner contributes to these steps; to all, in another cohort."""
        self._note_leaving(name, learner)
        groups = learner.groups()
        if groups != learner.cohort:
            for step in learner.steps() | steps:
                if (left := self._cells.get((learner.cohort, step))) is not None:
                    left.set(name, {})
                    self._changed.add(left)
            steps = learner.steps() | steps
            learner.cohort = groups
        for step in steps:
            self.work += 1
            conversations, since = learner.conversations.values(), self._now - THERE
            given = contribution(step, conversations, self._forms.form, since)
            if (groups, step) in self._cells or (given and self._forms.steps(step)):
                cell = self._cell(groups, step)
                cell.set(name, given)
                self._changed.add(cell)

    def _note_leaving(self, name: str, learner: _Learner) -> None:
        """Note when the learner may have left."""
        active = (one.active for one in learner.conversations.values() if one.standing.here)
        times = (at + THERE for at in active if at + THERE > self._now)
        self._leaving.note(name, min(times, default=None))

    def _cell(self, cohort: Cohort, step: StepId) -> Cell:
        cell = self._cells.get((cohort, step))
        if cell is None:
            cell = Cell(_cell_name(self._secret, cohort, step), self._secret)
            self._cells[cohort, step] = self._named[cell.name] = cell
            if (found := self._stands.pop(cell.name, None)) is not None:
                cell.stands(*found)
        return cell


_NAME_SIZE: Final = 16


def _cell_name(secret: bytes, cohort: Cohort, step: StepId) -> str:
    """What the cell is known by in the store. It tells neither groups nor lesson."""
    text = msgspec.json.encode([sorted(cohort), *step])
    return hashlib.blake2b(text, key=secret, person=b"cell", digest_size=_NAME_SIZE).hexdigest()
