"""What the learner can do with a message that has not arrived, and with a reply under way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Message, Notebook, Wire
from tests.support.servers.processes import Tutor

pytestmark = pytest.mark.timeout(300)

SESSION = "a-session-with-second-thoughts"


def said(tutor: Tutor) -> list[str]:
    """What the server has of the learner."""
    return [event.text for event in tutor.events(SESSION) if event.role == "learner"]


def do(message: Locator, action: str) -> None:
    message.get_by_role("button", name=action, exact=True).click()


def test_second_thoughts_about_what_waits(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Edit, Discard, Try again and ↑ on both hops: what was meant in the end arrives, once."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(
        chat_cell(tutor.url, SESSION),
        "import tutor_widget.client.limits; tutor_widget.client.limits.MAX_WAITING = 3",
        load=False,
    )
    wire = Wire(notebook.page)
    notebook.open()
    notebook.run(0)
    notebook.run(1)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    for text in ("discarded", "edited", "last"):
        chat.say(text)
        expect(chat.message(text)).to_have_attribute("data-state", "queued")
    chat.say("one too many")
    refused = chat.message("one too many")
    expect(refused).to_contain_text("Not sent: 3 messages wait already")
    notebook.picture(chat.root, "not-sent")

    do(chat.message("discarded"), "Discard")
    expect(chat.message("discarded")).to_have_count(0)
    do(refused, "Try again")
    expect(refused).to_have_attribute("data-state", "queued")
    chat.composer.fill("a draft")
    do(chat.message("edited"), "Edit")
    expect(chat.composer).to_have_value("edited\na draft")
    chat.say("changed")
    expect(chat.message("changed")).to_have_attribute("data-state", "queued")
    chat.composer.press("ArrowUp")
    expect(chat.composer).to_have_value("changed")
    chat.say("changed twice")
    expect(chat.messages.locator(".body")).to_have_text(["last", "one too many", "changed twice"])
    do(chat.message("last"), "Discard")
    expect(chat.message("last")).to_have_count(0)

    # The kernel has it, and the page does not know.
    wire.loses = lambda message: not message.sent and message.type == "comm_msg"
    chat.say("on its way")
    expect(chat.message("on its way")).to_have_attribute("data-state", "waiting")
    do(chat.message("on its way"), "Discard")
    # The kernel does not have it.
    wire.loses = lambda message: message.custom.get("op") == "say"
    chat.say("never left")
    chat.say("nor did this")
    do(chat.message("never left"), "Discard")
    chat.composer.press("ArrowUp")
    expect(chat.composer).to_have_value("nor did this")
    wire.loses = lambda message: False
    chat.say("but this")
    tutor.start()
    chat.settle(6)
    expected = ["one too many", "changed twice", "but this"]
    assert said(tutor) == expected
    assert chat.texts() == [text for text in expected for _ in range(2)]


def test_a_reply_is_stopped(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """Stop ends the reply with what was said of it, here and in the log, though it is lost once."""
    tutor = start_tutor("--tutor=tests.support.servers.tutors:Until")
    notebook = open_notebook(chat_cell(tutor.url, SESSION), load=False)
    wire = Wire(notebook.page)
    notebook.open()
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    chat.say(str(tmp_path / "never"))
    reply = chat.messages.last
    expect(reply).to_contain_text("word002")

    def loses_the_first_stop(message: Message) -> bool:
        return message.custom.get("op") == "stop" and not wire.lost

    wire.loses = loses_the_first_stop
    do(reply, "Stop")
    expect(reply.get_by_role("button", name="Stopping…")).to_be_visible()
    expect(reply).to_have_attribute("data-state", "stopped")
    notebook.picture(chat.root, "stopped")
    answer = tutor.events(SESSION)[-1]
    assert answer.status == "stopped"
    assert answer.text.startswith("word000 word001 word002")
    assert chat.texts()[-1] == answer.text.strip()
    assert len(wire.lost) == 1
