"""Chats of several accounts, and of one account several times, in one process: real sockets."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.accounts import SESSION, Accounts, said, wait_for_said
from tests.support.chats import (
    WITHIN,
    command,
    journalled,
    journals,
    show,
    wait_for,
    wait_for_status,
)
from tests.support.children import Child, until
from tests.support.driver import event, welcome
from tests.support.servers.processes import Tutor
from tests.support.servers.scripted import Peer, Scripted
from tutor_widget import TutorChat
from tutor_widget.client import registry
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.outbox import orphans
from tutor_widget.client.storage import owners
from tutor_widget.client.storage.owners import session_name
from tutor_widget.session import Phase
from tutor_widget.wire import ClientFrame, Send

pytestmark = pytest.mark.usefixtures("quiet")


Make = Callable[..., TutorChat]


# --- the next kernel --------------------------------------------------------------------------


@pytest.mark.parametrize(("token", "left"), [("adas-token", []), ("bobs-token", ["Ada's"])])
def test_the_next_kernel_deletes_what_its_account_left_though_it_is_not_welcomed(
    token: str, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conversation was deleted meanwhile. What others left in this home stays."""

    async def welcome_once(peer: Peer) -> None:
        if first:
            await peer.welcome(account=first.pop())
            await peer.socket.wait_closed()
        else:
            await peer.receive()
            await peer.socket.close(4410)

    first = ["A"]
    with Scripted(welcome_once) as server:
        with closing(TutorChat(server.url, session=SESSION, token="adas-token")) as chat:
            wait_for_status(chat, "connected")
            chat.say("Ada's")
            wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["sent"])
        monkeypatch.setattr(orphans, "_writers", {})
        with closing(TutorChat(server.url, session=SESSION, token=token)) as chat:
            wait_for_status(chat, "failed")
            wait_for(chat, "queue", lambda q: [m["text"] for m in q] == left)
            until(lambda: set(journalled()) == set(left))  # perhaps in two journals


# --- two accounts -------------------------------------------------------------------------------


def test_two_accounts_share_nothing_on_a_real_server(
    tmp_path: Path,
    start_tutor: Callable[..., Tutor],
    chat_with: Make,
) -> None:
    """The same address, the same session, two tokens: each sees and writes only its own."""
    tokens = tmp_path / "tokens"
    tokens.write_text("alice alices-token\nbob bobs-token\n")
    tutor = start_tutor("--tutor=echo", "--pace=0", "--token-file", str(tokens))
    alice = chat_with(tutor.url, session=SESSION, token="alices-token")
    bob = chat_with(tutor.url, session=SESSION, token="bobs-token")
    alice.ask_blocking("from Alice", WITHIN)
    bob.ask_blocking("from Bob", WITHIN)
    alice.ask_blocking("from Alice again", WITHIN)
    assert said(alice) == ["from Alice", "from Alice again"]
    assert said(bob) == ["from Bob"]
    again = chat_with(tutor.url, session=SESSION, token="bobs-token")
    wait_for_said(again, "from Bob")


@pytest.mark.parametrize("says_account", [True, False])
def test_two_accounts_stay_two_clients(
    chat_with: Make,
    says_account: bool,
) -> None:
    """Whether the server says so or not; without an account two tokens count as two."""
    with Accounts(a="A", b="B") as tutor:
        tutor.says_account = says_account
        alice = chat_with(tutor.url, session="s", token="a")
        bob = chat_with(tutor.url, session="s", token="b")
        alice.ask_blocking("one", WITHIN)
        bob.ask_blocking("two", WITHIN)
        assert (said(alice), said(bob)) == (["one"], ["two"])
        assert len(registry._clients) == 2
        assert tutor.sent == {"A": ["one"], "B": ["two"]}


@pytest.mark.parametrize("says_account", [True, False])
def test_what_one_account_left_unsent_is_not_adopted_by_another(
    chat_with: Make,
    says_account: bool,
) -> None:
    """Never welcomed, and its chat closed: it waits for its own credentials."""
    with Accounts(a="A", b="B") as tutor:
        tutor.says_account = says_account
        tutor.is_away = True
        alice = chat_with(tutor.url, session="s", token="a")
        alice.say("from Alice")
        wait_for(alice, "queue", lambda q: [i["status"] for i in q] == ["queued"])
        alice.close()
        until(lambda: not registry._journals)
        tutor.is_away = False
        bob = chat_with(tutor.url, session="s", token="b")
        bob.ask_blocking("from Bob", WITHIN)
        assert bob.queue == []
        assert tutor.sent == {"B": ["from Bob"]}
        until(lambda: journalled() == ["from Alice"])
        alice = chat_with(tutor.url, session="s", token="a")
        wait_for_said(alice, "from Alice")
        assert tutor.texts("B") == ["from Bob"]
        until(lambda: journals() == [])


def test_the_page_keeps_drafts_of_two_credentials_apart() -> None:
    """Each credentials have a name of their own, which the next kernel finds in whatever order its
    cells run; the environment's is what it was when there were no names. So does the session."""
    program = (
        "from tutor_widget import TutorChat\n"
        "def view(token):\n"
        "    chat = TutorChat('ws://127.0.0.1:1', session='s', token=token)\n"
        "    return [chat._view['key'], chat._view['owners']]\n"
    )
    tokens = ("'a'", "'b'", "lambda: 'c'", "None", "'a'", "lambda: 'c'")

    def views(order: tuple[str, ...]) -> dict[str, list[object]]:
        with Child(Path(os.environ["JUPYTER_DATA_DIR"])) as kernel:
            kernel.run(program)
            return {token: kernel.run(f"view({token})") for token in order}

    Path(os.environ["JUPYTER_DATA_DIR"]).mkdir(parents=True)
    found = views(tokens)
    assert found == views(tokens[::-1])
    assert len({str(names) for _, names in found.values()}) == len(found)
    assert found["None"][1] == [""]
    (key,) = {key for key, _ in found.values()}
    assert key == session_name("ws://127.0.0.1:1/", "s")


def test_what_a_page_keeps_belongs_to_the_account_once_it_is_known(chat_with: Make) -> None:
    """Two tokens of one account have one name by then, and a new conversation keeps it."""
    with Accounts(a1="A", a2="A", b="B") as tutor:
        chats = [chat_with(tutor.url, session="s", token=token) for token in ("a1", "a2", "b")]
        names = [wait_for(chat, "_view", lambda v: len(v["owners"]) == 2) for chat in chats]
        (first, account), (second, same), (_, other) = (view["owners"] for view in names)
        assert account == same != other
        assert first != second
        chats[0].new()
        wait_for(chats[0], "_view", lambda v: v["key"] != names[0]["key"])
        assert chats[0]._view["owners"] == [first, account]


def test_a_page_finds_no_account_where_the_server_names_none(chat_with: Make) -> None:
    """Then different credentials stay different owners."""
    with Accounts(a="A", b="B") as tutor:
        tutor.says_account = False
        alice = chat_with(tutor.url, session="s", token="a")
        bob = chat_with(tutor.url, session="s", token="b")
        for chat in (alice, bob):
            wait_for_status(chat, "connected")
        assert len(alice._view["owners"]) == len(bob._view["owners"]) == 1
        assert alice._view["owners"] != bob._view["owners"]


def test_words_of_one_account_in_a_page_are_not_sent_under_another(chat_with: Make) -> None:
    """A command that waited while another account signed in is refused; its own account's chat
    takes it."""
    with Accounts(a="A", b="B") as tutor:
        alice = chat_with(tutor.url, session="s", token="a")
        bob = chat_with(tutor.url, session="s", token="b")
        owner, _ = (
            wait_for(chat, "_view", lambda v: len(v["owners"]) == 2)["owners"][-1]
            for chat in (alice, bob)
        )
        outbound = show(bob)
        command(bob, "say", "m1", text="from Alice", owner=owner)
        outbound.wait(lambda: outbound.acks.get("m1") == "It was written under another sign-in.")
        command(alice, "say", "m1", text="from Alice", owner=owner)
        wait_for_said(alice, "from Alice")
        assert said(bob) == []
        assert tutor.texts("B") == []


def test_words_of_an_account_are_refused_as_soon_as_a_welcome_names_none(chat_with: Make) -> None:
    """Before the log is complete, too: what the chat took then would go to the log of nobody."""
    replay = asyncio.Event()

    async def serve(peer: Peer) -> None:
        peers.append(peer)
        if (await peer.hello()).dial == 1:
            await peer.send(welcome(account="A"))
        else:
            await peer.send(welcome(seq=1))
            await replay.wait()
            await peer.send(event(1))
            taken.append(await peer.receive())
        await peer.socket.wait_closed()

    peers: list[Peer] = []
    taken: list[ClientFrame] = []
    with Scripted(serve) as server:
        chat = chat_with(server.url, session="s", token="a")
        owner = wait_for(chat, "_view", lambda v: len(v["owners"]) == 2)["owners"][-1]
        outbound = show(chat)
        server.loop.call_soon_threadsafe(peers[0].socket.transport.abort)
        until(lambda: chat._client.session.phase is Phase.REPLAYING)
        command(chat, "say", "m1", text="from Alice", owner=owner)
        command(chat, "say", "m2", text="from anybody")
        outbound.wait(lambda: outbound.acks.get("m1") == "It was written under another sign-in.")
        server.loop.call_soon_threadsafe(replay.set)
        until(lambda: taken == [Send("m2", "from anybody")])


def test_words_for_a_new_conversation_belong_to_the_account_of_the_old_one(
    chat_with: Make,
) -> None:
    """If another account is welcomed there first, they wait for their own."""
    with Accounts(a="A") as tutor:
        chat = chat_with(tutor.url, session="s", token=lambda: "a")
        owners = wait_for(chat, "_view", lambda v: len(v["owners"]) == 2)["owners"]
        outbound = show(chat)
        tutor.is_away = True
        chat.new()
        until(lambda: chat.session != "s")
        assert wait_for(chat, "_view", lambda v: v["key"] != "")["owners"] == owners
        command(chat, "say", "m1", text="from Alice", owner=owners[-1])
        outbound.wait(lambda: outbound.acks.get("m1", "") is None)
        tutor.account_of["a"] = "B"
        tutor.is_away = False
        chat.reconnect()
        wait_for(chat, "queue", lambda q: [m.get("code") for m in q] == ["other_sign_in"])
        wait_for_status(chat, "connected")
        tutor.account_of["a"] = "A"
        tutor.drop_all()
        wait_for_said(chat, "from Alice")
        assert tutor.texts("B") == []


def test_no_token_is_in_any_file_or_trait(chat_with: Make) -> None:
    """Nor in what the chat says of itself; two credentials, one of them a function."""
    secrets = ("s3cret-of-alice", "s3cret-of-bob")
    with Accounts(**dict.fromkeys(secrets, "A")) as tutor:
        tutor.holds = True
        alice = chat_with(tutor.url, session="s", token=secrets[0])
        bob = chat_with(tutor.url, session="s", token=lambda: secrets[1])
        for chat in (alice, bob):
            chat.say("hello")
            wait_for(chat, "queue", lambda q: bool(q) and q[-1]["status"] == "sent")
        files = [path for path in Path(os.environ["JUPYTER_DATA_DIR"]).rglob("*") if path.is_file()]
        assert files
        written = b"".join(path.read_bytes() + str(path).encode() for path in files)
        shown = json.dumps([chat.get_state() for chat in (alice, bob)], default=str) + repr(alice)
        kept = repr(call_on_loop(lambda: (list(registry._clients), owners._names)))
        for secret in secrets:
            assert secret.encode() not in written
            assert secret not in shown
            assert secret not in kept


def test_two_queues_of_a_dead_kernel_go_to_their_own_accounts(tmp_path: Path) -> None:
    """Both chats find both journals before they are welcomed; afterwards each has its own alone."""
    program = (
        "from tutor_widget import TutorChat\n"
        "def start(url):\n"
        "    global alice, bob\n"
        "    alice = TutorChat(url, session='s', token='a')\n"
        "    bob = TutorChat(url, session='s', token='b')\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    with Accounts(a="A", b="B") as tutor:
        tutor.holds = True
        with Child(home) as kernel:
            kernel.run(program)
            kernel.run(f"start({tutor.url!r})")
            until(lambda: kernel.run("alice.status == bob.status == 'connected'"))
            kernel.run("alice.say('from Alice'); bob.say('from Bob')")
            until(lambda: tutor.sent == {"A": ["from Alice"], "B": ["from Bob"]})
        tutor._waiting.clear()
        with Child(home) as kernel:
            kernel.run(program)
            kernel.run(f"start({tutor.url!r})")
            until(lambda: kernel.run("alice.status == bob.status == 'connected'"))
            texts = "[[(i['text'], i['status']) for i in chat.queue] for chat in (alice, bob)]"
            until(lambda: kernel.run(texts) == [[["from Alice", "sent"]], [["from Bob", "sent"]]])
            tutor.go_on()
            until(lambda: kernel.run("alice.queue == bob.queue == []"))
            until(lambda: list(home.glob("**/*.journal")) == [])
        assert (tutor.texts("A"), tutor.texts("B")) == (["from Alice"], ["from Bob"])
        assert set(tutor.sent["A"]) == {"from Alice"}
        assert set(tutor.sent["B"]) == {"from Bob"}
