"""Everything by keyboard, and no key of the chat's does anything to the notebook."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor

FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element?.dataset.testid ?? element?.textContent ?? "";
}"""


def tab_to(notebook: Notebook, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the target has the focus."""
    for _ in range(40):
        if target.evaluate("node => node.matches(':focus')"):
            return
        notebook.page.keyboard.press(key)
    pytest.fail(f"{key} does not lead to {target}; it led to {notebook.page.evaluate(FOCUSED)!r}")


def test_a_whole_conversation_by_keyboard_alone(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    hold_replies: Callable[[str], Callable[[], None]],
) -> None:
    """From the cell to the composer, a message, its reply stopped, another taken back, and out."""
    tutor = start_tutor("--tutor=tests.support.servers.tutors:Held")
    notebook = open_notebook(chat_cell(tutor.url), "")
    keyboard = notebook.page.keyboard
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")

    tab_to(notebook, chat.badge)
    keyboard.press("Enter")
    expect(chat.details).to_be_visible()
    keyboard.press("Enter")
    expect(chat.details).to_be_hidden()
    tab_to(notebook, chat.composer)
    hold_replies("takes")
    keyboard.type("a message that takes its time to be answered")
    keyboard.press("Enter")
    expect(chat.composer).to_have_value("")
    reply = chat.messages.nth(1)
    stop = reply.get_by_role("button", name="Stop")
    expect(reply).to_contain_text("takes")
    tab_to(notebook, chat.transcript, "Shift+Tab")
    for key in ["End", "Enter"]:
        keyboard.press(key)
    expect(stop).to_be_focused()
    keyboard.press("Enter")
    expect(reply).to_have_attribute("data-state", "stopped")
    assert notebook.page.evaluate(FOCUSED), "the focus was lost"

    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    tab_to(notebook, chat.composer)
    keyboard.type("second thoughts")
    keyboard.press("Enter")
    expect(chat.message("second thoughts")).to_be_visible()
    keyboard.press("ArrowUp")
    expect(chat.composer).to_have_value("second thoughts")
    expect(chat.message("second thoughts")).to_have_count(0)
    keyboard.press("Escape")
    expect(notebook.cell(0)).to_be_focused()


def test_keys_typed_in_the_chat_do_nothing_to_the_notebook(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Not a command on cells gets out, wherever in the chat the focus is; Ctrl+S does."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url), "'second'", "'third'")
    keyboard = notebook.page.keyboard
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")

    chat.composer.focus()
    keyboard.type("abxdd")
    keyboard.press("Shift+Enter")
    keyboard.type("zz00")
    expect(chat.composer).to_have_value("abxdd\nzz00")
    keyboard.press("Control+Enter")
    chat.settle(2)
    for place in (chat.badge, chat.transcript, chat.messages.first):
        place.focus()
        for key in ("d", "d", "a", "b", "x", "Shift+M", "Shift+Enter", "Control+Enter"):
            keyboard.press(key)
    assert [event.text for event in tutor.events("a-session-for-this-test")] == ["abxdd\nzz00"] * 2
    expect(notebook.page.locator(".jp-Notebook .jp-Cell")).to_have_count(3)
    prompts = notebook.page.locator(".jp-Notebook .jp-InputPrompt")
    expect(prompts).to_have_text(["[1]:", "[ ]:", "[ ]:"])

    chat.composer.focus()
    keyboard.press("Control+s")
    notebook.wait_until_saved()
