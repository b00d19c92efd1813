"""What travels between kernel and page, counted on the kernel's WebSocket."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor
from tests.support.stores import fill

SESSION = "a-session-whose-bytes-count"
TOKENS, RATE = 300, 50


@pytest.mark.parametrize("history", [pytest.param(0, marks=pytest.mark.slow), 2_000])
def test_a_token_costs_at_most_100_bytes(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], history: int
) -> None:
    """300 tokens at 50 a second, all comm traffic both ways, however many events the chat holds."""
    tutor = start_tutor("--tutor=tests.support.servers.tutors:Tokens")
    fill(tutor.database, SESSION, ["1 1000"] * (history // 2))
    older = f"print(chat.older({history}), len(chat.history))"
    notebook = open_notebook(chat_cell(tutor.url, SESSION), older)
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    assert notebook.run(1) == f"{max(0, history - 500)} {history}"
    chat.settle(history, seconds=60)
    chat.composer.fill(f"{TOKENS} {RATE}")
    notebook.wait_until_quiet()

    since = time.monotonic()
    chat.composer.press("Enter")
    expect(chat.messages.last).to_contain_text(f"{TOKENS - 1:03}")
    expect(chat.messages.last).to_have_attribute("data-state", "said")
    notebook.wait_until_quiet()
    traffic = notebook.traffic.comm(since)
    size = sum(message.size for message in traffic)
    print(f"{size / TOKENS:.1f} bytes a token in {len(traffic)} messages")
    assert size / TOKENS <= 100


@pytest.mark.slow
def test_one_message_for_each_committed_event(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Each event goes to the page alone in one comm message, once."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url, SESSION))
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    since = time.monotonic()
    for n in range(5):
        chat.say(f"message {n}")
        chat.settle(2 * n + 2)
    notebook.wait_until_quiet()
    carried = [
        [event["seq"] for event in message.custom["events"]]
        for message in notebook.traffic.comm(since)
        if "events" in message.custom
    ]
    assert carried == [[seq] for seq in range(1, 11)]


PINGS = 60
# The keepalive of an idle connection, a hundred times as fast.
HURRIED = """
from tutor_widget.session import keepalive
keepalive.IDLE = keepalive.Spans(0.1, 5.0)
pings = 0
pinged = keepalive.Keepalive.pinged
def counted(self, *arguments):
    global pings
    pings += 1
    pinged(self, *arguments)
keepalive.Keepalive.pinged = counted
""".strip()
WAIT_FOR_PINGS = f"""
import time
enough = pings + {PINGS}
while pings < enough:
    time.sleep(0.02)
""".strip()


def test_an_idle_chat_is_silent(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Not one comm message, either way, in 60 pings of the kernel, which otherwise take 10 minutes.

    That the page asks for nothing in that time is shown by js/test/view/idle.test.ts.
    """
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(HURRIED, chat_cell(tutor.url, SESSION), WAIT_FOR_PINGS)
    notebook.run(0)
    notebook.run(1)
    chat = Chat(notebook)
    chat.say("hello")
    chat.settle(2)
    notebook.wait_until_quiet()
    since = time.monotonic()
    notebook.run(2)
    assert notebook.traffic.comm(since) == []
    chat.say("still there?")
    chat.settle(4)
    assert notebook.traffic.comm(since)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_a_long_silence_is_one(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """15 minutes of idleness, and of an outage the 10 after the first 5: no comm message at all."""
    tutor, gone = start_tutor("--tutor=echo"), start_tutor("--tutor=echo")
    idle, cut_off = (open_notebook(chat_cell(each.url, SESSION)) for each in (tutor, gone))
    chats = []
    for notebook in (idle, cut_off):
        notebook.run(0)
        chats.append(Chat(notebook))
        chats[-1].say("hello")
        chats[-1].settle(2)
        notebook.wait_until_quiet()
    since = time.monotonic()
    gone.kill()
    expect(chats[1].badge).to_contain_text("Reconnecting")
    cut_off.page.wait_for_timeout(300_000)
    # The attempt that was under way when the five minutes were over may still be told.
    cut_off.wait_until_quiet(20)
    assert cut_off.traffic.comm(since)
    later = time.monotonic()
    cut_off.page.wait_for_timeout(600_000)
    assert cut_off.traffic.comm(later) == []
    assert idle.traffic.comm(since) == []
    cut_off.screenshot("long-outage")
    gone.start()
    chats[1].say("anybody?")
    chats[1].settle(4)
