"""Who may see and do what. Pure. Every page asks this module, and no page decides by itself.

A teacher has two sets of groups: those whose learners she may see, and those into whose
conversations she may write. A learner in no group is seen only by a teacher of all groups.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

__all__ = [
    "EVERY",
    "Teacher",
    "figures_of",
    "groups_of",
    "may_read",
    "may_read_around",
    "may_read_conversation",
    "may_write",
    "readable",
]

EVERY: Final = "*"
"""In place of a group's name: all groups, and those who are in none."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """Somebody who has signed in. Who may write to a group may also read it."""

    name: str
    """Shown to learners above a notice, and to other teachers."""
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()

    @property
    def is_stranger(self) -> bool:
        """Whether there is nothing that she may see: a learner, or a teacher of no group."""
        return not (self.reads or self.writes)


class Grouped(Protocol):
    """What belongs to a learner who is in these groups."""

    @property
    def groups(self) -> frozenset[str]: ...


class Shared(Grouped, Protocol):
    """A report, which its learner may have shared."""

    @property
    def shared(self) -> bool: ...


G = TypeVar("G", bound=Grouped)


def may_read(teacher: Teacher, learner: Grouped) -> bool:
    """Whether she may see that this learner exists, and what waits for a person."""
    return _meets(teacher.reads | teacher.writes, learner.groups)


def may_write(teacher: Teacher, learner: Grouped) -> bool:
    """Whether she may release answers to this learner, answer reports, and write notices."""
    return _meets(teacher.writes, learner.groups)


def may_read_conversation(
    teacher: Teacher, learner: Grouped, *, is_readable: bool, is_told: bool
) -> bool:
    """Whether she may read all of a conversation.

    ``is_readable``: the operator has said so; ``is_told``: the conversation tells its learner so.
    """
    return is_readable and is_told and may_read(teacher, learner)


def may_read_around(teacher: Teacher, report: Shared) -> bool:
    """Whether she may read the conversation around a reported answer."""
    return report.shared and may_read(teacher, report)


def readable(teacher: Teacher, items: Iterable[G]) -> list[G]:
    """Those of the items that she may see, in their order."""
    return [item for item in items if may_read(teacher, item)]


def groups_of(teacher: Teacher, groups: Iterable[str]) -> list[str]:
    """Those of the groups that she may see, sorted."""
    mine = teacher.reads | teacher.writes
    return sorted(group for group in set(groups) if EVERY in mine or group in mine)


def figures_of(teacher: Teacher) -> frozenset[str] | None:
    """The groups of whose learners she may see figures; None: all, and those who are in none."""
    mine = teacher.reads | teacher.writes
    return None if EVERY in mine else mine


def _meets(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    return EVERY in mine or not mine.isdisjoint(theirs)
