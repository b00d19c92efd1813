"""The pages of the class in a browser: for every reader, live, and what is copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.axe import faults_of_page
from tests.support.lesson_class import Taken, take_lesson, write_lesson
from tests.support.servers.dashboard import Dashboard
from tests.support.small_class import in_store
from tutor_widget.server.store import Store

Open = Callable[..., Page]
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SCROLLED = {"elmPartiallyObscured", "shortTextContent"}
PAGES = ("class", "misconceptions", "concepts")
SIZES = {"phone": (360, 1), "wide": (1366, 1), "zoomed": (683, 2)}
"""Width in CSS pixels, and what one of them is on the screen."""
WAYS: dict[str, tuple[int, list[Any]]] = {
    "quick": (9, ["right", "right", "right"]),
    "hinted": (7, [("wrong", "6"), "right", ("wrong", "A"), "right", "skip"]),
    "talker": (6, ["talk", "right", ("wrong", "this"), "talk"]),
    "skipper": (5, ["skip", "skip", "right"]),
    "stuck": (8, [("wrong", "it is 5"), ("wrong", "6"), "talk"]),
    "unsure": (5, ["right", "right", ("wrong", "halt")]),
}


@pytest.fixture
def taken(database: str) -> list[Taken]:
    """A class of 40 in two groups."""

    async def fill(store: Store) -> list[Taken]:
        learners = [
            (f"{way}{n}", "7b", actions)
            for way, (size, actions) in WAYS.items()
            for n in range(size)
        ]
        found = await take_lesson(store, learners)
        for one in found[-5:]:
            one.seat.state |= {"ai": True, "budget": {"left": 0, "until": 4_000_000_000_000}}
            await one.act(store, "talk", error="NameError")
        return found + await take_lesson(store, [("else", "8a", ["talk"])])

    return in_store(database, fill)


@pytest.fixture
def dashboard(tmp_path: Path, database: str, taken: list[Taken]) -> Iterator[Dashboard]:
    lessons = write_lesson(tmp_path)
    with Dashboard(tmp_path, database, f"--lessons={lessons}") as dashboard:
        yield dashboard


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        ("phone", "light"),
        ("wide", "dark"),
        ("zoomed", "light"),
        pytest.param("phone", "dark", marks=pytest.mark.slow),
        pytest.param("wide", "light", marks=pytest.mark.slow),
        pytest.param("zoomed", "dark", marks=pytest.mark.slow),
    ],
)
def test_axe_finds_nothing(
    open_as: Open, request: pytest.FixtureRequest, scheme: str, size: str
) -> None:
    """On a phone, on a wide screen and at 200 %; nothing is wider than the page."""
    width, scale = SIZES[size]
    options: dict[str, Any] = {"color_scheme": scheme, "device_scale_factor": scale}
    page = open_as("babbage", "class", viewport={"width": width, "height": 800}, **options)
    pictures = Path(request.config.getoption("--screenshots") or "test-results") / "dashboard"
    base = page.url.removesuffix("class")
    faults: list[str] = []
    for path in PAGES:
        page.goto(base + path)
        for summary in page.locator("summary").all()[:1]:
            summary.click()
        faults += [f"wide: {path}"] if page.evaluate(WIDE) else []
        page.screenshot(path=pictures / f"figures-{path}-{size}-{scheme}.png", full_page=True)
        # A table is scrolled on a narrow page: of what is out of sight axe-core tells no contrast.
        faults += faults_of_page(page, set() if size == "wide" else SCROLLED)
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_faulty_lesson_is_said_in_an_open_page(
    open_as: Open, tmp_path: Path, scheme: str
) -> None:
    """And goes when it is mended. axe finds nothing in it, and on a phone nothing is too wide."""
    size = {"width": SIZES["phone"][0], "height": 800}
    page = open_as("babbage", "class", viewport=size, color_scheme=scheme)
    file = tmp_path / "lessons" / "loops.toml"
    right = file.read_text("utf-8")
    file.write_text(right.replace("No.", ""), "utf-8")
    said = page.get_by_role("alert").filter(has_text="The lessons have changed and are faulty.")
    expect(said).to_contain_text("loops.toml, step 1, mistake 1, key 'say'", timeout=30_000)
    assert not page.evaluate(WIDE)
    assert faults_of_page(page, SCROLLED) == []
    file.write_text(right, "utf-8")
    expect(said).to_have_count(0, timeout=30_000)


def test_an_entry_is_copied(open_as: Open) -> None:
    """By keyboard too; without scripts there is no button that does nothing, and the text is."""
    page = open_as("lovelace", "misconceptions", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_text("Make this a mistakes entry").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copy").first.press("Enter")
    expect(page.locator("#news")).to_have_text("Copied.")
    entry = page.evaluate("navigator.clipboard.readText()")
    assert entry.startswith("  {answers = [")
    plain = open_as("lovelace", "misconceptions", java_script_enabled=False)
    plain.get_by_text("Make this a mistakes entry").first.click()
    expect(plain.get_by_role("textbox").first).to_have_value(entry)
    expect(plain.get_by_role("button", name="Copy")).to_have_count(0)


def test_the_open_page_follows_the_class(open_as: Open, database: str, taken: list[Taken]) -> None:
    """Bars and numbers move, and the group that was chosen stays."""
    page = open_as("babbage", "class?group=7b")
    expect(page.get_by_text("8 here now")).to_be_visible()

    async def solve(store: Store) -> None:
        for one in taken[27:33]:
            await one.act(store, "right")

    in_store(database, solve)
    expect(page.get_by_text("12 here now")).to_be_visible()
    expect(page.get_by_label("Group")).to_have_value("7b")
    bars = page.locator(".picture rect[fill='url(#fill-here)']")
    widths = [bar.evaluate("bar => bar.getBoundingClientRect().width") for bar in bars.all()]
    second, third = widths  # at the first step are too few now
    assert second / third == pytest.approx(12 / 5, rel=0.01)
