"""Replies that another node makes: what a session shows of them, and what it reads of them.

Two servers on one file are two nodes. What will come to a node over a network, the frames of a
reply under way, is given to `LiveSession.show` here.
"""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.servers.peers import SESSION, Peer, Script, peer, serving, until
from tests.support.stores import begin
from tutor_widget.server import Server, SQLiteStore
from tutor_widget.server.sessions.live import LiveSession
from tutor_widget.server.store import Answer, Claim, Kept, Message, SessionKey
from tutor_widget.wire import Answering, Delta

pytestmark = pytest.mark.timeout(150)


def live(server: Server) -> LiveSession:
    (found,) = server._registry.sessions
    return found


def piece(from_: int, text: str, reply_id: str = "_r") -> Delta:
    return Delta(id=reply_id, re="m1", from_=from_, text=text)


async def claimed_elsewhere(server: Server, client: Peer, other: SQLiteStore) -> Claim:
    """Another node's claim of the message m1, which it has written too, and which is known here."""
    await client.hello()
    key = (await begin(other)).key
    kept = other.append(key, Message("m1", "hi"))
    claim = await other.claim(key)
    assert isinstance(claim, Claim)
    assert isinstance(await kept, Kept)
    await client.next("event", id="m1")
    return claim


async def test_a_reply_of_another_node_is_shown_as_ones_own(tmp_path: Path) -> None:
    """Its pieces reach the listeners, and those who connect meanwhile get all of it."""
    other = await SQLiteStore.open_file(tmp_path / "db")
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        claim = await claimed_elsewhere(server, client, other)
        session = live(server)
        assert session.show(Answering(re="m1"), claim.fence)
        assert await client.next("answering") == {"type": "answering", "re": "m1"}
        for part in (piece(0, "one "), piece(4, "two ")):
            assert session.show(part, claim.fence)
            assert (await client.read())["text"] == part.text
        async with peer(server.url) as late:
            assert (await late.hello(instance="late"))["answering"] == "m1"
            assert (await late.next("delta"))["text"] == "one two "
            session.show(piece(8, "three"), claim.fence)
            assert (await late.read())["text"] == "three"
            await other.answer(claim, Answer("_r", "m1", "one two three", "complete"))
            assert (await late.answer("m1"))["text"] == "one two three"
        assert session.unanswered.reply is None
    await other.close()


async def test_a_piece_that_does_not_join_is_ignored_until_one_from_0(tmp_path: Path) -> None:
    """The listeners get none after the gap; who connects gets what is known; the text so far closes
    it."""
    other = await SQLiteStore.open_file(tmp_path / "db")
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        claim = await claimed_elsewhere(server, client, other)
        session = live(server)
        assert session.show(piece(0, "one "), claim.fence)
        assert not session.show(piece(8, "three "), claim.fence)
        assert not session.show(piece(14, "four "), claim.fence)
        async with peer(server.url) as late:
            await late.hello(instance="late")
            assert (await late.next("delta"))["text"] == "one "
        assert session.show(piece(0, "one two three four "), claim.fence)
        assert session.show(piece(19, "five"), claim.fence)
        texts = [(await client.next("delta"))["text"] for _ in range(3)]
        assert texts == ["one ", "two three four ", "five"]
    await other.close()


async def test_a_replay_ends_with_what_is_known_of_the_reply_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with what was known when it began, under a claim that has lost its lease since."""
    other = await SQLiteStore.open_file(tmp_path / "db")
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        claim = await claimed_elsewhere(server, client, other)
        session, read = live(server), server._store.read
        session.show(piece(0, "old "), claim.fence)
        go_on = asyncio.Event()

        async def late(key: SessionKey, after: int, limit: int, size: int) -> object:
            await go_on.wait()
            return await read(key, after, limit, size)

        monkeypatch.setattr(server._store, "read", late)
        async with peer(server.url) as newcomer:
            assert (await newcomer.hello(instance="new"))["answering"] == "m1"
            for part in (piece(0, "new ", "_s"), piece(4, "words", "_s")):
                session.show(part, claim.fence + 1)
            go_on.set()
            assert (await newcomer.next("delta"))["text"] == "new words"
            session.show(piece(9, "!", "_s"), claim.fence + 1)
            assert (await newcomer.read())["text"] == "!"
    await other.close()


async def test_what_comes_late_from_another_node_shows_nothing(tmp_path: Path) -> None:
    """Of an older claim, after the answer, or of a message that is not the oldest."""
    other = await SQLiteStore.open_file(tmp_path / "db")
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        claim = await claimed_elsewhere(server, client, other)
        session = live(server)
        assert session.show(piece(0, "anew", "_s"), claim.fence)
        assert not session.show(piece(0, "older"), claim.fence - 1)
        assert not session.show(Delta(id="_t", re="m2", from_=0, text="?"), claim.fence + 1)
        await other.answer(claim, Answer("_s", "m1", "anew", "complete"))
        await client.answer("m1")
        assert not session.show(piece(0, "anew", "_s"), claim.fence)
        assert client.seen.count("delta") == 1
    await other.close()


async def test_a_lease_that_was_lost_shows_the_new_owners_reply(tmp_path: Path) -> None:
    """The pieces of the tutor here are shown no more, and its end does not undo what is known."""
    script = Script()
    other = await SQLiteStore.open_file(tmp_path / "db")
    other.lease = 3600.0
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        server._store.lease = 0.3  # type: ignore[misc]
        await client.hello()
        renewing = asyncio.Event()
        renew = server._store.renew

        def stalled(claim: Claim) -> asyncio.Future[bool]:
            renewing.set()
            return asyncio.ensure_future(after_the_other(claim))

        taken = asyncio.Event()

        async def after_the_other(claim: Claim) -> bool:
            await taken.wait()
            return await renew(claim)

        server._store.renew = stalled  # type: ignore[method-assign]
        await client.say("send", id="m1", text="hi")
        script.say("mine")
        await client.next("delta", text="mine")
        await renewing.wait()
        key = (await begin(other)).key
        while not isinstance(claim := await other.claim(key), Claim):  # noqa: ASYNC110  # Busy
            await asyncio.sleep(0.05)
        session = live(server)
        assert session.show(piece(0, "theirs"), claim.fence)
        script.say("mine again")
        assert (await client.next("delta"))["text"] == "theirs"
        taken.set()
        await script.cancelled.wait()
        await until(lambda: session.worker._maker.message is None)
        assert session.show(piece(6, " too"), claim.fence)
        assert (await client.next("delta"))["text"] == " too"
        await other.answer(claim, Answer("_r", "m1", "theirs too", "complete"))
        assert (await client.answer("m1"))["text"] == "theirs too"
    await other.close()


async def test_a_state_goes_before_its_answer_on_every_node(tmp_path: Path) -> None:
    """Of two servers on one file: on the one that answers, and on the one that reads it."""
    script = Script()
    async with (
        serving(tmp_path / "db", script) as one,
        serving(tmp_path / "db", Script()) as two,
        peer(one.url) as asking,
        peer(two.url) as listening,
    ):
        await asking.hello(instance="asking")
        await listening.hello(instance="listening")
        for rev in (1, 2):
            await asking.say("send", id=f"m{rev}", text="hi")
            (await script.turns.get()).state["step"] = rev
            script.say("ok", None)
            for client in (asking, listening):
                state = await client.next("state")
                assert (state["rev"], state["state"]) == (rev, {"step": rev})
                assert (await client.answer(f"m{rev}"))["text"] == "ok"
                assert client.seen.count("event") == 2 * rev


async def test_an_answer_that_was_committed_during_a_read_waits_for_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read of the events may find an answer that the read of the state did not know."""
    other = await SQLiteStore.open_file(tmp_path / "db")
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        claim = await claimed_elsewhere(server, client, other)
        read, first = server._store.read, True

        async def late(key: int, after: int, limit: int, size: int) -> object:
            nonlocal first
            if first:
                first = False
                answer = Answer("_r", "m1", "ok", "complete", {"step": 2})
                await other.answer(claim, answer)
            return await read(key, after, limit, size)

        monkeypatch.setattr(server._store, "read", late)
        await other.append(claim.key, Message("m2", "another"))
        await client.answer("m1")
        assert client.seen[-2:] == ["state", "event"]
    await other.close()


async def test_a_held_answer_is_held_on_every_node(tmp_path: Path) -> None:
    """The other node tells its listeners, and a stop there ends it on both."""

    class Cautious(Script):
        parallel = 1

    script = Cautious()
    async with (
        serving(tmp_path / "db", script) as one,
        serving(tmp_path / "db", Script()) as two,
        peer(one.url) as asking,
        peer(two.url) as listening,
    ):
        await asking.hello(instance="asking")
        await listening.hello(instance="listening")
        await asking.say("send", id="m1", text="hi")
        (await script.turns.get()).hold = True
        script.say("because", None)
        for client in (asking, listening):
            await client.next("answering", held=True)
        await listening.say("stop", re="m1")
        for client in (asking, listening):
            answer = await client.answer("m1")
            assert (answer["text"], answer["status"]) == ("", "stopped")


async def test_a_stop_on_one_node_reaches_a_reply_that_waits_on_another(tmp_path: Path) -> None:
    """It is answered at once, by whichever node comes first."""

    class Scarce(Script):
        parallel = 1

    busy = [Scarce(), Scarce()]
    async with (
        serving(tmp_path / "db", busy[0]) as one,
        serving(tmp_path / "db", busy[1]) as two,
        peer(one.url) as first,
        peer(two.url) as second,
        peer(one.url) as asking,
        peer(two.url) as listening,
    ):
        for client, number in ((first, 1), (second, 2)):
            await client.hello(f"{SESSION}-{number}")
            await client.say("send", id="m", text="hi")
            await client.next("answering")
        await asking.hello(instance="asking")
        await listening.hello(instance="listening")
        await asking.say("send", id="m1", text="hi")
        await asking.next("answering", place=1)
        await listening.next("event", id="m1")
        await listening.say("stop", re="m1")
        for client in (asking, listening):
            assert (await client.answer("m1"))["status"] == "stopped"


async def test_a_held_answer_behind_what_is_known_here_is_asked_for_after_a_look_at_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the log cannot be read, the worker does not ask for the lease again and again."""
    other = await SQLiteStore.open_file(tmp_path / "db")
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        claim = await claimed_elsewhere(server, client, other)
        session = live(server)
        calls: list[str] = []

        def unreadable() -> None:
            calls.append("look")

        def claimed(key: SessionKey) -> object:
            calls.append("claim")
            return asked(key)

        asked = server._store.claim
        monkeypatch.setattr(server._store, "claim", claimed)
        monkeypatch.setattr(session, "catch_up_soon", unreadable)
        await other.answer(claim, Answer("_r", "m1", "one", "complete"))
        # With its claim, so that the worker here cannot come first.
        kept = await other.append(session.key, Message("m2", "why?"), claims=True)
        assert isinstance(kept, Kept)
        assert kept.claim is not None
        assert await other.hold(kept.claim, Answer("_s", "m2", "because", "complete"))
        calls.clear()
        session.worker.wake()
        await until(lambda: calls.count("claim") == 2)
        assert ("claim", "claim") not in pairwise(calls)
    await other.close()
