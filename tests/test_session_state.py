"""What is read of a session's state, which anybody may have written."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.support.paths import GOLDEN
from tutor_widget.session_state import is_written_by_ai, read_budget

NOW = 1_767_607_380_000
SAMPLES: list[tuple[Any, str | None]] = json.loads((GOLDEN / "budgets.json").read_text("utf-8"))


def at(now: int, budget: Any) -> Any:
    """The sample, whose `until` counts from 0, as of ``now``."""
    until = budget.get("until") if isinstance(budget, dict) else None
    if not isinstance(until, (int, float)) or isinstance(until, bool):
        return budget
    return budget | {"until": until + now}


@pytest.mark.parametrize(("budget", "level"), SAMPLES, ids=repr)
def test_a_budget_is_read_as_the_page_reads_it(budget: Any, level: str | None) -> None:
    """The samples are the page's, too: the same level, and nothing of what nobody can mean."""
    found = read_budget({"budget": at(NOW, budget)}, NOW)
    assert (found and found.level) == level


@pytest.mark.parametrize("left", [math.nan, -math.inf, math.inf])
def test_a_number_that_json_has_not_is_no_budget(left: float) -> None:
    """A reader of JSON may let them through all the same."""
    assert read_budget({"budget": {"left": left, "until": NOW + 1}}, NOW) is None
    assert read_budget({"budget": {"left": 0.1, "until": left}}, NOW) is None


@pytest.mark.parametrize(
    "state", [None, [], "ai", 7, {}, {"ai": 1}, {"ai": "true"}, {"ai": [True]}]
)
def test_an_ai_answers_only_where_the_tutor_says_exactly_that(state: Any) -> None:
    """`true` and nothing else; and no state at all is an error."""
    assert not is_written_by_ai(state)
    assert is_written_by_ai({"ai": True})
    assert read_budget(state, NOW) is None
