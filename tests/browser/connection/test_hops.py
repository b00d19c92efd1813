"""From the page to the kernel: what is typed gets through once, the badge says how it stands."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Route, expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Message, Notebook, Wire
from tests.support.servers.processes import Tutor

pytestmark = pytest.mark.timeout(300)

SESSION = "a-session-behind-two-hops"
KEPT = "Object.keys(sessionStorage).filter(key => /^tutor_widget:.*command:/.test(key)).length"
STOPPED = "The notebook’s kernel has stopped. Run this cell again to go on."
REST = re.compile(r"^http://[^/]+/(?:lab/)?api/")
BUSY = "A cell is running. Your message goes out when it ends."
OFFLINE = "You are offline. Your messages wait here."


def says(message: Message) -> bool:
    return message.sent and message.custom.get("op") == "say"


def asks_for_its_notebook(message: Message) -> bool:
    return message.sent and message.custom.get("op") == "notebook"


def comes(message: Message) -> bool:
    return not message.sent and message.type == "comm_msg"


def said(tutor: Tutor) -> list[str]:
    """What the server has of the learner."""
    return [event.text for event in tutor.events(SESSION) if event.role == "learner"]


@pytest.fixture
def offline(context: BrowserContext) -> Iterator[Callable[[bool], None]]:
    """Take the browser off the network, or back.

    JupyterLab's own requests wait meanwhile: after one that fails, its dialog takes the keys.
    """
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    def set_offline(is_offline: bool) -> None:
        if is_offline:
            context.route(REST, hold)
        context.set_offline(is_offline)
        if not is_offline:
            context.unroute(REST)
            while held:
                with suppress(Error):  # the browser may have let it go on by itself
                    held.pop().continue_()

    yield set_offline
    set_offline(False)


def test_what_is_lost_on_the_way_goes_again(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Lost messages are not overtaken; lost acknowledgements, reloads, restarts double nothing."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION), "print(1)", load=False)
    wire = Wire(notebook.page)
    notebook.open()
    notebook.run(0)
    notebook.save()
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")

    wire.loses = lambda message: says(message) and not wire.lost
    chat.say("first lost")
    chat.say("second")
    chat.settle(4)
    assert [message.custom["text"] for message in wire.lost] == ["first lost"]

    wire.loses = comes
    chat.say("without an acknowledgement")
    expect(chat.badge).to_have_text(BUSY)
    assert notebook.page.evaluate(KEPT) == 1
    wire.loses = says
    notebook.open()
    chat.settle(6)  # it stands in the log: as good as an acknowledgement
    assert notebook.page.evaluate(KEPT) == 0

    chat.say("before the reload")
    chat.composer.fill("a draft")
    before = len(wire.messages)
    notebook.open()
    while not any("acks" in message.custom for message in wire.messages[before:]):
        notebook.page.wait_for_timeout(20)
    notebook.run(1)  # the page has its output: so it has taken what came before, too
    expect(chat.message("before the reload")).to_have_attribute("data-state", "waiting")
    expect(chat.composer).to_have_value("a draft")
    notebook.restart_kernel()
    expect(chat.badge).to_have_text(STOPPED)
    chat.say("to a stopped kernel")
    chat.composer.fill("another draft")
    notebook.picture(chat.root, "kernel-stopped")
    assert notebook.page.evaluate(KEPT) == 2
    wire.loses = lambda message: False
    notebook.run(0)
    chat.settle(10)
    expect(chat.badge).to_have_text("Connected")
    expect(chat.composer).to_have_value("another draft")
    texts = ["first lost", "second", "without an acknowledgement"]
    texts += ["before the reload", "to a stopped kernel"]
    assert said(tutor) == texts
    assert chat.texts() == [text for text in texts for _ in range(2)]
    assert notebook.page.evaluate(KEPT) == 0
    sent = [message.custom for message in wire.messages if says(message)]
    assert len({command["id"] for command in sent}) == len(texts) < len(sent)


def test_the_badge_says_what_the_kernel_does(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Behind a running cell, a cut link, a killed kernel: each in its own words, nothing lost."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(
        chat_cell(tutor.url, SESSION), "import os; print(os.getpid())", "input()", load=False
    )
    wire = Wire(notebook.page)
    notebook.open()
    notebook.run(0)
    process = int(notebook.run(1))
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")

    # As where comm messages wait behind a cell: ipykernel before 7.
    wire.loses = says
    notebook.start(2)
    field = notebook.cell(2).locator("input")
    expect(field).to_be_visible()
    chat.say("one")
    expect(chat.badge).to_have_text(BUSY)
    notebook.picture(chat.root, "a-cell-is-running")
    wire.loses = lambda message: False
    field.press("Enter")
    chat.settle(2)
    expect(chat.badge).to_have_text("Connected")

    wire.cut()
    expect(chat.badge).to_have_text("Waiting for the notebook’s kernel…")
    chat.say("two")
    notebook.picture(chat.root, "link-cut")
    wire.mend()
    chat.settle(4, seconds=60)
    expect(chat.badge).to_have_text("Connected")

    os.kill(process, signal.SIGKILL)
    expect(chat.badge).to_have_text(STOPPED)
    # JupyterLab tells of it, too.
    notebook.page.get_by_role("button", name="Ok", exact=True).click()
    chat.say("three")
    notebook.wait_until_idle()
    assert told(notebook) == [BUSY, STOPPED]
    notebook.run(0)
    chat.settle(6)
    assert said(tutor) == ["one", "two", "three"]
    # That the cell runs which makes the chat is told as well, where it takes long enough.
    assert told(notebook) in ([BUSY, STOPPED], [BUSY, STOPPED, BUSY])


def test_a_kernel_that_stands_still_is_busy_for_every_chat(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """It is not called stopped, however long; two chats of the conversation say so, aloud once."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    cell = chat_cell(tutor.url, SESSION)
    notebook = open_notebook("import os; print(os.getpid())", cell, cell, load=False)
    wire = Wire(notebook.page)
    notebook.open()
    process = int(notebook.run(0))
    notebook.run(1)
    notebook.run(2)
    typing, idle = Chat(notebook), Chat(notebook, 1)
    for chat in (typing, idle):
        expect(chat.badge).to_have_text("Connected")
    names = [chat.root.get_attribute("aria-label") for chat in (typing, idle)]
    assert names == ["Tutor chat", "Tutor chat 2"]
    # One that is stopped while it answers counts as busy, and is sent nothing again.
    while sum(map(asks_for_its_notebook, wire.messages)) < 2:
        notebook.page.wait_for_timeout(20)
    notebook.wait_until_idle()
    os.kill(process, signal.SIGSTOP)
    try:
        typing.say("one")
        expect(typing.badge).to_have_text(BUSY)
        expect(idle.badge).to_contain_text("A cell is running.")
        # Sent again after 5 s and after 10 s more: an idle kernel would have answered long since.
        while sum(map(says, wire.messages)) < 3:
            notebook.page.wait_for_timeout(20)
        for chat in (typing, idle):
            expect(chat.badge).to_have_attribute("data-situation", "busy")
    finally:
        os.kill(process, signal.SIGCONT)
    for chat in (typing, idle):
        chat.settle(2)
        expect(chat.badge).to_have_text("Connected")
    assert said(tutor) == ["one"]
    spoken = [text for _, text in notebook.spoken()]
    assert [text for text in spoken if text.startswith("Tutor:")] == ["Tutor: one"]


@pytest.mark.slow
def test_news_of_the_browser_ends_the_wait(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    offline: Callable[[bool], None],
) -> None:
    """Offline is said; coming into view, and online, has the kernel try before its time."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION))
    notebook.run(0)
    chat = Chat(notebook)
    chat.say("before")
    chat.settle(2)
    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    before = awaited(notebook, lambda c: (c["retry_at"] or 0) - c["now"] > 2_500)
    # A browser without a head hides no page: the event is ours.
    notebook.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    after = awaited(notebook, lambda c: c["attempt"] > before["attempt"])
    assert after["now"] < before["retry_at"]
    assert [nudge["why"] for nudge in acknowledged_nudges(notebook)] == ["visible"]

    offline(True)
    chat.say("waits")
    expect(chat.message("waits")).to_have_count(1)
    expect(chat.badge).to_have_text(OFFLINE)
    notebook.picture(chat.root, "offline")
    offline(False)
    expect(chat.badge).to_have_text("Reconnecting, 1 message waiting")
    while len(nudges := acknowledged_nudges(notebook)) < 2:
        notebook.page.wait_for_timeout(20)
    assert [nudge["why"] for nudge in nudges] == ["visible", "online"]
    tutor.start()
    chat.settle(4)
    assert said(tutor) == ["before", "waits"]


def told(notebook: Notebook) -> list[str]:
    """What was spoken of a kernel that is busy or has stopped, each once in a row."""
    words = [text for _, text in notebook.spoken() if text in (BUSY, STOPPED)]
    return [text for text, _ in groupby(words)]


def acknowledged_nudges(notebook: Notebook) -> list[dict[str, Any]]:
    """The nudges that reached the kernel."""
    customs = [message.custom for message in notebook.traffic.comm()]
    acks = {ack["id"] for custom in customs for ack in custom.get("acks", ())}
    return [c for c in customs if c.get("op") == "nudge" and c["id"] in acks]


def connections(notebook: Notebook) -> list[dict[str, Any]]:
    """What the kernel told of its connection, oldest first."""
    told = (m.custom.get("connection") for m in notebook.traffic.comm() if not m.sent)
    return [connection for connection in told if connection]


def awaited(notebook: Notebook, found: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The kernel's newest word on its connection, as soon as it is such a one."""
    while not ((told := connections(notebook)) and found(told[-1])):
        notebook.page.wait_for_timeout(20)
    return told[-1]
