"""The notice that teachers can read a conversation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.peers import SESSION, Script, peer, serving
from tests.support.stores import append, begin, says
from tutor_widget.server import Server, Settings, SQLiteStore
from tutor_widget.server.sessions.teachers_notice import notice_id
from tutor_widget.server.tutors.echo import EchoTutor

pytestmark = pytest.mark.timeout(150)
TEXT = "Your **teachers** can read this."


class Polite(Script):
    async def greeting(self, state: dict[str, Any]) -> str:
        return "Welcome!"


async def texts(server: Server) -> list[tuple[str, str]]:
    """What a client that comes now is sent: role and text."""
    async with peer(server.url) as client:
        welcome = await client.hello()
        events = await client.events(welcome["seq"])
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert all(event.get("by") is None for event in events)
        return [(event["role"], event["text"]) for event in events]


async def test_it_goes_before_the_greeting_and_comes_once(tmp_path: Path) -> None:
    """However often the learner, or the server, comes back."""
    for _ in range(2):
        async with serving(tmp_path / "db", Polite(), readable_by_teachers=TEXT) as server:
            for _ in range(2):
                assert await texts(server) == [("notice", TEXT), ("tutor", "Welcome!")]


async def test_a_conversation_that_exists_is_told_when_its_learner_comes(tmp_path: Path) -> None:
    """Before anything else is answered. A changed text is another notice."""
    path = tmp_path / "db"
    async with serving(path, Polite()) as server:
        assert await texts(server) == [("tutor", "Welcome!")]
        await append(server._store, (await begin(server._store)).key, says("m1"))
    for wording, count in ((TEXT, 1), (f"{TEXT} All.", 2), (TEXT, 2)):
        async with serving(path, Polite(), readable_by_teachers=wording) as server:
            told = await texts(server)
            assert told[:3] == [("tutor", "Welcome!"), ("learner", "text of m1"), ("notice", TEXT)]
            assert len(told) == 2 + count
            assert "Welcome!" not in str(told[1:])


async def test_two_nodes_tell_it_once(tmp_path: Path) -> None:
    """Both open the session at the same time."""
    path = tmp_path / "db"
    async with (
        serving(path, Polite(), readable_by_teachers=TEXT) as one,
        serving(path, Polite(), readable_by_teachers=TEXT) as other,
    ):
        async with peer(one.url) as here, peer(other.url) as there:
            await asyncio.gather(here.hello(instance="one"), there.hello(instance="two"))
        for server in (one, other):
            assert sorted(await texts(server)) == [("notice", TEXT), ("tutor", "Welcome!")]
            assert (await texts(server))[0] == ("notice", TEXT)


async def test_a_session_whose_server_was_killed_behind_the_notice_is_greeted(
    tmp_path: Path,
) -> None:
    """As one whose server was killed before all."""
    store = await SQLiteStore.open_file(tmp_path / "db")
    await store.notice((await begin(store)).key, notice_id(TEXT), None, TEXT)
    await store.close()
    async with serving(tmp_path / "db", Polite(), readable_by_teachers=TEXT) as server:
        assert await texts(server) == [("notice", TEXT), ("tutor", "Welcome!")]


async def test_a_hello_of_a_session_that_was_told_writes_nothing(tmp_path: Path) -> None:
    """Neither when it is in memory, nor when it is read from the database."""
    commits: list[int] = []
    for start in ("new", "known"):
        store = await SQLiteStore.open_file(tmp_path / "db", lambda _, jobs: commits.append(jobs))
        async with Server(store, EchoTutor(), Settings(readable_by_teachers=TEXT)) as server:
            if start == "new":
                assert await texts(server) == [("notice", TEXT)]
                assert commits
                commits.clear()
            for _ in range(2):
                assert await texts(server) == [("notice", TEXT)]
        await store.close()
    assert commits == []


async def test_a_session_that_expires_meanwhile_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was found, and then the retention of another node deleted it."""
    async with serving(tmp_path / "db", Polite(), readable_by_teachers=TEXT) as server:
        store = server._store
        old = (await begin(store)).key
        notice = store.notice

        def late(key: int, *given: Any) -> Any:
            if key != old:
                return notice(key, *given)
            store.erase(old, 0)
            return notice(key, *given)

        monkeypatch.setattr(store, "notice", late)
        assert await texts(server) == [("notice", TEXT), ("tutor", "Welcome!")]
        assert (await begin(store, name=SESSION)).key != old
