"""What was left behind: a client sends what it can and ends; it is settled when nothing waits."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.accounts import Accounts, wait_for_said
from tests.support.chats import NOBODY, journalled, wait_for, wait_for_status
from tests.support.children import until
from tests.support.servers.scripted import Peer, Scripted, answer, be_idle
from tutor_widget import TutorChat
from tutor_widget.client import registry
from tutor_widget.client.client import Client
from tutor_widget.client.loop import call_on_loop, get_loop
from tutor_widget.client.net.endpoint import Remote
from tutor_widget.client.outbox import journal_task
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.client.registry import _ignore, open_client, send_left
from tutor_widget.client.storage.disk import call_on_disk
from tutor_widget.client.storage.folders import data_folder, digest, user_name
from tutor_widget.session import Message
from tutor_widget.version import NAME
from tutor_widget.wire import Refused, Send

pytestmark = pytest.mark.usefixtures("quiet")


class Left:
    """A session that was left: the client that looks after it, and whether it was settled."""

    def __init__(self, url: str = NOBODY, token: str | None = None) -> None:
        self.settled = threading.Event()
        self._target = Remote(url, token)

        def leave() -> list[Client]:
            send_left(self._target, "left", self.settled.set, NAME)
            return self._clients()

        (self.client,) = call_on_loop(leave)  # in one turn: it may be settled in the next

    def _clients(self) -> list[Client]:
        wanted = (self._target.key, "left", self._target.credentials)
        return [c for key, c in registry._clients.items() if key == wanted]

    def ended(self) -> None:
        """Wait until no client looks after it, and what it wrote is on the disk."""
        until(lambda: not call_on_loop(self._clients))
        asyncio.run_coroutine_threadsafe(self.client.closed(), get_loop()).result(20)

    def close(self) -> None:
        """End the client, as the end of the process does."""
        call_on_loop(self.client.close)
        asyncio.run_coroutine_threadsafe(self.client.closed(), get_loop()).result(20)
        for client in call_on_loop(self._clients):
            call_on_loop(functools.partial(registry._remove, client))


@pytest.fixture
def left() -> Iterator[Callable[..., Left]]:
    """Leave a session, and end what looks after it when the test ends."""
    made: list[Left] = []

    def leave(*arguments: Any) -> Left:
        made.append(Left(*arguments))
        return made[-1]

    yield leave
    for one in made:
        one.close()


def test_a_process_that_ends_before_it_read_the_journal_settles_nothing(
    left: Callable[..., Left], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the journal was read, messages may wait in it: the next process must look."""
    read, adopt = threading.Event(), Journal.adopt

    def adopt_late(self: Journal, *arguments: Any) -> Any:
        assert read.wait(20)
        return adopt(self, *arguments)

    monkeypatch.setattr(Journal, "adopt", adopt_late)
    one = left()
    call_on_loop(one.client.close)
    read.set()
    one.close()
    assert not one.settled.is_set()


def test_a_journal_that_cannot_be_read_settles_nothing(
    left: Callable[..., Left], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails says nothing about what waits on it."""
    asked = threading.Event()

    def fail(*_: object) -> Any:
        asked.set()
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Journal, "adopt", fail)
    one = left()
    assert asked.wait(20)
    until(lambda: call_on_loop(lambda: one.client.session.dial) > 0)  # it goes on without
    assert not one.settled.is_set()


def test_a_session_in_which_nothing_waits_is_settled(left: Callable[..., Left]) -> None:
    """Once its journal was read."""
    assert left().settled.wait(20)


# --- a client ends when it can send nothing more -------------------------------------------------


def wait_in_journal(url: str, *messages: Message, token: str | None = None) -> None:
    """An earlier chat with this token left these messages unsent."""
    target = Remote(url, token)
    key = digest(target.key, "left", user_name())
    journal = Journal(data_folder() / "outbox", key, target.credentials)
    journal.write(messages)
    journal.close()


def message(text: str, status: Any = "queued", account: str | None = None) -> Message:
    return Message(text.replace(" ", "-"), text, 0, status=status, account=account)


def test_a_client_whose_messages_have_all_failed_ends(left: Callable[..., Left]) -> None:
    """It does not even connect. The session is not settled: its messages are still there."""
    wait_in_journal(NOBODY, message("refused", "failed"))
    one = left()
    one.ended()
    assert one.client._connection is None or one.client._connection._task.cancelled()
    assert not one.settled.is_set()
    assert set(journalled()) == {"refused"}


def test_what_can_be_sent_is_sent_before_the_client_ends(left: Callable[..., Left]) -> None:
    """A message that failed does not hold it, and waits on."""
    with Accounts(a="A") as tutor:
        wait_in_journal(tutor.url, message("refused", "failed"), message("queued one"), token="a")
        one = left(tutor.url, "a")
        one.ended()
        assert tutor.texts("A") == ["queued one"]
        until(lambda: tutor.connected["A"] == [])
        assert not one.settled.is_set()
        assert "refused" in journalled()


def test_a_client_that_holds_another_accounts_messages_ends(left: Callable[..., Left]) -> None:
    """They wait in the journal, with their account, and the session is not settled."""
    with Accounts(a="A") as tutor:
        for status in ("queued", "withdrawing"):
            text = f"from Bob {status}"
            wait_in_journal(tutor.url, message(text, status, account="B"), token="a")
        one = left(tutor.url, "a")
        one.ended()
        until(lambda: tutor.connected["A"] == [])
        assert not one.settled.is_set()
        assert tutor.sent == {}
        assert set(journalled()) == {"from Bob queued", "from Bob withdrawing"}


def test_what_belongs_to_another_client_moves_there_before_the_client_ends(
    left: Callable[..., Left], chat_with: Callable[..., TutorChat]
) -> None:
    """The other account's chat sends it now, not in the next kernel."""
    with Accounts(a="A", b="B") as tutor:
        wait_in_journal(
            tutor.url,
            message("refused", "failed", account="A"),
            message("from Bob", account="B"),
            token="a",
        )
        bob = chat_with(tutor.url, session="left", token="b")
        wait_for_status(bob, "connected")
        one = left(tutor.url, "a")
        one.ended()
        wait_for_said(bob, "from Bob")
        assert not one.settled.is_set()


@pytest.mark.parametrize("status", [401, 404])
def test_a_client_that_has_failed_ends(left: Callable[..., Left], status: int) -> None:
    """Nobody is there to press its button. What waits is sent by a later kernel."""
    with Scripted(be_idle, refuse=answer(status)) as server:
        wait_in_journal(server.url, message("queued"))
        one = left(server.url)
        one.ended()
        assert len(server.handshakes) <= 1
        assert not one.settled.is_set()
        assert set(journalled()) == {"queued"}


def test_a_client_ends_when_the_last_journal_of_others_has_gone(
    left: Callable[..., Left], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else happens on its connection: that alone ends it."""
    found: list[tuple[list[Message], bool]] = [([], True)]
    monkeypatch.setattr(journal_task, "TOUCH_EVERY", 0.05)
    monkeypatch.setattr(Journal, "adopt", lambda *_: found[0])
    with Scripted(be_idle) as server:
        one = left(server.url)
        until(lambda: call_on_loop(lambda: one.client.session.status) == "connected")
        assert not one.settled.is_set()
        found[0] = ([], False)
        assert one.settled.wait(20)
        one.ended()


@pytest.mark.parametrize("way", ["new", "send_left"])
def test_a_session_is_settled_only_after_a_new_look(
    chat_with: Callable[..., TutorChat], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Another process may have said something in it since the last one."""
    settled: list[str] = []
    monkeypatch.setattr(journal_task, "TOUCH_EVERY", 0.05)
    chat = chat_with(NOBODY)
    old, target = chat.session, chat._chat.subscription.target
    monkeypatch.setattr(chat._chat.subscription.memory, "settle", settled.append)
    until(lambda: not chat._chat.client._journal.may_find_more)
    key = digest(target.key, old, user_name())
    living = Journal(data_folder() / "outbox", key, target.credentials)
    living.write([message("from another process")])
    if way == "new":
        chat.new()
    else:
        call_on_loop(lambda: send_left(target, old, lambda: settled.append(old), NAME))
    call_on_loop(lambda: None)
    call_on_disk(lambda: None)
    assert settled == []
    living.write([], ["from-another-process"])
    until(lambda: settled == [old])


def test_what_other_credentials_left_settles_nothing(left: Callable[..., Left]) -> None:
    """This client may not send it, and the next process must."""
    wait_in_journal(NOBODY, message("another token's"), token="another")
    one = left()
    one.ended()
    assert not one.settled.is_set()


def test_the_client_that_takes_over_looks_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """It settles what the older was asked to settle, but by no look of its own from before."""
    settled: list[str] = []
    monkeypatch.setattr(journal_task, "TOUCH_EVERY", 0.05)
    targets = Remote(NOBODY, "older"), Remote(NOBODY, "newer")
    older, newer = (
        call_on_loop(functools.partial(open_client, target, "left", _ignore, NAME))
        for target in targets
    )
    until(lambda: not (older._journal.may_find_more or newer._journal.may_find_more))
    key = digest(targets[1].key, "left", user_name())
    living = Journal(data_folder() / "outbox", key, targets[1].credentials)
    living.write([message("from another process")])

    def hand_over() -> None:
        older.send_what_waits(lambda: settled.append("left"))
        newer.take_over(older, None)

    call_on_loop(hand_over)
    call_on_loop(lambda: None)
    assert settled == []
    living.write([], ["from-another-process"])
    until(lambda: settled == ["left"])
    for _ in targets:
        call_on_loop(lambda: newer.release(_ignore))


def test_a_new_conversation_keeps_no_connection_for_a_refused_message(
    chat_with: Callable[..., TutorChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old conversation's client ends at once; its session stays on the list of those left."""
    settled: list[str] = []

    async def refuse(peer: Peer) -> None:
        await peer.welcome()
        said = await peer.receive()
        assert isinstance(said, Send)
        await peer.send(Refused(said.id, "too_long", "Too long."))
        await peer.socket.wait_closed()

    with Scripted(refuse) as server:
        chat = chat_with(server.url)
        monkeypatch.setattr(chat._chat.subscription.memory, "settle", settled.append)
        chat.say("hello")
        wait_for(chat, "queue", lambda q: [i["status"] for i in q] == ["failed"])
        old = chat.session
        chat.new()
        until(lambda: old not in [key[1] for key in list(registry._clients)])
        assert settled == []
