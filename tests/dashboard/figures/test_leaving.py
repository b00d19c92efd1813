"""When learners leave, told without a look at those who stay."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.growth import cost
from tutor_widget.dashboard.figures.leaving import Leaving

NOTES = st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 9))


@given(st.lists(st.one_of(NOTES, st.integers(0, 9)), max_size=30))
def test_who_leaves_is_told_once_and_in_time(steps: list[tuple[str, int | None] | int]) -> None:
    """As a table of the last notes says it."""
    leaving, table = Leaving(), dict[str, int]()
    for step in steps:
        if isinstance(step, tuple):
            leaving.note(*step)
            table = {name: at for name, at in table.items() if name != step[0]}
            table |= {step[0]: step[1]} if step[1] is not None else {}
        else:
            due = sorted((at, name) for name, at in table.items() if at <= step)
            assert leaving.is_due(step) == bool(due)
            assert leaving.take(step) == [name for _, name in due]
            table = {name: at for name, at in table.items() if at > step}


def test_those_who_stay_cost_nothing() -> None:
    """A look at the next one is all that an update needs."""

    def look(count: int) -> None:
        for _ in range(1_000):
            assert not crowds[count].is_due(0)

    crowds = {count: Leaving() for count in (10, 10_000)}
    for count, leaving in crowds.items():
        for number in range(count):
            leaving.note(str(number), 1)
    assert cost(lambda: look(10_000)) < 4 * cost(lambda: look(10))
