"""A cell: its families are judged at one moment, and what is stored tells nothing of anybody."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from tests.support.seats import SECRET
from tutor_widget.dashboard.figures.cell import Cell
from tutor_widget.dashboard.figures.contribution import Contribution

ONE: Contribution = {"here": (1,), "wrong 5": (1,)}


def publish(cell: Cell) -> bool:
    """Whether there was something to publish."""
    data = cell.next()
    if data is None:
        return False
    cell.stands(cell.number + 1, data)
    return True


def cell_of(learners: Iterable[str], name: str = "c", secret: bytes = SECRET) -> Cell:
    cell = Cell(name, secret)
    for learner in learners:
        cell.set(learner, ONE)
    return cell


def test_families_that_say_the_same_are_published_at_the_same_moments() -> None:
    """Of a step with two choices: who was wrong, and who chose the wrong one."""
    cell = cell_of("abcde")
    for learner in "fghijklmnopq":
        publish(cell)
        assert cell.shown("here") == cell.shown("wrong 5")
        cell.set(learner, ONE)
    assert cell.shown("here") == (15, 15)


def test_a_large_family_waits_for_a_twentieth() -> None:
    """Not every fifth answer of thousands of learners is written."""
    cell = cell_of(f"learner{number}" for number in range(2_000))
    assert publish(cell)
    for number in range(99):
        cell.set(f"new{number}", ONE)
    assert not publish(cell)
    for number in range(99, 106):
        cell.set(f"new{number}", ONE)
    assert publish(cell)
    assert cell.shown("here") == (2_106, 2_106)


def test_what_is_stored_differs_with_the_secret_and_the_cell() -> None:
    """So nobody can tell that a learner is in two cells, nor try names."""
    stored = [
        json.loads(cell_of("abcde", *which).next() or "")["families"]["here"]["log"]
        for which in (("c", SECRET), ("d", SECRET), ("c", bytes(32)))
    ]
    digests = [{log[0][at : at + 8] for at in range(0, 60, 12)} for log in stored]
    assert [len(one) for one in digests] == [5, 5, 5]
    assert len(set.union(*digests)) == 15


def test_another_dashboard_goes_on_where_one_ended() -> None:
    """Also one that knows less: what it has not seen counts as gone."""
    first = cell_of("abcdefghij")
    data = first.next()
    assert data is not None
    second = cell_of("abcdef")
    second.stands(1, data)
    assert second.shown("here") == (10, 10)
    assert not publish(second)
    second.set("f", {})
    assert publish(second)
    assert second.shown("here") == (5, 5)


def test_what_was_lost_to_another_dashboard_is_judged_anew() -> None:
    """Against what stands then."""
    first, second = cell_of("abcde"), cell_of("abcdefg")
    data = first.next()
    assert data is not None
    assert second.next() is not None
    second.stands(1, data)
    assert second.next() is None
    assert second.shown("here") == (5, 5)


@pytest.mark.parametrize(
    "data", ["x", "[]", '{"version": 2, "families": {}}', '{"version": 1, "families": {"here": 1}}']
)
def test_what_cannot_be_read_is_left_alone(data: str) -> None:
    """A newer version has written it. To write over it would forget what was published."""
    cell = cell_of("abcdefgh")
    cell.stands(3, data)
    assert cell.shown("here") is None
    assert cell.next() is None
    assert list(cell.shown_names("wrong ")) == []


def test_a_full_ledger_keeps_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored has a bound; a value that cannot be compared any more is not published."""
    monkeypatch.setattr("tutor_widget.dashboard.figures.ledger._MOST", 12)
    cell = cell_of("abcdefgh")
    assert publish(cell)
    assert not cell.is_full
    for learner in "ijklmnop":
        cell.set(learner, ONE)
    assert not publish(cell)
    assert cell.is_full
    assert cell.shown("here") == (8, 8)


def test_to_look_for_what_is_due_changes_nothing() -> None:
    """It is due until it stands in the store."""
    cell = cell_of("abcde")
    assert cell.next() == cell.next() is not None
    assert cell.shown("here") is None
