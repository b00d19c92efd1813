"""The pages of wrong answers and of concepts."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

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


def test_an_entry_that_was_pasted_is_in_force_or_the_page_says_why_not(
    start: Callable[..., Dashboard], lessons: Path
) -> None:
    """With file, step and key, or the line. What was loaded before stays, with its figures."""
    browser = start().browser("lovelace")
    page = browser.open("misconceptions")
    file = lessons / "loops.toml"
    before = file.read_text("utf-8")
    entry = page.typed("toml-loops-1-0")
    drafted = before.replace("mistakes = [", f"mistakes = [\n{entry}")
    for path, text, fault in (
        ("misconceptions", drafted, "loops.toml, step 1, mistake 1, key 'say': a text is required"),
        ("class", f"{before}<b> = ", "loops.toml: "),
    ):
        file.write_text(text, "utf-8")
        page = browser.until(path, fault, "figures")
        assert "The lessons have changed and are faulty." in page.text
        assert "<b>" not in page.html
    assert "(at line " in page.text
    assert "6 12 learners" in browser.open("misconceptions").text
    file.write_text(drafted.replace('say = ""', 'say = "Count again."'), "utf-8")
    page = browser.until("misconceptions", lambda page: "are faulty" not in page.text, "figures")
    assert "6 12 learners" in page.text
    assert page.text.count("The lesson has an entry for it already.") == 2


def test_success_with_help_stands_beside_success_without(start: Callable[..., Dashboard]) -> None:
    """By concept, on the page of the class too; one that no check asks for has no such step."""
    dashboard = start()
    browser = dashboard.browser("lovelace")
    pages = [browser.open(path) for path in ("concepts", "class?group=7b")]
    for page in pages:
        assert "counting 6 of 6 (100%) 6 of 6 (100%)" in page.text
        assert "choosing 6 of 6 (100%) no such step" in page.text
    assert 'href="/concepts?group=7b"' in pages[1].html
    assert "No figures of concepts yet." in dashboard.browser("hopper").open("concepts").text
