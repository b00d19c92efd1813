"""A saved notebook holds its chats, and shows them without their kernel."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook, Notebook7
from tests.support.servers.processes import Tutor

SAVED = "A saved conversation. Run this cell to go on."
STATE = "application/vnd.jupyter.widget-state+json"
SESSION = "a-conversation-that-is-stored"


def states(notebook: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The states of the widgets in a notebook's content, by model."""
    found: dict[str, dict[str, Any]] = (
        notebook["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    )
    return found


def stored_chats(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The conversations among them."""
    every = [state["state"] for state in states(notebook).values()]
    return [state["saved_conversation"] for state in every if "saved_conversation" in state]


@pytest.mark.parametrize("host", [Notebook, Notebook7])
def test_a_notebook_shows_its_chat_the_next_day(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], host: type[Notebook]
) -> None:
    """With a kernel that knows nothing of it: what was said, and the badge; run again, it goes on."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION), host=host)
    notebook.run(0)
    chat = Chat(notebook)
    chat.say("kept **words**\n\n```python\nfor i in range(3):\n    print(i)\n```")
    chat.settle(2)
    said = chat.texts()
    content = notebook.save()
    print(json.dumps(content)[-1500:])
    notebook.wait_until_saved()
    assert len(stored_chats(content)) == 1
    notebook.lab.end_kernels(notebook.path)
    notebook.open()
    expect(chat.badge).to_have_text(SAVED)
    expect(chat.root.locator("p.saved")).to_have_text(SAVED)
    chat.settle(2)
    notebook.picture(chat.root, f"saved-{host.__name__}")
    expect(chat.composer).to_have_count(0)
    notebook.wait_until_saved()
    notebook.run(0)
    expect(chat.badge).to_have_text("Connected")
    assert chat.texts() == said
