"""The pictures of docs/dashboard.md: `python3 dev.py shots` makes them anew. Look at each before it
goes in. No test by its name, so that nothing but that command runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.class_in_lesson import STUCK, fill_lesson

Open = Callable[..., Page]
SIZES = {"": {"width": 1180, "height": 820}, "-narrow": {"width": 360, "height": 780}}
LAST_STEP = 8
"""Of the picture of the class."""
SCALE = 0.75
"""Points of a wide picture by pixel: its page is long, and the file is to be small."""


@pytest.fixture
def keys(database: str) -> dict[str, int]:
    """The conversations of a class in the middle of a lesson, by their learners."""
    return fill_lesson(database)


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Path:
    folder = Path(request.config.getoption("--screenshots") or "test-results")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_the_pages_of_a_teacher(open_as: Open, keys: dict[str, int], pictures: Path) -> None:
    """What docs/dashboard.md shows; and in test-results/ all of it, light and dark, wide and
    narrow."""
    shown = {"class-light", "class-dark", "misconceptions-light", "held-light", "note-light"}
    rest = Path("test-results") / "dashboard"
    rest.mkdir(parents=True, exist_ok=True)
    paths = {"class": "class", "misconceptions": "misconceptions", "held": "held"}
    paths["note"] = f"learners/{keys[STUCK]}#end"
    paths["learners"] = "learners"
    for scheme in ("light", "dark"):
        for size, viewport in SIZES.items():
            scale = 1 if size else SCALE
            options: dict[str, Any] = {"viewport": viewport, "device_scale_factor": scale}
            page = open_as("lovelace", "class", color_scheme=scheme, **options)
            base = page.url.removesuffix("class")
            for name, path in paths.items():
                page.goto(base + path)
                file = f"{name}-{scheme}{size}"
                kept = pictures / f"dashboard-{file}.png"
                where = kept if file in shown else rest / f"{file}.png"
                take(page, name, where)


def take(page: Page, name: str, path: Path) -> None:
    """The page, and of some only what matters: files are to be small."""
    if not path.name.startswith("dashboard-"):
        page.screenshot(path=path, full_page=True, animations="disabled")
    elif name == "misconceptions":
        card = page.locator(".card").filter(has_text="step 6")
        card.get_by_text("Make this a mistakes entry").click()
        card.screenshot(path=path, animations="disabled")
    elif name == "class":
        step = page.locator(".steps > li").nth(LAST_STEP - 1).bounding_box()
        assert step
        height = round(step["y"] + step["height"])
        clip = {"x": 0, "y": 0, "width": SIZES[""]["width"], "height": height}
        page.screenshot(path=path, full_page=True, clip=clip, animations="disabled")  # type: ignore[arg-type]
    else:
        page.screenshot(path=path, animations="disabled")
