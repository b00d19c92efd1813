"""The server dies, the kernel dies, and the conversation goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor

SESSION = "healing-a-conversation"
HISTORY = "import json; print(json.dumps(chat.history))"


def history(notebook: Notebook, n: int) -> list[dict[str, Any]]:
    """`chat.history` as cell n prints it."""
    said: list[dict[str, Any]] = json.loads(notebook.run(n))
    return said


def log(tutor: Tutor) -> list[dict[str, Any]]:
    """The server's log, in the shape of `chat.history`."""
    return [
        {
            key: getattr(event, key)
            for key in ("seq", "id", "role", "text", "at", "status", "re")
            if getattr(event, key) is not None
        }
        for event in tutor.events(SESSION)
    ]


def test_a_killed_server_is_noticed_and_found_again(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Reconnecting within 3 s of the kill; Reconnected, then Connected, by itself; spoken once."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION))
    tutor.freeze()  # "Connected" is spoken where the page is there before the connection
    notebook.start(0)
    chat = Chat(notebook)
    expect(chat.badge).to_contain_text("Connecting")
    tutor.thaw()
    expect(chat.badge).to_have_text("Connected")

    killed = time.time() * 1000
    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    assert min(at for at, words in notebook.badges() if "Reconnecting" in words) - killed <= 3_000
    notebook.screenshot("reconnecting")
    notebook.page.wait_for_timeout(5_000)  # the outage itself
    expect(chat.badge).to_contain_text("Reconnecting")
    tutor.start()

    expect(chat.badge).to_have_text("Connected")
    assert [words for _, words in notebook.badges()][-2:] == ["Reconnected", "Connected"]
    spoken = [text for voice, text in notebook.spoken() if voice != "reply"]
    assert spoken == ["Connected", "Reconnecting…", "Reconnected"]


def test_what_is_typed_during_an_outage_arrives_once_and_in_order(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Three messages wait as queued, in order; then each is sent once and answered in order."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION))
    notebook.start(0)
    chat = Chat(notebook)
    chat.say("before")
    chat.settle(2)
    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")

    words = ["first", "second", "third"]
    for word in words:
        chat.say(word)
    queued = chat.root.locator('[data-testid="message"][data-state="queued"]')
    expect(queued.locator(".body")).to_have_text(words)
    expect(queued.get_by_text("Queued", exact=True)).to_have_count(3)
    expect(chat.badge).to_have_text("Reconnecting, 3 messages waiting")
    notebook.screenshot("queued")
    tutor.start()

    chat.settle(8)
    expect(chat.badge).to_have_text("Connected")
    assert "Reconnected, 3 messages sent" in [words for _, words in notebook.badges()]
    events = tutor.events(SESSION)
    learner = [event for event in events if event.role == "learner"]
    assert [event.text for event in learner] == ["before", *words]
    answers = [event for event in events if event.role == "tutor"]
    assert [event.re for event in answers] == [event.id for event in learner]
    assert chat.texts() == [text for word in ["before", *words] for text in (word, word)]


def test_a_reply_that_the_server_died_over_is_there_whole(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    hold_replies: Callable[[str], Callable[[], None]],
) -> None:
    """After a kill in mid-reply, and after a kernel's restart, the history is the server's log."""
    tutor = start_tutor("--tutor=tests.support.servers.tutors:Held")
    notebook = open_notebook(chat_cell(tutor.url, SESSION), HISTORY)
    notebook.start(0)
    chat = Chat(notebook)
    text = " ".join(f"word{n:03}" for n in range(50))
    go_on = hold_replies("word005")
    chat.say(text)
    reply = chat.messages.nth(1)
    expect(reply).to_contain_text("word005")
    expect(reply).to_have_attribute("data-state", "streaming")
    tutor.kill()
    go_on()
    tutor.start()
    chat.settle(2, seconds=30)

    assert chat.texts() == [text, text]
    assert history(notebook, 1) == log(tutor)
    before = chat.ids()
    notebook.restart_kernel()
    notebook.start(0)
    expect(chat.badge).to_have_text("Connected")
    chat.settle(2)
    assert chat.ids() == before
    assert history(notebook, 1) == log(tutor)


def test_the_lesson_goes_on_where_it_was(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Step, score and attempts outlive the server and the kernel, and the next answer counts."""
    tutor = start_tutor("--tutor=lesson", "--pace=0")
    state = "print(json.dumps(chat.session_state))"
    notebook = open_notebook(chat_cell(tutor.url, SESSION), "import json\n" + state)
    notebook.start(0)
    chat = Chat(notebook)
    chat.settle(1)  # the greeting, with the first question
    chat.say("3")
    chat.settle(3)
    chat.say("7")
    chat.settle(5)
    before = json.loads(notebook.run(1))
    assert (before["step"], before["score"], before["attempts"]) == (2, 1, 1)
    assert before["of"] >= 8
    progress = chat.root.get_by_text(f"step 2 of {before['of']}")
    expect(progress).to_be_visible()

    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    tutor.start()
    expect(chat.badge).to_have_text("Connected")
    notebook.restart_kernel()
    notebook.start(0)
    expect(progress).to_be_visible()
    assert json.loads(notebook.run(1)) == before
    chat.say("skip")
    expect(chat.root.get_by_text(f"step 3 of {before['of']}")).to_be_visible()
