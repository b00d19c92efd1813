"""Reports, the deletion of a conversation, and notices, over real sockets and a real database."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.peers import SESSION, Peer, Script, peer, serving, until
from tests.support.stores import begin
from tutor_widget.server import Server, TokenAuthenticator, settings
from tutor_widget.server.net.admission import ERASED
from tutor_widget.wire import MAX_REPLY

pytestmark = pytest.mark.timeout(150)

MARKER = "zebra-crossing-marker"


async def answered(client: Peer, message_id: str = "m1", text: str = "hello") -> str:
    """Say it; returns the id of the answer."""
    await client.say("send", id=message_id, text=text)
    answer = await client.answer(message_id)
    return str(answer["id"])


async def reports(server: Server) -> list[tuple[str, str | None]]:
    return [(one.event_id, one.reason) for one in await server._registry.store.reports(0, 100)]


# --- reports ------------------------------------------------------------------------------------


async def test_a_report_is_confirmed_once_it_is_kept(tmp_path: Path) -> None:
    """A second one of the same answer replaces the first, and is confirmed too."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        assert (await client.hello())["offers"] == ["report", "erase"]
        answer = await answered(client)
        for reason in ("rude", None, "wrong"):
            await client.say("report", id=answer, **({"reason": reason} if reason else {}))
            assert await client.next("reported") == {"type": "reported", "id": answer}
            assert await reports(server) == [(answer, reason)]


async def test_a_conversation_is_shared_with_teachers_only_by_consent(tmp_path: Path) -> None:
    """Of the last report: without it, or without a word of it, nothing is shared."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        answer = await answered(client)
        for share in (True, False, True, None):
            given = {} if share is None else {"share": share}
            await client.say("report", id=answer, **given)
            await client.next("reported")
            (report,) = await server._registry.store.reports(0, 100)
            assert report.shared is (share is True)


async def test_what_is_no_tutors_message_cannot_be_reported(tmp_path: Path) -> None:
    """Such a report is ignored, and the connection goes on."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        answer = await answered(client)
        for unknown in ("m1", "nothing"):
            await client.say("report", id=unknown)
        await client.say("report", id=answer)
        await client.next("reported", id=answer)
        assert client.seen.count("reported") == 1
        assert [event_id for event_id, _ in await reports(server)] == [answer]


async def test_reports_count_against_the_rate(tmp_path: Path) -> None:
    """One too many is refused for a while under the answer's id, and delays no message."""
    ada = TokenAuthenticator({"ada": "token"})
    async with (
        serving(tmp_path / "db", authenticator=ada, rate=3.0) as server,
        peer(server.url, "token") as client,
    ):
        await client.hello()  # a new session costs as much as a message
        answer = await answered(client)
        await client.say("report", id=answer)
        await client.next("reported")
        await client.say("report", id=answer)
        refused = await client.next("refused")
        assert (refused["id"], refused["code"]) == (answer, "rate")
        assert refused["retry_after"] > 0
        await client.say("send", id="m1", text="hello")
        assert (await client.next("event"))["id"] == "m1"


# --- deleting a conversation ----------------------------------------------------------------------


async def test_every_connection_of_a_deleted_conversation_is_closed(tmp_path: Path) -> None:
    """Also those of another node, and every later hello until the mark is gone."""
    path = tmp_path / "db"
    async with (
        serving(path) as server,
        serving(path) as other,
        peer(server.url) as client,
        peer(server.url) as tab,
        peer(other.url) as elsewhere,
    ):
        await client.hello(instance="one")
        await answered(client)
        await tab.hello(instance="two")
        await elsewhere.hello(instance="three")
        await client.say("erase")
        for each in (client, tab, elsewhere):
            assert await each.ending() == ERASED
        for node in (server, other):
            async with peer(node.url) as again:
                await again.say_hello()
                assert await again.ending() == ERASED
            await until(lambda: all(n._registry.sessions == [] for n in (server, other)))


class Hesitant(Script):
    """Has no greeting, and thinks about each until the test lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.thinking: list[asyncio.Event] = []

    async def greeting(self, state: dict[str, Any]) -> str:
        self.thinking.append(asyncio.Event())
        await self.thinking[-1].wait()
        return ""


async def test_a_session_that_is_erased_while_another_client_opens_it_is_closed(
    tmp_path: Path,
) -> None:
    """Its head was read before, and is that of no session any more."""
    tutor = Hesitant()
    async with (
        serving(tmp_path / "db", tutor) as server,
        peer(server.url) as client,
        peer(server.url) as late,
    ):
        await client.say_hello(instance="one")
        await until(lambda: len(tutor.thinking) == 1)
        await late.say_hello(instance="two")
        await until(lambda: len(tutor.thinking) == 2)
        tutor.thinking[0].set()
        await client.next("welcome")
        await client.say("erase")
        assert await client.ending() == ERASED
        tutor.thinking[1].set()
        assert await late.ending() == ERASED


async def test_a_mark_stays_until_every_node_has_heard_of_the_erasure(tmp_path: Path) -> None:
    """However short it is to be: each connection is closed with 4410."""
    path = tmp_path / "db"
    async with (
        serving(path, erased_days=0.0) as server,
        serving(path, erased_days=0.0) as other,
        peer(server.url) as client,
        peer(other.url) as elsewhere,
    ):
        await client.hello(instance="one")
        await elsewhere.hello(instance="two")
        await client.say("erase")
        assert await client.ending() == await elsewhere.ending() == ERASED


async def test_without_a_mark_the_conversation_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under another epoch, with an empty log and no state."""
    monkeypatch.setattr(settings, "_HEARD", 0.0)
    async with serving(tmp_path / "db", erased_days=0.0) as server:
        async with peer(server.url) as client:
            epoch = (await client.hello())["epoch"]
            await answered(client)
            await client.say("erase")
            assert await client.ending() == ERASED
        async with peer(server.url) as client:
            welcome = await client.hello()
            assert welcome["epoch"] != epoch
            assert (welcome["seq"], welcome["state"]) == (0, {})


async def test_a_deletion_that_is_asked_for_twice_deletes_once(tmp_path: Path) -> None:
    """The second, and what was sent behind it, find nothing any more."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        await client.say("erase")
        await client.say("erase")
        await client.say("send", id="m1", text=MARKER)
        assert await client.ending() == ERASED
        assert await server._registry.store.reports(0, 1) == []
        listed = [one async for one in server._registry.store.list_sessions()]
        assert listed == []


async def test_a_reply_under_way_is_cut_and_writes_nothing(tmp_path: Path) -> None:
    """The tutor is cancelled."""
    tutor = Script()
    async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hello")
        tutor.say("One")
        await client.next("delta")
        await client.say("erase")
        assert await client.ending() == ERASED
        async with asyncio.timeout(60):
            await tutor.cancelled.wait()
        await until(lambda: server._registry.sessions == [])


async def test_nothing_of_a_deleted_conversation_stays_on_the_disk_or_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither what was said or attached, nor the answer, nor the report. The deletion is logged."""
    caplog.set_level(logging.DEBUG, "tutor_widget")
    path = tmp_path / "db"

    def on_disk() -> int:
        files = [file for file in tmp_path.rglob("*") if file.is_file()]
        return sum(file.read_bytes().count(MARKER.encode()) for file in files)

    async with serving(path) as server:
        async with peer(server.url) as client:
            await client.hello()
            context = {"cell": f"{MARKER} = 1"}
            await client.say("send", id="m1", text=f"said {MARKER}", context=context)
            answer = (await client.answer("m1"))["id"]
            await client.say("report", id=answer, reason=f"because of {MARKER}")
            await client.next("reported")
            assert on_disk() > 0
            await client.say("erase")
            assert await client.ending() == ERASED
        await until(lambda: on_disk() == 0)  # the store wipes its files a moment later
    assert on_disk() == 0
    lines = [(record.getMessage(), getattr(record, "fields", {})) for record in caplog.records]
    assert MARKER not in str(lines)
    assert SESSION not in str(lines)
    assert [facts["by"] for event, facts in lines if event == "session erased"] == ["learner"]


# --- notices --------------------------------------------------------------------------------------


async def test_a_persons_notice_reaches_all_with_the_name(tmp_path: Path) -> None:
    """Also the connections of another node, and those that come later."""
    path = tmp_path / "db"
    async with (
        serving(path) as server,
        serving(path) as other,
        peer(server.url) as client,
        peer(other.url) as elsewhere,
    ):
        await client.hello(instance="one")
        await elsewhere.hello(instance="two")
        event = await server.notice("", SESSION, "Ms Grey", "Well done.")
        assert event is not None
        for each in (client, elsewhere):
            told = await each.next("event")
            assert (told["role"], told["by"], told["text"]) == ("notice", "Ms Grey", "Well done.")
        async with peer(server.url) as late:
            await late.hello(instance="three")
            assert (await late.next("event"))["id"] == event.id


async def test_a_notice_reaches_a_client_whose_session_is_being_opened(tmp_path: Path) -> None:
    """The head was read before the notice was written."""
    tutor = Hesitant()
    async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
        await client.say_hello()
        await until(lambda: len(tutor.thinking) == 1)
        assert await server.notice("", SESSION, "Ms Grey", "Well done.") is not None
        tutor.thinking[0].set()
        assert (await client.next("welcome"))["seq"] == 0
        assert (await client.next("event"))["by"] == "Ms Grey"


async def test_a_notice_needs_a_conversation_a_name_and_a_text(tmp_path: Path) -> None:
    """None of either is an error in words, or None; a text is as long as a tutor's at most."""
    async with serving(tmp_path / "db") as server:
        assert await server.notice("", SESSION, "Ms Grey", "Hello?") is None
        for name in ("", "x" * 81):
            with pytest.raises(ValueError, match="1 to 80 characters"):
                await server.notice("", SESSION, name, "Hello?")
        for text, reason in ((" \n", "is empty"), ("x" * (MAX_REPLY + 1), "262,144 characters")):
            with pytest.raises(ValueError, match=reason):
                await server.notice("", SESSION, "Ms Grey", text)
        await begin(server._store)
        assert await server.notice("", SESSION, "Ms Grey", "x" * MAX_REPLY) is not None
