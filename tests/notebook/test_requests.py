"""Reports and the deletion of a conversation, from a program and from a page."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.chats import (
    NOBODY,
    WITHIN,
    command,
    outbox,
    show,
    wait_for,
    wait_for_status,
)
from tests.support.children import until
from tests.support.files import contents
from tests.support.servers.scripted import Peer, Scripted
from tutor_widget import NotFound, Refused, TutorChat
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.outbox.journal import Journal
from tutor_widget.notebook import downloads
from tutor_widget.wire import Event, Report, Reported, Send

MARKER = "zebra-crossing-marker"


def has_marker() -> list[str]:
    """The files of the data folder, the embedded tutor's database among them, that hold it."""
    folder = Path(os.environ["JUPYTER_DATA_DIR"])
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if MARKER.encode() in path.read_bytes()]


def view(chat: TutorChat) -> dict[str, Any]:
    found: dict[str, Any] = chat._view
    return found


async def take_reports(peer: Peer) -> None:
    """A tutor that greets, and confirms reports from the first message on."""
    await peer.welcome(seq=1, offers=["report"])
    await peer.send(Event(1, "_a", "tutor", "Hello.", 0, "complete"))
    waiting: list[Report] = []
    while not isinstance(frame := await peer.receive(), Send):
        assert isinstance(frame, Report)
        waiting.append(frame)
    while True:
        for report in waiting:
            await peer.send(Reported(report.id))
        frame = await peer.receive()
        waiting = [frame] if isinstance(frame, Report) else []


# --- reports ------------------------------------------------------------------------------------


def test_only_what_is_ticked_is_shared() -> None:
    """By a page, by one of an earlier version, by one that says nonsense, and by a program."""
    reports: queue.Queue[Report] = queue.Queue()

    async def take(peer: Peer) -> None:
        await peer.welcome(seq=1, offers=["report"])
        await peer.send(Event(1, "_a", "tutor", "Hello.", 0, "complete"))
        while True:
            frame = await peer.receive()
            assert isinstance(frame, Report)
            reports.put(frame)
            await peer.send(Reported(frame.id))

    with Scripted(take) as server, closing(TutorChat(server.url, session="s")) as chat:
        wait_for_status(chat, "connected")
        show(chat)
        key = view(chat)["key"]
        said: list[dict[str, Any]] = [{"share": True}, {"share": False}, {}, {"share": "yes"}]
        for number, given in enumerate(said):
            command(chat, "report", f"r{number}", key=key, message="_a", reason="", **given)
            assert reports.get(timeout=WITHIN).share is (number == 0 or None)
        for share in (True, False):
            chat.report("_a", share=share)
            assert reports.get(timeout=WITHIN).share is (share or None)


def test_a_report_waits_in_the_view_until_the_server_has_it() -> None:
    """A page reports by a command; a program with the method."""
    with Scripted(take_reports) as server, closing(TutorChat(server.url, session="s")) as chat:
        wait_for_status(chat, "connected")
        outbound = show(chat)
        assert view(chat)["offers"] == ["report"]
        key = view(chat)["key"]
        command(chat, "report", "r1", key=key, message="_a", reason="")
        wait_for(chat, "_view", lambda v: v["reports"] == {"_a": "waiting"})
        outbound.wait(lambda: "r1" in outbound.acks)
        assert outbound.acks["r1"] is None
        chat.report("_a", "rude")
        chat.say("go on")
        wait_for(chat, "_view", lambda v: v["reports"] == {"_a": "reported"})


def test_what_cannot_be_reported_is_refused_in_words() -> None:
    """An unknown answer, a reason that is too long, a tutor that takes no reports."""
    with Scripted(take_reports) as server, closing(TutorChat(server.url, session="s")) as chat:
        wait_for_status(chat, "connected")
        with pytest.raises(NotFound, match="no answer 'nothing'"):
            chat.report("nothing")
        with pytest.raises(Refused, match="2,001 characters; 2,000 can be sent"):
            chat.report("_a", "x" * 2001)
        with pytest.raises(TypeError):
            chat.report("_a", 7)  # type: ignore[arg-type]
        with pytest.raises(Refused, match="does not delete conversations"):
            chat.erase()


@pytest.mark.parametrize("op", ["report", "erase"])
def test_what_a_page_kept_while_the_kernel_restarted_is_not_lost(op: str) -> None:
    """The new kernel takes it before it has reached the tutor; a tutor that does not offer it makes
    a warning of it."""
    go = threading.Event()

    async def offer_nothing(peer: Peer) -> None:
        await asyncio.to_thread(go.wait, WITHIN)
        await peer.welcome()
        await peer.socket.wait_closed()

    with Scripted(offer_nothing) as server, closing(TutorChat(server.url, session="s")) as chat:
        outbound = show(chat)
        command(chat, op, "c1", key=view(chat)["key"], message="_a", reason="rude")
        outbound.wait(lambda: "c1" in outbound.acks)
        assert outbound.acks["c1"] is None
        assert (view(chat)["erasing"], view(chat)["reports"]) == (
            (True, {}) if op == "erase" else (False, {"_a": "waiting"})
        )
        go.set()
        code = "no_erasure" if op == "erase" else "no_reports"
        wait_for(chat, "_view", lambda v: v["warning_code"] == code)
        assert (view(chat)["erasing"], view(chat)["reports"]) == (False, {})
        chat.say("go on")
        wait_for(chat, "_view", lambda v: v["warning_code"] == "")


@pytest.mark.parametrize("op", ["report", "erase"])
def test_a_page_that_means_another_conversation_changes_nothing(op: str) -> None:
    """Its command may have waited for the kernel while the learner began a new conversation."""
    with closing(TutorChat(NOBODY, session="s")) as chat:
        outbound = show(chat)
        command(chat, op, "c1", key="another", message="_a")
        command(chat, op, "c2", key=view(chat)["key"], message="_a", owner="another")
        command(chat, op, "c3")
        command(chat, op, "_c4", key=view(chat)["key"], message="_a")
        outbound.wait(lambda: {"c1", "c2", "c3", "_c4"} <= outbound.acks.keys())
        assert "another conversation" in str(outbound.acks["c1"])
        assert "another sign-in" in str(outbound.acks["c2"])
        assert "does not understand" in str(outbound.acks["c3"])
        assert "does not understand" in str(outbound.acks["_c4"])


@pytest.mark.parametrize("op", ["report", "erase"])
def test_a_request_is_acknowledged_when_it_is_on_the_disk(
    op: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then the tab keeps it: the kernel may be killed. Sent again, it is not done twice."""
    written, write = threading.Event(), Journal.write

    def slow(journal: Journal, *entries: Any) -> None:
        assert written.wait(WITHIN)
        write(journal, *entries)

    monkeypatch.setattr(Journal, "write", slow)
    with closing(TutorChat(NOBODY, session="s")) as chat:
        outbound = show(chat)
        for _ in range(2):
            command(chat, op, "c1", key=view(chat)["key"], message="_a", reason="rude")
        command(chat, "nudge", "n1", why="online")
        outbound.wait(lambda: "n1" in outbound.acks)
        assert "c1" not in outbound.acks
        written.set()
        outbound.wait(lambda: "c1" in outbound.acks)
        assert any(b'"c1"' in journal for journal in contents(outbox(), "*.journal"))


# --- the revision and the language ----------------------------------------------------------------


def test_a_message_carries_the_revision_that_its_author_saw() -> None:
    """A program's the present one; a page's the one that it names; none before there is a state."""
    sent: list[Send] = []
    langs: list[str | None] = []

    go = threading.Event()

    async def listen(peer: Peer) -> None:
        await asyncio.to_thread(go.wait, WITHIN)
        hello = await peer.welcome(rev=4, state={"step": 4})
        langs.append(hello.lang)
        while True:
            frame = await peer.receive()
            if isinstance(frame, Send):
                sent.append(frame)

    with Scripted(listen) as server, closing(TutorChat(server.url, session="s", lang="de")) as chat:
        chat.say("before")
        go.set()
        wait_for_status(chat, "connected")
        outbound = show(chat)
        assert view(chat)["rev"] == 4
        chat.say("program")
        command(chat, "say", "m1", text="page", rev=3)
        command(chat, "say", "m2", text="faulty", rev=-1)
        until(lambda: len(sent) == 3)
        outbound.wait(lambda: "m2" in outbound.acks)
        assert [(send.text, send.rev) for send in sent] == [
            ("before", None),
            ("program", 4),
            ("page", 3),
        ]
        assert outbound.acks["m2"] is not None
        assert langs == ["de"]
        for lang in ("pt-BR", "no language", 7):
            command(chat, "view", f"v{lang}", view="page", shown=True, n=0, lang=lang)
        outbound.wait(lambda: "v7" in outbound.acks)
        server.cut()
        until(lambda: len(langs) == 2)
        assert langs == ["de", "pt-BR"]


def test_the_language_of_a_page_is_known_before_the_next_chat_has_one() -> None:
    """The first hello of a chat names what a page told last, or what the program chose; a page that
    tells another language while nothing is under way is heard at once."""
    langs: list[str | None] = []

    async def listen(peer: Peer) -> None:
        langs.append((await peer.welcome()).lang)
        while True:
            await peer.receive()

    with Scripted(listen) as server:
        with closing(TutorChat(server.url, session="s1")) as chat:
            wait_for_status(chat, "connected")
            command(chat, "view", "v1", view="page", shown=True, n=0, lang="pt-BR")
            until(lambda: langs == [None, "pt-BR"])
        with closing(TutorChat(server.url, session="s2")):
            until(lambda: langs[2:] == ["pt-BR"])
        with closing(TutorChat(server.url, session="s3", lang="de")):
            until(lambda: langs[3:] == ["de"])


# --- deleting the conversation --------------------------------------------------------------------


def test_nothing_of_a_deleted_conversation_stays_on_the_learners_side() -> None:
    """Neither in the traits nor in the kernel, nor in any file of the data folder."""
    with closing(TutorChat()) as chat:
        outbound = show(chat)
        wait_for_status(chat, "connected")
        answer = chat.ask_blocking("hint", WITHIN)
        chat.say(f"said {MARKER}", {"cell": f"{MARKER} = 1"})
        wait_for(chat, "history", lambda h: sum("re" in item for item in h) == 2)
        first = chat.session
        chat.disconnect()
        chat.say(f"queued {MARKER}", {"cell": MARKER})
        chat.report(answer.id, f"because of {MARKER}")
        wait_for(chat, "queue", lambda q: [m["status"] for m in q] == ["queued"])
        assert has_marker()
        command(chat, "erase", "e1", key=view(chat)["key"])
        outbound.wait(lambda: "e1" in outbound.acks)
        assert view(chat)["erasing"]
        with pytest.raises(Refused, match="being deleted"):
            chat.say("too late")
        chat.reconnect()
        assert wait_for(chat, "connection", lambda c: c["code"] == "erased")["status"] == "failed"
        assert (chat.history, chat.queue, chat.session_state) == ([], [], {})
        assert view(chat)["erased"] == [view(chat)["key"]]
        assert (view(chat)["reports"], view(chat)["erasing"]) == ({}, False)
        session = chat._client.session
        assert (session.outgoing.contexts, session.outgoing.shared) == ({}, {})
        assert MARKER not in repr(call_on_loop(lambda: vars(chat._chat.page._mirror)))
        with pytest.raises(Refused, match="Start a new conversation"):
            chat.say("too late")
        until(lambda: has_marker() == [])
        chat.new()
        wait_for_status(chat, "connected")
        assert chat.session != first
        chat.ask_blocking("hint", WITHIN)


def test_a_download_of_a_deleted_conversation_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that is written at that moment."""
    monkeypatch.setattr(downloads, "PIECE", 50)
    with closing(TutorChat()) as chat:
        outbound = show(chat)
        wait_for_status(chat, "connected")
        chat.ask_blocking("hint", WITHIN)
        command(chat, "file", "f1", format="md", **{"from": 0})
        outbound.wait(lambda: "f1" in outbound.acks)
        assert len(chat._chat.downloads) == 1
        chat.erase()
        command(chat, "file", "f2", format="json", **{"from": 0})
        wait_for(chat, "connection", lambda c: c["code"] == "erased")
        outbound.wait(lambda: "f2" in outbound.acks)
        until(lambda: len(chat._chat.downloads) == 0)


def test_who_awaits_an_answer_learns_of_the_deletion() -> None:
    """Also where the message was committed long ago."""

    async def delete(peer: Peer) -> None:
        await peer.welcome()
        await peer.take(1)
        await peer.socket.close(4410)

    with Scripted(delete) as server, closing(TutorChat(server.url, session="s")) as chat:
        with pytest.raises(Refused, match="was deleted") as refused:
            chat.ask_blocking("hello", WITHIN)
        assert refused.value.code == "erased"


def test_a_deletion_outlives_the_conversation_that_replaced_it() -> None:
    """The learner begins a new one at once; the old one is deleted, and forgotten, behind it."""
    with closing(TutorChat()) as chat:
        wait_for_status(chat, "connected")
        chat.ask_blocking(MARKER, WITHIN)
        key = view(chat)["key"]

        def erase_and_begin_anew() -> None:
            chat._client.erase("e1")
            chat._chat.open_new()

        call_on_loop(erase_and_begin_anew)
        wait_for_status(chat, "connected")
        until(lambda: has_marker() == [])
        wait_for(chat, "_view", lambda v: v["erased"] == [key] != [v["key"]])


def test_a_deleted_conversation_is_one_until_it_begins_anew() -> None:
    """Also while the chat is disconnected, and for a chat that comes to it later. After a welcome
    pages may keep things of it again."""
    erased = threading.Event()
    erased.set()

    async def erase(peer: Peer) -> None:
        if erased.is_set():
            await peer.socket.close(4410)
        else:
            await peer.welcome()
            await peer.socket.wait_closed()

    with Scripted(erase) as server, closing(TutorChat(server.url, session="s")) as chat:
        wait_for_status(chat, "failed")
        chat.disconnect()
        wait_for_status(chat, "closed")
        key = view(chat)["key"]
        with closing(TutorChat(server.url, session="s")) as second:
            for each in (chat, second):
                wait_for(each, "_view", lambda v: v["erased"] == [key])
        erased.clear()
        chat.reconnect()
        wait_for_status(chat, "connected")
        wait_for(chat, "_view", lambda v: v["erased"] == [])


def test_the_name_of_a_person_reaches_the_page_and_the_files(tmp_path: Path) -> None:
    """A notice shows who wrote it."""

    async def notify(peer: Peer) -> None:
        await peer.welcome(seq=1)
        await peer.send(Event(1, "_n", "notice", "Well done.", 0, "complete", by="Ms Grey"))
        await peer.socket.wait_closed()

    with Scripted(notify) as server, closing(TutorChat(server.url, session="s")) as chat:
        (item,) = wait_for(chat, "history", bool)
        assert item["by"] == "Ms Grey"
        saved = chat.export(tmp_path / "saved.md").read_text()
        assert "Ms Grey" in saved
        assert '"by": "Ms Grey"' in chat.export(tmp_path / "saved.json").read_text()
