"""Journals that nobody owns: what waits in them is sent, whatever the notebook is called by now."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Final

import pytest

from tests.support.children import Child, until
from tests.support.servers.scripted import Peer, Scripted, answer
from tutor_widget import TutorChat
from tutor_widget.client import registry
from tutor_widget.client.client import Client
from tutor_widget.client.loop import get_loop
from tutor_widget.client.net.credentials import Credentials
from tutor_widget.client.outbox import records
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.client.outbox.unowned import AT_ONCE, find_unowned, origin_of, outbox
from tutor_widget.client.storage.folders import digest, user_name
from tutor_widget.session import Message
from tutor_widget.wire import Event, Send

WITHIN: Final = 60.0
SERVER: Final = "wss://tutor.example.org/"
ANYBODY: Final = Credentials()
SAY: Final = """
from tests.support.children import until
from tutor_widget import TutorChat
chat = TutorChat({url!r}, session={session!r})
chat.say("hello")
until(lambda: [m["status"] for m in chat.queue] == ["queued"])
"""


@pytest.mark.parametrize("session", [None, "by-name"])
def test_what_waits_is_sent_by_a_kernel_of_another_notebook(
    tmp_path: Path, session: str | None
) -> None:
    """The session is shown nowhere any more: its notebook was renamed while the tutor was away."""
    refusing, taken = True, threading.Event()

    async def take(peer: Peer) -> None:
        await peer.welcome()
        frame = await peer.receive()
        assert isinstance(frame, Send)
        await peer.send(Event(1, frame.id, "learner", frame.text, 0, "complete"))
        taken.set()
        await peer.socket.wait_closed()

    def refuse(connection: object, request: object) -> object:
        return answer(503)(connection, request) if refusing else None  # type: ignore[arg-type]

    with Scripted(take, refuse=refuse) as server:  # type: ignore[arg-type]
        with Child(tmp_path, JPY_SESSION_NAME="old.ipynb") as kernel:
            kernel.run(SAY.format(url=server.url, session=session))
            kernel.kill()
        refusing = False
        with Child(tmp_path, JPY_SESSION_NAME="new.ipynb") as kernel:
            kernel.run(f"from tutor_widget import TutorChat; chat = TutorChat({server.url!r})")
            assert taken.wait(WITHIN)
            kernel.run("from tests.support.children import until")
            kernel.run("from tutor_widget.client.outbox.unowned import outbox")
            kernel.run("until(lambda: not list(outbox().glob('*.journal')))")
            assert kernel.run("chat.history") == []


def leave(
    session: str,
    *messages: Message,
    server: str = SERVER,
    credentials: Credentials = ANYBODY,
    key: str = "",
) -> Path:
    """A journal with these messages whose owner has gone."""
    journal = Journal(
        outbox(), key or session, credentials, lambda: origin_of(server, session, credentials)
    )
    journal.write(messages)
    journal.close()
    return journal.path


def message(status: str = "queued", account: str | None = None) -> Message:
    return Message("a", "hello", 0, status=status, account=account)  # type: ignore[arg-type]


def test_only_what_can_be_sent_here_is_found(own_home: Path) -> None:
    """Not what is of another server or user, what failed, what is settled, or what has an owner."""
    found = leave("one", message())
    leave("two", message(), server="wss://elsewhere.example.org/")
    leave("three", message("failed"))
    leave("four")
    living = Journal(outbox(), "five", ANYBODY, lambda: origin_of(SERVER, "five", ANYBODY))
    living.write([message()])
    assert find_unowned(SERVER, ANYBODY, None, ()) == {found: "one"}
    assert find_unowned(SERVER, ANYBODY, None, {found}) == {}


def test_another_user_of_the_home_finds_nothing(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Journals are the hub's user's."""
    leave("one", message())
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert find_unowned(SERVER, ANYBODY, None, ()) == {}


def test_other_credentials_send_only_what_is_of_their_account(own_home: Path) -> None:
    """What names no account may be another's."""
    found = leave("one", message(account="ada"), credentials=Credentials("a token"))
    leave("two", message(), credentials=Credentials("a token"))
    other = Credentials("another token")
    assert find_unowned(SERVER, other, None, ()) == {}
    assert find_unowned(SERVER, other, "alan", ()) == {}
    assert find_unowned(SERVER, other, "ada", ()) == {found: "one"}
    assert len(find_unowned(SERVER, Credentials("a token"), None, ())) == 2


def test_a_look_finds_a_few_and_the_next_the_others(own_home: Path) -> None:
    """However many were left, they do not all connect at once."""
    left = {leave(f"s{n}", message()) for n in range(AT_ONCE + 3)}
    first = find_unowned(SERVER, ANYBODY, None, ())
    second = find_unowned(SERVER, ANYBODY, None, first.keys())
    assert (len(first), len(second)) == (AT_ONCE, 3)
    assert first.keys() | second.keys() == left


def test_what_a_server_does_not_take_is_not_tried_again_and_again(own_home: Path) -> None:
    """Each journal is sent once by a process, and so is the copy that the attempt leaves."""
    asked: list[str] = []

    async def take(peer: Peer) -> None:
        asked.append((await peer.welcome()).session)
        if asked[-1] == "stuck":
            await peer.socket.close(4403)
        await peer.socket.wait_closed()

    async def look(client: Client) -> None:
        await registry._take_up(client)
        others = [task for key, task in registry._journals.items() if key[1] != "mine"]
        await asyncio.gather(*others)

    with Scripted(take) as server:
        chat = TutorChat(server.url, session="mine")
        until(lambda: chat.status == "connected")
        client = chat._chat.client
        key = digest(client.target.key, "stuck", user_name())
        leave("stuck", message(), server=client.target.key, key=key)
        for _ in range(3):
            asyncio.run_coroutine_threadsafe(look(client), get_loop()).result(WITHIN)
        assert asked == ["mine", "stuck"]
        assert len(list(outbox().glob("*.journal"))) == 2
        chat.close()


@pytest.mark.parametrize(
    "origin",
    [None, [], {"server": "s"}, {"server": "s", "session": "a/b", "credentials": ""}],
    ids=repr,
)
def test_an_origin_that_is_none_is_damage(tmp_path: Path, origin: object) -> None:
    """The messages of the journal are there all the same."""
    path = tmp_path / "k.1.journal"
    path.write_bytes(records.line({"origin": origin}) + records.put(message()))
    found = records.read(path)
    assert (found.origin, len(found.damaged), list(found.entries)) == (None, 1, ["a"])


def test_an_origin_of_a_later_version_is_read(tmp_path: Path) -> None:
    """It may have more keys."""
    path = tmp_path / "k.1.journal"
    known = {"server": "s", "session": "a", "credentials": ""}
    path.write_bytes(records.line({"origin": {**known, "more": 1}}))
    assert records.read(path).origin == records.Origin(**known)
