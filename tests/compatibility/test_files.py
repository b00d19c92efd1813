"""Files of a user's home that 0.1 left: journals, remembered sessions, exports, its tutor's log.

They are made while the test runs, by 0.1's own code in a process that is killed. So they are as
they are in practice: with ids and times of today, the process id of a process that really ended,
and a name that is derived from an address on this machine.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.children import until
from tests.support.release import CHECKOUT, Notebook, Release, is_in_order
from tests.support.servers.processes import Tutor, free_port
from tests.support.servers.scripted import Peer, Scripted
from tutor_widget import Conversation
from tutor_widget.wire import Event, Refused, Send

ERROR = {"name": "NameError", "message": "name 'x' is not defined", "traceback": "NameError: …"}
LESSON = ("--tutor=lesson", "--pace=0")
DAY = 86_400.0
TAB = "chat.get_state('_view')['_view']['key']"


async def silent(peer: Peer) -> None:
    """A server that acknowledges nothing, and refuses one message for good."""
    await peer.welcome()
    while True:
        frame = await peer.receive()
        if isinstance(frame, Send) and frame.text == "too long":
            await peer.send(Refused(id=frame.id, code="too_long", reason="Too long for me."))


@contextmanager
def serving(folder: Path, port: int) -> Iterator[Tutor]:
    """This code's server on that port."""
    tutor = Tutor(folder / "tutor.sqlite", *LESSON, port=port)
    try:
        tutor.start()
        yield tutor
    finally:
        tutor.kill()


@dataclass(frozen=True)
class Left:
    """What a killed kernel left."""

    url: str
    port: int
    session: str
    queue: list[dict[str, Any]]
    tab: str
    """The name under which a browser's tab keeps what no kernel has acknowledged."""


def leave_journal(home: Path, release: Release, session: str | None = None) -> Left:
    """Have a kernel with a message of each kind in its journal, and kill it."""
    with ExitStack() as serving_silence:
        server = serving_silence.enter_context(Scripted(silent, port=free_port()))
        url, port = server.url, server.port
        with Notebook(home, release, url, session=session) as notebook:
            notebook.wait("chat.status == 'connected'")
            for text in ("transmitted", "taken back", "too long"):
                notebook.say(text)
            notebook.wait("queued('sent', 'sent', 'failed')")
            notebook.run("chat.discard(chat.queue[1]['id'])")
            notebook.wait("queued('sent', 'withdrawing', 'failed')")
            serving_silence.close()
            notebook.wait("chat.status == 'reconnecting'")
            notebook.say("what is this?", {"error": ERROR, "cell": "x"})
            notebook.say("last")
            notebook.wait("queued('queued', 'withdrawing', 'failed', 'queued', 'queued')")
            return Left(url, port, notebook.session, notebook.queue, notebook.run(TAB))


def check_adopted(notebook: Notebook, left: Left, folder: Path) -> None:
    """The queue is what was left, and goes out as it should."""
    notebook.wait("queued('queued', 'withdrawing', 'failed', 'queued', 'queued')")
    assert as_of_0_1(notebook.queue) == as_of_0_1(left.queue)
    with serving(folder, left.port):
        notebook.run("chat.reconnect()")
        notebook.wait("queued('failed') and chat.status == 'connected'")
        notebook.run("chat.retry(chat.queue[0]['id'])")
        log = notebook.settle(4)
    texts = ["transmitted", "what is this?", "last", "too long"]
    assert is_in_order(log, texts), log
    of = {message["text"]: message["id"] for message in left.queue}
    assert [e["id"] for e in log if e["role"] == "learner"] == [of[text] for text in texts]
    (explained,) = (e["text"] for e in log if e.get("re") == of["what is this?"])
    assert "NameError" in explained


def as_of_0_1(queue: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items without the key that 0.1 does not know."""
    return [{key: value for key, value in item.items() if key != "code"} for item in queue]


def journals(home: Path) -> list[Path]:
    """The journals in a home."""
    return list((home / "tutor_widget").rglob("*.journal"))


def test_a_journal_of_a_killed_kernel_is_taken_over(tmp_path: Path, release_0_1: Release) -> None:
    """Same ids, order, times, statuses, reasons, contexts; each goes out once, nothing remains.

    No session is named: the new kernel also finds the conversation that 0.1 remembered, and a tab
    finds what it kept while there was no kernel.
    """
    left = leave_journal(tmp_path, release_0_1)
    assert journals(tmp_path)
    with Notebook(tmp_path, CHECKOUT, left.url) as new:
        assert new.session == left.session
        assert new.run(TAB) == left.tab
        check_adopted(new, left, tmp_path)
        new.leave()
    assert not journals(tmp_path)


def test_0_1_takes_over_a_journal_of_this_code(tmp_path: Path, release_0_1: Release) -> None:
    """Who goes back to 0.1 loses nothing: it sends what waits, each once, as this code would."""
    left = leave_journal(tmp_path, CHECKOUT, session="named-by-the-program-itself")
    with Notebook(tmp_path, release_0_1, left.url, session=left.session) as old:
        check_adopted(old, left, tmp_path)


def test_0_1_reads_a_journal_with_keys_that_it_does_not_know(
    tmp_path: Path, release_0_1: Release
) -> None:
    """A later version may record more of each message, and more kinds of records."""
    left = leave_journal(tmp_path, CHECKOUT, session="named-by-the-program-itself")
    (path,) = journals(tmp_path)
    path.write_bytes(b"".join(map(with_more_keys, path.read_bytes().splitlines())))
    with Notebook(tmp_path, release_0_1, left.url, session=left.session) as old:
        old.wait("len(chat.queue) == 5 and not any(m['status'] == 'saving' for m in chat.queue)")
        assert as_of_0_1(old.queue) == as_of_0_1(left.queue)
        assert not list(tmp_path.rglob("*.damaged"))


def with_more_keys(line: bytes) -> bytes:
    """The record as a later version might write it, and one of a kind of its own."""
    record = json.loads(line.partition(b" ")[2])
    if "put" in record:
        record["put"] |= {"account": "a", "later": {"than": "this"}}
    return checked(record) + checked({"account": "a"})


def checked(record: dict[str, Any]) -> bytes:
    """A line of a journal."""
    body = json.dumps(record).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


@pytest.mark.slow
def test_a_torn_journal_of_0_1_gives_what_can_be_read(tmp_path: Path, release_0_1: Release) -> None:
    """A power failure cut its last line: all other messages wait, and a warning is shown."""
    left = leave_journal(tmp_path, release_0_1)
    (path,) = journals(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    with Notebook(tmp_path, CHECKOUT, left.url) as new:
        new.wait("len(chat.queue) == 4 and not any(m['status'] == 'saving' for m in chat.queue)")
        assert new.queue == left.queue[:-1]
        new.wait("'could not be read' in chat.get_state('_view')['_view']['warning']")


def leave_two_conversations(home: Path, release: Release, url: str) -> tuple[str, str]:
    """Have messages wait in a conversation and in the one after it; their sessions."""
    with Notebook(home, release, url) as notebook:
        first = notebook.session
        notebook.say("of the first")
        notebook.say("of the first, too")
        notebook.wait("queued('queued', 'queued')")
        notebook.run("chat.new()")
        second = notebook.session
        assert second != first
        notebook.say("of the second")
        notebook.wait("queued('queued')")
    return first, second


def texts(tutor: Tutor, session: str) -> list[str]:
    """What a learner said in a conversation."""
    return [event.text for event in tutor.events(session) if event.role == "learner"]


def test_remembered_and_left_conversations_go_on(tmp_path: Path, release_0_1: Release) -> None:
    """The notebook has its newest conversation again, and what waited in the one before it is sent
    there; after a day the learner is asked whether to continue."""
    url = f"ws://127.0.0.1:{(port := free_port())}/"
    first, second = leave_two_conversations(tmp_path, release_0_1, url)
    (remembered,) = (tmp_path / "tutor_widget" / "sessions").iterdir()
    record = json.loads(remembered.read_text())
    remembered.write_text(json.dumps(record | {"at": record["at"] - 2 * DAY}))
    with serving(tmp_path, port) as tutor, Notebook(tmp_path, CHECKOUT, url) as new:
        assert new.session == second
        resume = new.run("chat.get_state('_view')['_view']['resume']")
        assert resume["at"] == pytest.approx((time.time() - 2 * DAY) * 1000, abs=300_000)
        assert is_in_order(new.settle(1), ["of the second"])
        until(lambda: texts(tutor, first) == ["of the first", "of the first, too"])
        until(lambda: not journals(tmp_path))


def test_0_1_destroys_no_conversation_of_this_code(tmp_path: Path, release_0_1: Release) -> None:
    """0.1 runs for a while, and is killed: then this code still has its conversation, and has sent
    all that waited, in this one and in the one that was left."""
    url = f"ws://127.0.0.1:{(port := free_port())}/"
    first, second = leave_two_conversations(tmp_path, CHECKOUT, url)
    with serving(tmp_path, port) as tutor:
        with Notebook(tmp_path, release_0_1, url) as old:
            old.ask("hint")
            session = old.session
        said = ["of the second", "hint"] if session == second else ["of the second"]
        with Notebook(tmp_path, CHECKOUT, url) as new:
            assert is_in_order(new.settle(len(said)), said)
            assert new.session == second
            until(lambda: texts(tutor, first) == ["of the first", "of the first, too"])


def plain(event: Event) -> dict[str, Any]:
    """The event as a history has it."""
    fields = msgspec.to_builtins(event)
    return {k: v for k, v in fields.items() if v is not None and k != "type"}


def test_a_saved_conversation_is_read(tmp_path: Path, release_0_1: Release) -> None:
    """`Conversation.load` reads what `export` of 0.1 wrote, with what was not sent yet; and 0.1
    reads ours."""
    with (
        serving(tmp_path, free_port()) as tutor,
        Notebook(tmp_path, release_0_1, tutor.url) as old,
    ):
        old.ask("3")
        tutor.freeze()
        old.say("on its way")
        old.run(f"saved = chat.export({str(tmp_path / 'old.json')!r})")
        log, queue, state = old.log(), old.queue, old.state
        found = Conversation.load(tmp_path / "old.json")
        assert [plain(event) for event in found.events] == log
        assert [(m.id, m.text, m.at) for m in found.unsent] == [
            (m["id"], m["text"], m["at"]) for m in queue
        ]
        assert found.state == state
        assert found.title == "Lists in Python"
        assert not found.earlier
        found.save(tmp_path / "new.json")
        old.run(f"found = tutor_widget.Conversation.load({str(tmp_path / 'new.json')!r})")
        again = old.run("[[e.seq, e.id, e.text] for e in found.events]")
        assert again == [[e["seq"], e["id"], e["text"]] for e in log]
        tutor.thaw()


def test_the_embedded_tutor_goes_on(tmp_path: Path, release_0_1: Release) -> None:
    """0.1's kernel was killed in the middle of an answer: this code has all that was said, and
    answers what was not, with the second hint and not the first again. Then 0.1 refuses the
    database with its own sentence, and this code goes on with it."""
    with Notebook(tmp_path, release_0_1) as old:
        old.ask("hint")
        old.say("hint")
        old.wait("any(item['status'] == 'streaming' for item in chat.history)")
        log = old.log()
    with Notebook(tmp_path, CHECKOUT) as new:
        found = new.settle(2)
        state = new.state
    assert found[: len(log)] == log
    assert is_in_order(found, ["hint", "hint"]), found
    first, second = (event["text"] for event in found if event.get("re"))
    assert first != second
    assert state["step"] == 1
    with Notebook(tmp_path, release_0_1) as old:
        old.wait("'newer version' in chat.connection['reason']")
    with Notebook(tmp_path, CHECKOUT) as new:
        assert new.settle(2) == found
        assert new.state == state
