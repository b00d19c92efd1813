"""The pages of wrong answers and of concepts."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

from tests.support.servers.dashboard import Dashboard


def test_wrong_answers_of_many_are_shown_with_their_entry(start: Callable[..., Dashboard]) -> None:
    """Most frequent first; an entry can be put into the lesson, and one that is there is not
    offered."""
    dashboard = start()
    page = dashboard.browser("lovelace").open("misconceptions")
    assert page.text.index("6 12 learners") < page.text.index("5 6 learners")
    assert "A) this 6 learners" in page.text
    assert page.text.count("The lesson has an entry for it already.") == 1
    entry = tomllib.loads(f"mistakes = [{page.typed('toml-loops-1-0')}]")
    assert entry == {"mistakes": [{"answers": ["6"], "say": ""}]}
    assert "Make this a mistakes entry" in page.text
    assert "A line for mistakes = [ … ] of step 1 in loops.toml" in page.text
    assert "If this step has [[steps.mistakes]] in the file" in page.text
    assert "Lines for loops.toml, right below the [[steps]] of step 2" in page.text
    entry = tomllib.loads(page.typed("toml-loops-2-0"))
    assert entry == {"mistakes": [{"answers": ["A"], "say": ""}]}
    assert "No misconceptions yet." in dashboard.browser("hopper").open("misconceptions").text


def test_success_with_help_stands_beside_success_without(start: Callable[..., Dashboard]) -> None:
    """By concept; a concept that no check asks for has no such step."""
    dashboard = start()
    page = dashboard.browser("lovelace").open("concepts")
    assert "counting 6 of 6 (100%) 6 of 6 (100%)" in page.text
    assert "choosing 6 of 6 (100%) no such step" in page.text
    assert "No figures of concepts yet." in dashboard.browser("hopper").open("concepts").text
