"""The dashboard's pages for every reader: light and dark, narrow and wide, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.axe import faults_of_page

Open = Callable[..., Page]
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def paths(keys: dict[str, int]) -> list[str]:
    """Every page that a teacher has."""
    ada = keys["ada"]
    fixed = "class misconceptions concepts held reports waiting learners".split()
    return [*fixed, f"learners/{ada}", f"reports/{ada}/_m1", "learners?group=none", "nothing"]


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (320, "light"),
        (1366, "dark"),
        pytest.param(320, "dark", marks=pytest.mark.slow),
        pytest.param(1366, "light", marks=pytest.mark.slow),
    ],
)
def test_axe_finds_nothing(
    open_as: Open,
    keys: dict[str, int],
    request: pytest.FixtureRequest,
    scheme: str,
    width: int,
) -> None:
    """On any page, and nothing is wider than the page: 320 px are also 1,280 at 400 %."""
    page = open_as("babbage", "held", color_scheme=scheme, viewport={"width": width, "height": 800})
    pictures = Path(request.config.getoption("--screenshots") or "test-results") / "dashboard"
    base = page.url.removesuffix("held")
    for path in paths(keys):
        page.goto(base + path)
        for summary in page.locator("summary").all():
            summary.click()
        assert faults_of_page(page) == [], path
        assert not page.evaluate(WIDE), path
        name = path.replace("/", "-").replace("?", "-")
        page.screenshot(path=pictures / f"{name}-{scheme}-{width}.png", full_page=True)


def test_the_sign_in_is_clean_too(open_as: Open) -> None:
    """Also with a sentence about what was wrong."""
    page = open_as("babbage", "held")
    page.get_by_role("button", name="Sign out").click()
    assert faults_of_page(page) == []
    page.get_by_label("Your token").fill("guess")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This token is not known.")
    assert faults_of_page(page) == []


def test_an_answer_is_released_by_keyboard(open_as: Open) -> None:
    """The first key leads past the menu; the focus is always to be seen."""
    page = open_as("lovelace", "held")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="ada")).to_be_focused()  # the conversation around it
    page.keyboard.press("Tab")
    release = page.get_by_role("article", name="ada").get_by_role("button", name="Release").first
    expect(release).to_be_focused()
    outline = release.evaluate("button => getComputedStyle(button).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_text("The answer is released.")).to_be_focused()


def test_a_note_is_written_by_keyboard(open_as: Open, keys: dict[str, int]) -> None:
    """Two keys behind the menu a link leads to its form; what was done has the focus afterwards,
    and from there the form is the next one again."""
    page = open_as("lovelace", f"learners/{keys['ada']}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Write to this learner")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    words = page.get_by_label("Your words")
    expect(words).to_be_focused()
    page.keyboard.type("Well done")
    page.keyboard.press("Enter")
    page.keyboard.type("so far.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_text("Your words are in the learner")).to_be_focused()
    expect(page.get_by_role("article", name="Ms. Lovelace")).to_contain_text("Well done so far.")
    expect(words).to_have_value("")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="All learners")).to_be_focused()


def test_without_scripts_all_of_it_works(open_as: Open) -> None:
    """A form leads to the page that says what was done."""
    page = open_as("lovelace", "held", java_script_enabled=False)
    page.get_by_role("article", name="ada").get_by_role("button", name="Release").first.click()
    expect(page.get_by_text("The answer is released.")).to_be_visible()
    assert page.url.endswith("/held?said=released")
