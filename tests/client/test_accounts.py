"""Chats of several accounts, and of one account several times, in one process: real sockets."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.accounts import SESSION, Accounts, said, wait_for_said
from tests.support.chats import WITHIN, journalled, journals, wait_for
from tests.support.children import Child, until
from tests.support.servers.processes import Tutor
from tutor_widget import TutorChat
from tutor_widget.client import registry
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.storage.folders import digest, user_name

pytestmark = pytest.mark.usefixtures("quiet")


Make = Callable[..., TutorChat]


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


def test_the_page_keeps_drafts_of_two_accounts_apart(chat_with: Make) -> None:
    """Each credentials have a key of their own, the same in the next kernel and in a rerun."""
    program = (
        "from tutor_widget import TutorChat\n"
        "def key(token):\n"
        "    chat = TutorChat('ws://127.0.0.1:1', session='s', token=token)\n"
        "    return chat._view['key']\n"
    )

    def keys(home: Path) -> list[str]:
        with Child(home) as kernel:
            kernel.run(program)
            return [kernel.run(f"key({token!r})") for token in ("a", "b", "a", None, "b")]

    home = Path(os.environ["JUPYTER_DATA_DIR"])
    home.mkdir(parents=True)
    found = keys(home)
    assert found == keys(home)
    assert len(set(found)) == 3
    assert (found[0], found[1]) == (found[2], found[4])
    # With one account the key is what it always was.
    assert found[0] == digest("browser", "ws://127.0.0.1:1/", "s", user_name())


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
        kept = repr(call_on_loop(lambda: (list(registry._clients), registry._seen)))
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
