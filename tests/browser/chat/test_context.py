"""The learner shares an error or a cell: by a click, after a look at exactly what goes."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.support.browser.axe import bring_axe, faults
from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook
from tests.support.browser.stored import chats
from tests.support.servers.processes import Tutor

BROKEN = "secretive_total = 3\nprint(secretive_totl)"
NAMED = "NameError: name 'secretive_totl' is not defined"
SAVE_STATE = "jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"


def chip(chat: Chat, label: str) -> Locator:
    return chat.root.get_by_role("button", name=label)


def contexts(database: Path) -> list[dict[str, Any] | None]:
    """What the server's log holds beside each message of the learner's, oldest first."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as log:
        rows = log.execute("SELECT context FROM events WHERE role = 'learner' ORDER BY seq")
        return [json.loads(context) if context else None for (context,) in rows]


@pytest.fixture
def saving_state(open_notebook: Callable[..., Notebook]) -> Iterator[Callable[..., Notebook]]:
    """Opens a notebook that is saved with its widgets' state."""
    opened: list[Notebook] = []

    def open(*cells: str) -> Notebook:
        opened.append(open_notebook(*cells))
        opened[0].page.evaluate(SAVE_STATE)
        return opened[0]

    yield open
    opened[0].page.evaluate(SAVE_STATE)  # one setting for all of JupyterLab: off again


def test_an_error_is_shared_as_it_was_looked_at_and_once(
    saving_state: Callable[..., Notebook], start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """Seen, changed, attached, sent, explained; nothing of it anywhere before, nor ever after."""
    tutor = start_tutor("--pace=0")
    notebook = saving_state(chat_cell(tutor.url), BROKEN)
    notebook.run(0)
    chat = Chat(notebook)
    chat.settle(1)
    expect(chip(chat, "Last error")).to_be_hidden()
    notebook.run(1)
    expect(chip(chat, "Last error: NameError")).to_be_visible()
    expect(chip(chat, "This cell")).to_be_visible()
    # The notebook itself holds the cell and its output: look at what is the widget's.
    told = json.dumps([message.content for message in notebook.traffic.comm()])
    assert "NameError" in told
    assert "secretive" not in told
    notebook.wait_until_met()
    content = notebook.save()
    (stored,) = chats(content)
    assert "<article" in stored["saved_conversation"]["html"]
    state = json.dumps(content["metadata"]["widgets"])
    assert "NameError" not in state  # the name is for this page
    assert "secretive" not in state

    chip(chat, "Last error: NameError").click()
    preview = chat.root.get_by_role("dialog", name="This goes with the next message you write")
    expect(preview.get_by_label("Error")).to_have_value("NameError")
    expect(preview.get_by_label("Error")).to_be_focused()
    expect(preview.get_by_label("Message")).to_have_value(NAMED.removeprefix("NameError: "))
    seen = notebook.cell(1).locator(".jp-OutputArea-output pre").inner_text()
    traceback = preview.get_by_label("Where it happened")
    assert traceback.input_value().split() == seen.split()
    traceback.fill("in my second line")
    preview.get_by_role("button", name="Attach").click()
    expect(preview).to_be_hidden()
    expect(chat.composer).to_be_focused()
    expect(chip(chat, "Attached: NameError")).to_be_visible()
    assert "secretive" not in json.dumps([m.content for m in notebook.traffic.comm() if m.sent])

    reopened = time.monotonic()
    notebook.open()  # a reload keeps what is attached, as it keeps the draft
    expect(chip(chat, "Attached: NameError")).to_be_visible()
    assert contexts(tmp_path / "tutor.sqlite") == []
    chat.say("What does this mean?")
    chat.settle(3)
    error = {"name": "NameError", "message": NAMED.removeprefix("NameError: ")}
    error["traceback"] = "in my second line"
    assert contexts(tmp_path / "tutor.sqlite") == [{"error": error}]
    expect(chat.messages.nth(1)).to_contain_text("Attached: NameError")
    answer = chat.messages.nth(2)
    expect(answer).to_contain_text("Python met the name secretive_totl and does not know it")
    expect(answer).to_contain_text("Back to the lesson, 1 of")
    expect(chip(chat, "Last error: NameError")).to_be_visible()

    chat.say("3")
    chat.settle(5)
    assert contexts(tmp_path / "tutor.sqlite") == [{"error": error}, None]
    expect(chat.messages.nth(3)).not_to_contain_text("Attached")
    expect(chat.messages.nth(4)).to_contain_text("2 of")
    notebook.wait_until_met(reopened)
    content = notebook.save()
    (stored,) = chats(content)
    assert stored["saved_conversation"]["html"].count("<article") == 5
    assert "in my second line" not in json.dumps(content["metadata"]["widgets"])


def test_a_cell_is_shared_by_keyboard_alone(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """The focus is never lost; what waits is taken back with what is attached to it."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url), "x = 1\nx + 1", "y = 'long' * 5\n" * 2_000)
    notebook.run(0)
    notebook.run(1)
    chat = Chat(notebook)
    keys = notebook.page.keyboard
    cell = chip(chat, "This cell")
    preview = chat.root.get_by_role("dialog")
    expect(cell).to_be_visible()
    chat.composer.focus()
    keys.press("Tab")  # the button that sends
    keys.press("Tab")
    expect(cell).to_be_focused()
    keys.press("Enter")
    code = preview.get_by_label("Code")
    expect(code).to_be_focused()
    expect(code).to_have_value("x = 1\nx + 1")
    keys.press("Escape")
    expect(preview).to_be_hidden()
    expect(cell).to_be_focused()
    keys.press("Enter")
    expect(code).to_be_focused()
    keys.press("Control+a")
    keys.type("x = 2")
    keys.press("Tab")
    keys.press("Enter")
    expect(chat.composer).to_be_focused()
    attached = chip(chat, "Attached: code")
    expect(attached).to_be_visible()

    tutor.stop()
    expect(chat.badge).to_contain_text("Reconnecting")
    keys.type("look")
    keys.press("Enter")
    waiting = chat.message("look")
    expect(waiting).to_contain_text("Attached: code")
    expect(waiting).to_have_attribute("data-state", "queued")
    expect(attached).to_be_hidden()
    chat.composer.focus()
    keys.press("ArrowUp")
    expect(waiting).to_have_count(0)
    expect(chat.composer).to_have_value("look")
    expect(attached).to_be_visible()
    attached.focus()
    keys.press("Enter")
    expect(code).to_have_value("x = 2")
    expect(code).to_be_focused()
    for _ in range(2):
        keys.press("Tab")
    expect(preview.get_by_role("button", name="Remove")).to_be_focused()
    keys.press("Enter")
    expect(cell).to_be_focused()

    notebook.run(2)
    cell.click()
    expect(preview.get_by_text("bytes: shorten it before you attach it.")).to_be_visible()
    preview.get_by_role("button", name="Attach").press("Enter")
    expect(code).to_be_visible()
    code.fill("y = 'long' * 5")
    expect(preview.get_by_text("bytes: shorten it before you attach it.")).to_have_count(0)
    preview.get_by_role("button", name="Attach").click()
    tutor.start()
    keys.press("Enter")
    chat.settle(2)
    assert contexts(tmp_path / "tutor.sqlite") == [{"cell": "y = 'long' * 5"}]


@pytest.mark.slow
def test_axe_finds_nothing_in_the_preview(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Light and dark: open on an error, on too much code, and with something attached."""
    tutor = start_tutor("--pace=0")
    notebook = open_notebook(chat_cell(tutor.url), BROKEN, "y = 1\n" * 4_000)
    bring_axe(notebook.page)
    notebook.run(0)
    notebook.run(1)
    chat = Chat(notebook)
    chat.settle(1)
    preview = chat.root.get_by_role("dialog")

    def look(name: str) -> None:
        assert faults(chat) == []
        notebook.picture(chat.root, name)

    chip(chat, "Last error").click()
    expect(preview.get_by_label("Message")).to_be_visible()
    look("preview-light")
    notebook.theme("JupyterLab Dark")
    look("preview-dark")
    preview.get_by_role("button", name="Attach").click()
    notebook.run(2)
    chip(chat, "This cell").click()
    expect(preview.get_by_text("bytes: shorten it")).to_be_visible()
    look("preview-too-large-dark")
    preview.get_by_role("button", name="Cancel").click()
    chat.say("Why?")
    chat.settle(3)
    chip(chat, "Last error").click()
    preview.get_by_role("button", name="Attach").click()
    look("attached-dark")
    notebook.theme("JupyterLab Light")
    look("attached-light")
    asked = chat.message("Why?").first
    asked.scroll_into_view_if_needed()
    notebook.picture(asked, "shared-light")
