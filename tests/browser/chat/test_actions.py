"""What can be done with a message that arrived, and with the chat as a whole."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.support.browser.axe import bring_axe, faults
from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.harness import CONVERSATION, Harness, traits
from tests.support.browser.jupyter import Notebook, Notebook7
from tests.support.servers.processes import Tutor

CODE = "total = 41\ntotal + 1"
SOURCES = "jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(c => c.source)"
UNDO = "jupyterapp.commands.execute('notebook:undo-cell-action')"
# Nothing lies over the middle of it.
ON_TOP = """element => {
  const {x, y, width, height} = element.getBoundingClientRect();
  return element.getRootNode().elementFromPoint(x + width / 2, y + height - 2) === element;
}"""
LONG = "\n".join(f"    line_{n} = {n}" for n in range(1, 41))


def button(chat: Chat, name: str) -> Locator:
    return chat.root.get_by_role("button", name=name, exact=True)


def contexts(database: Path) -> list[dict[str, Any] | None]:
    """What the server's log holds beside each message of the learner's, oldest first."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as log:
        rows = log.execute("SELECT context FROM events WHERE role = 'learner' ORDER BY seq")
        return [json.loads(context) if context else None for (context,) in rows]


# --- in a notebook --------------------------------------------------------------------------------


@pytest.mark.parametrize("host", [Notebook, pytest.param(Notebook7, marks=pytest.mark.slow)])
def test_code_goes_into_a_new_cell_below_the_chat_and_is_not_run(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], host: type[Notebook]
) -> None:
    """Below the chat's cell wherever that is by now; the notebook's own undo takes it back."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    show = chat_cell(tutor.url)
    notebook = open_notebook("'above'", show, "'below'", host=host)
    notebook.run(1)
    chat = Chat(notebook)
    chat.say(f"```python\n{CODE}\n```")
    chat.settle(2)
    insert = chat.root.get_by_role("button", name="Insert into a new cell: code, ")
    expect(insert).to_have_count(1)  # at the tutor's code, not at the learner's
    insert.click()
    expect(chat.root.get_by_role("button", name="Inserted: code, ")).to_be_visible()
    assert notebook.page.evaluate(SOURCES) == ["'above'", show, CODE, "'below'"]
    expect(notebook.cell(2).locator(".jp-InputPrompt")).to_have_text("[ ]:")
    notebook.page.evaluate(UNDO)
    assert notebook.page.evaluate(SOURCES) == ["'above'", show, "'below'"]


def test_an_error_needs_no_words_and_is_asked_again_after_a_restart(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """What went along goes along again, although the kernel that knew it is gone."""
    tutor = start_tutor("--pace=0")
    notebook = open_notebook(chat_cell(tutor.url), "totl")
    notebook.run(0)
    notebook.run(1)
    chat = Chat(notebook)
    send = button(chat, "Send")
    expect(send).to_have_attribute("aria-disabled", "true")
    button(chat, "+ Last error: NameError").click()
    button(chat, "Attach").click()
    expect(send).not_to_have_attribute("aria-disabled", "true")
    chat.composer.press("Enter")
    chat.settle(3)
    question = "Can you look at this error?"
    assert chat.texts()[1] == question
    expect(chat.messages.nth(2)).to_contain_text("NameError")

    notebook.restart_kernel()
    notebook.run(0)
    chat.settle(3)
    expect(chat.badge).to_have_text("Connected")
    chat.messages.nth(1).get_by_role("button", name="Actions").click()
    button(chat, "Ask again").click()
    chat.settle(5)
    assert chat.texts()[3] == question
    first, second = contexts(tmp_path / "tutor.sqlite")
    assert first is not None
    assert first["error"]["name"] == "NameError"
    assert second == first


def test_the_chat_floats_over_the_notebook_and_comes_back(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """One view more of the same chat, which keeps its keys, inserts below the same cell, and ends
    with the cell's output."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url), "'below'")
    notebook.run(0)
    chat = Chat(notebook)
    button(chat, "More").click()
    button(chat, "Float at the lower right").click()
    floating = notebook.page.locator("[data-floating]")
    composer = floating.get_by_test_id("composer")
    expect(composer).to_be_focused()
    composer.press_sequentially("dd")  # two of these delete a cell where they reach the notebook
    expect(chat.composer).to_have_value("dd")
    composer.fill(f"```\n{CODE}\n```")
    composer.press("Enter")
    chat.settle(2)
    insert = floating.get_by_role("button", name="Insert into a new cell")
    insert.click()
    assert notebook.page.evaluate(SOURCES)[1:] == [CODE, "'below'"]
    notebook.screenshot("floating")

    floating.get_by_role("button", name="More").click()
    floating.get_by_role("button", name="Back to the notebook").click()
    expect(floating).to_have_count(0)
    expect(chat.composer).to_be_focused()
    button(chat, "More").click()
    button(chat, "Float at the lower right").click()
    expect(composer).to_be_focused()
    notebook.page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    expect(floating).to_have_count(0)


# --- in a page of its own -------------------------------------------------------------------------


def show(harness: Harness, **more: Any) -> Chat:
    given = {**CONVERSATION, "_view": {"offers": ["report"]}, **traits(), **more}
    harness.show(given)
    harness.rest()
    return Chat(harness)


def test_the_actions_show_under_the_pointer_and_move_nothing(harness: Harness) -> None:
    """As icons, in the message that the pointer is at; without a pointer nothing is there."""
    chat = show(harness)
    chat.composer.focus()
    expect(chat.root.locator(".tools")).to_have_count(0)
    places = "log => [...log.querySelectorAll('.message')].map(m => m.getBoundingClientRect().top)"
    before = chat.transcript.evaluate(places)
    for n, names in ((1, ["Copy", "Ask again", "Edit and ask again"]), (2, ["Copy"])):
        message = chat.messages.nth(n)
        message.hover()
        for name in names:
            shown = message.locator(".meta").get_by_role("button", name=name, exact=True)
            expect(shown).to_be_visible()
        assert chat.transcript.evaluate(places) == before
    harness.page.mouse.move(0, 0)
    expect(chat.root.locator(".offered")).to_be_hidden()


def test_a_report_is_written_and_shared_by_keyboard(harness: Harness) -> None:
    """Tab leads to the box that shares, Space ticks it; axe finds nothing in the form."""
    bring_axe(harness.page)
    chat = show(harness)
    chat.messages.last.get_by_role("button", name="Actions").click()
    button(chat, "Report this answer").click()
    reason, keys = chat.root.get_by_role("textbox", name="What is wrong"), harness.page.keyboard
    expect(reason).to_be_focused()
    keys.type("rude")
    keys.press("Tab")
    share = chat.root.get_by_role("checkbox", name="Share the conversation around this answer")
    expect(share).to_be_focused()
    expect(share).not_to_be_checked()
    keys.press("Space")
    expect(share).to_be_checked()
    assert faults(chat) == []
    box = share.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 18
    keys.press("Tab")
    expect(button(chat, "Report")).to_be_focused()
    keys.press("Enter")
    expect(share).to_be_hidden()


def test_the_actions_are_one_menu_for_the_keyboard(harness: Harness) -> None:
    """Enter into a message, Enter opens, Tab leads on, Esc back; axe finds nothing in it."""
    bring_axe(harness.page)
    chat = show(harness)
    keys = harness.page.keyboard
    chat.transcript.focus()
    for key in ("Enter", "ArrowUp", "Enter", "Enter"):
        keys.press(key)
    expect(button(chat, "Ask again")).to_be_visible()
    expect(chat.messages.nth(1).locator(".meta .copy")).to_be_focused()
    assert faults(chat) == []
    keys.press("Escape")
    expect(chat.messages.nth(1).get_by_role("button", name="Actions")).to_be_focused()
    for key in ("Enter", "Tab", "Tab", "Enter"):
        keys.press(key)
    expect(chat.composer).to_be_focused()
    expect(chat.composer).to_have_value('red, because `colours[1]` is "the first"')


@pytest.mark.parametrize("width", [320, 640, 2560])
def test_a_long_paste_is_twelve_lines_until_all_are_asked_for(harness: Harness, width: int) -> None:
    """By keyboard, too; in a code font, and nothing of it is lost to the page's own search."""
    harness.size(width)
    paste = {**CONVERSATION["history"][1], "text": LONG}
    history = [paste, *({**paste, "seq": n, "id": f"m{n}", "text": LONG} for n in (3, 4))]
    chat = show(harness, history=history)
    chat.transcript.evaluate("log => log.scrollTo(0, 0)")
    code = chat.messages.first.locator("code")
    height = "element => element.getBoundingClientRect().height"
    line = float(code.evaluate(height)) / 40
    shown = chat.messages.first.locator("pre")
    assert 11 * line < float(shown.evaluate(height)) < 14 * line
    assert "line_40" in code.inner_text()
    more = button(chat, "Show all 40 lines").first
    more.focus()
    harness.page.keyboard.press("Enter")
    assert float(shown.evaluate(height)) > 40 * line - 1
    less = button(chat, "Show less")
    expect(less).to_be_focused()
    expect(chat.root.locator("button.jump")).to_be_visible()
    assert less.evaluate(ON_TOP)
    expect(less).to_have_attribute("aria-expanded", "true")
    harness.page.keyboard.press("Enter")
    assert float(shown.evaluate(height)) < 14 * line
    expect(more).to_be_in_viewport()


@pytest.mark.parametrize("width", [360, 640, 2560])
def test_the_floating_chat_is_at_the_lower_right_and_all_of_it_is_in_sight(
    harness: Harness, width: int
) -> None:
    """16 px from both edges, however wide the window is."""
    harness.size(width)
    chat = show(harness)
    button(chat, "More").click()
    button(chat, "Float at the lower right").click()
    floating = harness.page.locator("[data-floating]")
    expect(floating.get_by_test_id("composer")).to_be_focused()
    box = floating.bounding_box()
    assert box is not None
    assert (box["x"] + box["width"], box["y"] + box["height"]) == (width - 16, 640 - 16)
    assert min(box["x"], box["y"]) >= 16


def test_the_floating_chat_is_light_or_dark_as_the_page_is(harness: Harness) -> None:
    """Where no attribute tells the theme; its own background does not count."""
    chat = show(harness)
    button(chat, "More").click()
    button(chat, "Float at the lower right").click()
    for theme in ("dark", "light", "dark"):
        harness.theme(theme)
        expect(harness.page.locator("[data-floating]")).to_have_attribute("data-theme", theme)
