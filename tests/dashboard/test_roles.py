"""Who may see and do what."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tutor_widget.dashboard.roles import (
    EVERY,
    Teacher,
    groups_of,
    may_read,
    may_read_around,
    may_read_conversation,
    may_write,
    readable,
)


@dataclass(frozen=True)
class Learner:
    groups: frozenset[str] = frozenset()
    shared: bool = False


ADA = Learner(frozenset({"7b", "chess"}))
BOB = Learner(frozenset({"8a"}))
NOBODYS = Learner()
READER = Teacher("turing", frozenset({"7b"}))
WRITER = Teacher("lovelace", frozenset({"7b"}), frozenset({"7b"}))
HEAD = Teacher("babbage", frozenset({EVERY}))


def test_a_teacher_sees_the_learners_of_her_groups() -> None:
    """One group in common is enough; one of all groups also sees those in none."""
    assert [may_read(READER, one) for one in (ADA, BOB, NOBODYS)] == [True, False, False]
    assert [may_read(HEAD, one) for one in (ADA, BOB, NOBODYS)] == [True, True, True]
    assert readable(READER, [BOB, ADA, NOBODYS]) == [ADA]


def test_who_reads_does_not_write() -> None:
    """And who writes also reads."""
    assert not may_write(READER, ADA)
    assert may_write(WRITER, ADA)
    assert not may_write(WRITER, BOB)
    assert not may_write(HEAD, ADA)
    assert may_read(Teacher("x", writes=frozenset({"7b"})), ADA)


def test_the_name_for_all_is_no_group_of_a_learner() -> None:
    """A learner in a group called * is seen by no other teacher."""
    assert not may_read(READER, Learner(frozenset({EVERY})))


@pytest.mark.parametrize("is_readable", [True, False])
@pytest.mark.parametrize("is_told", [True, False])
def test_a_conversation_is_read_if_the_operator_said_so_and_its_learner_knows(
    is_readable: bool, is_told: bool
) -> None:
    """Both, and only by a teacher of the group."""
    said = {"is_readable": is_readable, "is_told": is_told}
    assert may_read_conversation(READER, ADA, **said) == (is_readable and is_told)
    assert not may_read_conversation(READER, BOB, **said)


def test_what_is_around_a_report_is_read_if_it_is_shared() -> None:
    """Whatever the operator said: the learner has agreed for this one."""
    assert may_read_around(READER, Learner(ADA.groups, shared=True))
    assert not may_read_around(READER, Learner(ADA.groups))
    assert not may_read_around(READER, Learner(BOB.groups, shared=True))


def test_a_learner_is_a_stranger() -> None:
    """So is a teacher without a group."""
    assert Teacher("ada").is_stranger
    assert not READER.is_stranger


def test_the_groups_that_a_teacher_can_choose_from() -> None:
    """Of those that there are, hers."""
    assert groups_of(READER, ["8a", "7b"]) == ["7b"]
    assert groups_of(HEAD, ["8a", "7b", "8a"]) == ["7b", "8a"]
