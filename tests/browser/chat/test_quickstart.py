"""The quickstart notebook, as a newcomer works through it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat
from tests.support.browser.jupyter import Notebook
from tests.support.paths import ROOT

QUICKSTART = ROOT / "notebooks" / "quickstart.ipynb"


def test_a_newcomer_works_through_the_quickstart(open_notebook: Callable[..., Notebook]) -> None:
    """A lesson from a tutor in the kernel, a question from a cell, an outage made on purpose."""
    cells = json.loads(QUICKSTART.read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    notebook = open_notebook(*code)
    show, ask, cut, come_back, _second = range(len(code))
    notebook.run(show)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    expect(chat.root.get_by_role("heading", name="Lists in Python").first).to_be_visible()
    chat.settle(1)
    chat.say("3")
    chat.settle(3)
    expect(chat.root.get_by_text("step 2 of")).to_be_visible()
    chat.say("10")
    chat.settle(5)

    assert "does not count places from 1" in notebook.run(ask)
    chat.settle(7)
    expect(chat.messages.last).to_contain_text("does not count places from 1")
    notebook.run(cut)
    expect(chat.badge).to_have_text("Disconnected")
    expect(chat.messages.last).to_have_attribute("data-state", "queued")
    notebook.run(come_back)
    expect(chat.badge).to_have_text("Connected")
    chat.settle(9)


@pytest.mark.slow
def test_the_first_question_is_in_view_on_a_small_screen(
    open_notebook: Callable[..., Notebook],
) -> None:
    """After Shift+Enter on the first cell, as the notebook says: with the composer, unscrolled."""
    notebook = open_notebook(load=False)
    notebook.path.write_bytes(QUICKSTART.read_bytes())
    notebook.page.set_viewport_size({"width": 1366, "height": 657})
    notebook.open()
    notebook.cell(1).locator(".cm-content").click()
    notebook.page.keyboard.press("Shift+Enter")
    chat = Chat(notebook)
    chat.settle(1)
    expect(chat.badge).to_have_text("Connected")
    for part in (chat.messages.first, chat.composer, chat.badge):
        expect(part).to_be_in_viewport(ratio=1)
    notebook.screenshot("small-screen")
