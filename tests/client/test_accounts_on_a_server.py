"""Chats of accounts on a real server, whose welcome names a pseudonym of the account."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.accounts import SESSION, not_sent, said, wait_for_said
from tests.support.chats import WITHIN, journals, wait_for, wait_for_status
from tests.support.children import until
from tests.support.servers.processes import Tutor
from tutor_widget import TutorChat
from tutor_widget.client import registry
from tutor_widget.client.loop import call_on_loop

pytestmark = pytest.mark.usefixtures("quiet")

Make = Callable[..., TutorChat]


@pytest.fixture
def class_list(tmp_path: Path) -> Path:
    """The token file of the server."""
    path = tmp_path / "class"
    path.write_text("alice a1\nbob b1\n")
    return path


@pytest.fixture
def tutor(start_tutor: Callable[..., Tutor], class_list: Path) -> Tutor:
    return start_tutor("--tutor=echo", "--pace=0", "--token-file", str(class_list))


def clients() -> int:
    return call_on_loop(lambda: len(registry._clients))


def test_a_new_token_of_one_account_leaves_one_client(
    tutor: Tutor, class_list: Path, chat_with: Make
) -> None:
    """A cell with the new token takes over the chat of the old one: one history, one journal."""
    older = chat_with(tutor.url, session=SESSION, token="a1")
    older.ask_blocking("with the old token", WITHIN)
    class_list.write_text("alice a2\nbob b1\n")
    tutor.send_signal(signal.SIGHUP)
    until(lambda: any(line["event"] == "token file read" for line in tutor.log_records()))
    bob = chat_with(tutor.url, session=SESSION, token="b1")
    newer = chat_with(tutor.url, session=SESSION, token="a2")
    newer.ask_blocking("with the new one", WITHIN)
    until(lambda: clients() == 2)
    older.ask_blocking("both are Alice's", WITHIN)
    for chat in (older, newer):
        wait_for_said(chat, "with the old token", "with the new one", "both are Alice's")
    wait_for_status(bob, "connected")
    assert said(bob) == []


def test_a_queue_is_held_back_from_another_account(
    tutor: Tutor, class_list: Path, chat_with: Make
) -> None:
    """It is shown as written under another sign-in, and goes out, once, under its own."""
    now = "a1"
    chat = chat_with(tutor.url, session=SESSION, token=lambda: now)
    chat.ask_blocking("as Alice", WITHIN)
    tutor.kill()
    wait_for_status(chat, "reconnecting")
    chat.say("later, as Alice")
    now = "b1"
    class_list.write_text("alice a2\nbob b1\n")  # the first token is refused, and another asked for
    tutor.start()
    chat.reconnect()
    wait_for(chat, "queue", lambda _: not_sent(chat) == ["later, as Alice"])
    chat.ask_blocking("as Bob", WITHIN)
    assert said(chat) == ["as Bob"]
    tutor.kill()
    wait_for_status(chat, "reconnecting")
    now = "a2"
    class_list.write_text("alice a2\nbob b2\n")
    tutor.start()
    chat.reconnect()
    wait_for_said(chat, "as Alice", "later, as Alice")
    until(lambda: journals() == [])
    assert chat.queue == []


def test_a_short_id_without_accounts_is_refused_in_words(tmp_path: Path, chat_with: Make) -> None:
    """The chat says what is wrong with it and what to do; without an id of its own it connects."""
    with Tutor(tmp_path / "db", "--tutor=echo", relaxed=False) as server:
        chat = chat_with(server.url, session="algebra-1")
        wait_for_status(chat, "failed")
        assert "22 characters" in chat.connection["reason"]
        assert "--single-user" in chat.connection["reason"]
        assert "Start a new conversation" in chat.connection["advice"]
        chat_with(server.url).ask_blocking("hello", WITHIN)
