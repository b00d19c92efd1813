"""A learner reports an answer and deletes the conversation, by keyboard, in a real JupyterLab."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Lab, Notebook
from tests.support.children import until
from tests.support.files import contents
from tests.support.servers.processes import Tutor

MARKER = "zebra-crossing-marker"
STORED = f"() => JSON.stringify(Object.entries(sessionStorage)).split('{MARKER}').length - 1"
QUEUED = """
import threading
queued = threading.Event()
look = lambda _=None: [m["status"] for m in chat.queue] == ["queued"] and queued.set()
chat.disconnect(); chat.observe(look, "queue")
chat.say("queued " + "-".join(["zebra", "crossing", "marker"]))
assert queued.wait(60)
""".strip()
LEFT = "chat.history, chat.queue, chat.session_state"


def test_an_answer_is_reported_and_its_conversation_deleted(
    lab: Lab,
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    tmp_path: Path,
) -> None:
    """Said, attached, queued, drafted, reported: it is nowhere any more, in either of two tabs."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    one, other = (open_notebook(chat_cell(tutor.url), QUEUED, LEFT) for _ in range(2))
    chats = []
    for notebook in (one, other):
        notebook.run(0)
        chats.append(Chat(notebook))
        expect(chats[-1].badge).to_have_text("Connected")
    chat, elsewhere = chats
    chat.say(f"said {MARKER}")
    for each in chats:
        each.settle(2)
    other.run(1)
    elsewhere.composer.fill(f"drafted {MARKER}")

    one.page.bring_to_front()
    keyboard = one.page.keyboard
    chat.transcript.focus()
    # To the answer, into it, its menu, and past Copy.
    for key in ("Enter", "Enter", "Enter", "Tab", "Enter"):
        keyboard.press(key)
    form = chat.root.get_by_role("dialog", name="Report this answer")
    expect(form.get_by_role("textbox")).to_be_focused()
    keyboard.type(f"because of {MARKER}")
    keyboard.press("Tab")
    expect(form.get_by_role("checkbox")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(chat.messages.last).to_contain_text("Reported")

    chat.composer.fill(f"drafted {MARKER}")
    assert one.page.evaluate(STORED) == other.page.evaluate(STORED) == 1
    chat.root.get_by_role("button", name="More").focus()
    keyboard.press("Enter")
    item = chat.root.get_by_role("button", name="Delete this conversation…")
    item.focus()
    keyboard.press("Enter")
    question = chat.root.get_by_role("alertdialog", name="Delete this conversation?")
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    keyboard.press("Escape")
    expect(item).to_be_focused()
    keyboard.press("Enter")
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    expect(chat.badge).to_have_text("This conversation was deleted.")
    start = chat.root.get_by_role("button", name="Start a new conversation")
    expect(start).to_be_visible()

    other.page.bring_to_front()
    elsewhere.badge.click()
    elsewhere.details.get_by_role("button", name="Reconnect now").click()
    expect(elsewhere.badge).to_have_text("This conversation was deleted.")
    for notebook, each in ((one, chat), (other, elsewhere)):
        expect(each.messages).to_have_count(0)
        expect(each.composer).to_be_hidden()
        assert notebook.page.evaluate(STORED) == 0
        assert MARKER not in notebook.page.evaluate("document.body.innerHTML")
        assert MARKER not in each.root.evaluate("chat => chat.getRootNode().innerHTML")
        assert notebook.run(2).strip() == "([], [], {})"

    one.page.bring_to_front()
    start.click()
    expect(chat.badge).to_have_text("Connected")
    chat.say("a fresh start")
    chat.settle(2)
    marker = MARKER.encode()
    folders = (tmp_path, Path(lab.environment["JUPYTER_DATA_DIR"]) / "tutor_widget")
    until(lambda: not any(marker in file for folder in folders for file in contents(folder)))
