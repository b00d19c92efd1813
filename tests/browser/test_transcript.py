"""A long conversation: earlier messages, what is new, and how smooth it stays."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.chat import Chat, chat_cell
from tests.browser.jupyter import Notebook
from tests.processes import Learner, Tutor

SESSION = "a-long-conversation"


def top(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["y"]


def test_earlier_messages_come_in_above_what_is_read(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """A click brings them, what is read stays in its place; without a tutor it is said."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    with Learner(tutor.url, SESSION) as learner:
        for n in range(310):
            learner.say(f"message {n:03}")
    notebook = open_notebook(chat_cell(tutor.url, SESSION))
    notebook.run(0)
    chat = Chat(notebook)
    chat.settle(500)
    first = chat.messages.first
    number = first.locator(".body").text_content() or ""
    older = chat.root.get_by_role("button", name="Earlier messages")
    chat.transcript.evaluate("log => log.scrollTo(0, 0)")
    expect(older).to_be_in_viewport()

    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    older.click()
    expect(chat.notes).to_contain_text("The tutor cannot be reached at the moment.")
    tutor.start()
    expect(chat.badge).to_have_text("Connected")

    read = chat.message(number).first
    before = top(read) - top(chat.transcript)
    older.click()
    chat.settle(600)
    assert abs(top(read) - top(chat.transcript) - before) < 3
    expect(older).to_have_text("Earlier messages")
    chat.transcript.evaluate("log => log.scrollTo(0, 0)")
    older.click()
    chat.settle(620)
    expect(older).to_be_hidden()
    expect(chat.messages.first).to_contain_text("message 000")


def test_what_is_new_is_marked_until_the_reader_speaks(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Who reads further up is left in peace: a count at the jump button, a line above the first."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    with Learner(tutor.url, SESSION) as other:
        for n in range(20):
            other.say(f"message {n:03}")
        notebook = open_notebook(chat_cell(tutor.url, SESSION))
        notebook.run(0)
        chat = Chat(notebook)
        chat.settle(40)
        expect(chat.badge).to_have_text("Connected")
        # The page hears of the scrolling with the next frame, and must before anything is said.
        chat.transcript.evaluate(
            "log => new Promise(done => {"
            " log.scrollTo(0, 0); requestAnimationFrame(() => requestAnimationFrame(done)); })"
        )
        other.say("news")
        other.say("more")
    chat.settle(44)
    jump = chat.root.get_by_role("button", name="2 new messages")
    expect(jump).to_be_visible()
    mark = chat.root.locator(".unread")
    expect(mark).to_have_text("New")
    assert mark.evaluate("line => line.nextElementSibling.textContent").endswith("news")
    jump.click()
    expect(mark).to_be_in_viewport()
    notebook.picture(chat.root, "unread")
    chat.say("seen")
    chat.settle(46)
    expect(mark).to_have_count(0)
