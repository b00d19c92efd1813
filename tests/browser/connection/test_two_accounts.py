"""Two learners' chats in one page: each gets back what it typed, and nothing of the other's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook, Wire
from tests.support.servers.processes import Tutor

pytestmark = pytest.mark.timeout(300)

SESSION = "a-session-of-two-accounts"


def test_words_come_back_to_their_own_account(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """After a kernel's restart and a reload, with the cells run in the other order."""
    tokens = tmp_path / "tokens"
    tokens.write_text("alice alices-token\nbob bobs-token\n")
    tutor = start_tutor("--tutor=echo", "--pace=0", "--token-file", str(tokens))
    notebook = open_notebook(
        chat_cell(tutor.url, SESSION, token="alices-token"),
        chat_cell(tutor.url, SESSION, token="bobs-token"),
    )
    wire = Wire(notebook.page)
    notebook.open()
    wire.loses = lambda message: message.sent and message.custom.get("op") == "say"
    for cell in (0, 1):
        notebook.run(cell)
    alice, bob = Chat(notebook), Chat(notebook, 1)
    for chat in (alice, bob):
        expect(chat.badge).to_have_text("Connected")
    alice.say("only Alice's")
    expect(alice.message("only Alice's")).to_have_attribute("data-state", "waiting")
    alice.composer.fill("a draft of Alice's")
    bob.composer.fill("a draft of Bob's")
    notebook.save()
    notebook.restart_kernel()
    notebook.open()
    wire.loses = lambda message: False

    notebook.run(1)
    expect(alice.badge).to_contain_text("A saved conversation.")
    expect(bob.badge).to_have_text("Connected")
    expect(bob.composer).to_have_value("a draft of Bob's")
    notebook.run(0)
    alice.settle(2)
    assert alice.texts() == ["only Alice's"] * 2
    expect(alice.composer).to_have_value("a draft of Alice's")
    expect(bob.composer).to_have_value("a draft of Bob's")
    expect(bob.messages).to_have_count(0)
