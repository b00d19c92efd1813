"""What cannot work is said in words, at once, and without a traceback."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook
from tests.support.servers import wrong_servers
from tests.support.servers.processes import Tutor

TIMED = """
import time; begun = time.monotonic()
{cell}
display(chat)
print(time.monotonic() - begun)
"""
"""The cell, and how long it took by the kernel's own clock, in s."""


def test_each_fatal_ending_has_its_sentence(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """The badge says what is wrong, a note what to do; no cell waits, nothing goes to stderr."""
    tutor = start_tutor("--tutor=echo")
    with ExitStack() as stack:
        addresses = {
            f"{tutor.url}wrong/path/": "No tutor at this address (HTTP status 404).",
            stack.enter_context(wrong_servers.without_subprotocol()): (
                "No tutor at this address: another kind of server answers."
            ),
            stack.enter_context(wrong_servers.answering(401)): "Please sign in again.",
            stack.enter_context(wrong_servers.answering(403)): "does not let this notebook in",
            stack.enter_context(wrong_servers.closing_with(4401)): "Please sign in again.",
            stack.enter_context(wrong_servers.closing_with(4403)): "This is not your conversation.",
            stack.enter_context(wrong_servers.closing_with(4404)): "No tutor at this address.",
            stack.enter_context(wrong_servers.closing_with(4409)): "was taken over",
            stack.enter_context(wrong_servers.closing_with(4410)): "This conversation was deleted.",
        }
        notebook = open_notebook(*(TIMED.format(cell=chat_cell(url)) for url in addresses))
        for n, sentence in enumerate(addresses.values()):
            assert float(notebook.run(n)) < 3
            chat = Chat(notebook, n)
            expect(chat.badge).to_contain_text(sentence)
            expect(chat.badge).to_have_attribute("data-tone", "bad")
            expect(chat.notes).not_to_be_empty()
        notebook.screenshot("fatal")
    expect(
        notebook.page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')
    ).to_have_count(0)


def test_where_nobody_listens_it_keeps_trying_and_says_so(
    open_notebook: Callable[..., Notebook],
) -> None:
    """A refused connection is no verdict: the badge says Connecting, a note what is wrong."""
    notebook = open_notebook(chat_cell("ws://127.0.0.1:1"), "1 + 1")
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_contain_text("Connecting")
    expect(chat.notes).not_to_be_empty()
    assert notebook.run(1) == "2"
    expect(
        notebook.page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')
    ).to_have_count(0)


def test_mistakes_in_the_call_are_exceptions_at_once(
    open_notebook: Callable[..., Notebook],
) -> None:
    """A bad URL and a misspelt keyword are named in one sentence."""
    notebook = open_notebook(
        "from tutor_widget import TutorChat\nTutorChat('gopher://example.org')",
        "TutorChat(sesion='algebra')",
    )
    bad_url = notebook.run(0)
    assert "InvalidURL: The tutor's address must begin with" in bad_url
    misspelt = notebook.run(1)
    assert "TypeError" in misspelt
    assert "did you mean" in misspelt.lower() or "session" in misspelt.splitlines()[-1]
