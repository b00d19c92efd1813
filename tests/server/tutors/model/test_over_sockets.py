"""The tutor with a model behind a real server: what is shown, who waits, and what is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.model_tutor import asked, lesson_file, tutor_on
from tests.support.servers.endpoint import Exchange, ScriptedEndpoint
from tests.support.servers.endpoint_scripts import (
    after,
    drop,
    events_for_ever,
    good,
    hang,
    held,
    status,
)
from tests.support.servers.peers import SESSION, Peer, gauge, peer, serving, until
from tutor_widget.server import TokenAuthenticator
from tutor_widget.server.sessions import slots
from tutor_widget.wire import MAX_REPLY

ACCOUNTS = ("a", "b", "c", "d", "e")
TOKENS = TokenAuthenticator({account: f"token-{account}" for account in ACCOUNTS})


async def say(client: Peer, text: str, message: str = "m1") -> None:
    """Send a message, and wait until it is in the log."""
    await client.say("send", id=message, text=text)
    await client.next("event", id=message)


async def test_a_free_question_streams(tmp_path: Path) -> None:
    """A sentence is shown before the next is written; the state says that an AI speaks."""
    async with ScriptedEndpoint(held("What have you tried? ", "Show me.")) as endpoint:
        tutor = tutor_on(endpoint.url)
        async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
            welcome = await client.hello()
            assert welcome["state"] == {"ai": True}
            await say(client, "How do I sort?")
            assert (await client.next("delta"))["text"].strip() == "What have you tried?"
            endpoint.gate.set()
            answer = await client.answer("m1")
            assert answer["text"] == "What have you tried? Show me."
            assert answer["status"] == "complete"
            await say(client, "sorted(x)", "m2")
            await client.answer("m2")
            talk = endpoint.requests[1].texts
            assert [role for role, _ in talk] == ["system", "user", "assistant", "user"]
            assert "How do I sort?" in talk[1][1]
            assert talk[2][1] == answer["text"]


async def test_a_lesson_is_led_by_its_engine(tmp_path: Path) -> None:
    """Its verdict is shown at once, before the model has said a word."""
    async with ScriptedEndpoint(held("Think of a bone.", "")) as endpoint:
        tutor = tutor_on(endpoint.url, lesson_file(tmp_path))
        async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
            await client.hello()
            await say(client, "return")
            assert (await client.next("delta"))["text"] == "Not quite.\n\n"
            endpoint.gate.set()
            assert (await client.next("state"))["state"]["hints"] == 1
            text = (await client.answer("m1"))["text"]
            assert text.startswith("Not quite.\n\nThink of a bone.\n\nTry again")
            await say(client, "break", "m2")
            state = (await client.next("state"))["state"]
            assert (state["score"], state["ai"]) == (1, True)
            assert len(endpoint.requests) == 1


async def test_an_answer_that_was_cut_off_can_be_finished(tmp_path: Path) -> None:
    """The model is given what came of it, without our sentence behind; one that failed before its
    first word is left out."""
    scripts = (after("A loop ", "repeats", then=drop), status(401), good("lines."))
    async with ScriptedEndpoint(*scripts) as endpoint:
        server_of = serving(tmp_path / "db", tutor_on(endpoint.url))
        async with server_of as server, peer(server.url) as client:
            await client.hello()
            texts = []
            for number in range(3):
                await say(client, "Go on!", f"m{number}")
                texts.append((await client.answer(f"m{number}"))["text"])
            assert texts[0] == "A loop repeats\n\nThe answer was cut off."
            assert texts[2] == "lines."
            roles, words = zip(*endpoint.requests[-1].texts, strict=True)
            assert roles == ("system", "user", "assistant", "user")
            assert words[2] == "A loop repeats"


async def test_a_hint_that_was_stopped_was_not_given(tmp_path: Path) -> None:
    """Before the model's first word, that is: the answer was wrong all the same, and the next hint
    is the one that nobody has seen."""
    async with ScriptedEndpoint(hang) as endpoint:
        tutor = tutor_on(endpoint.url, lesson_file(tmp_path), first_token_timeout=60)
        async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
            await client.hello()
            await say(client, "return")
            assert (await client.next("delta"))["text"] == "Not quite.\n\n"
            await asked(endpoint, 1)
            await client.say("stop", re="m1")
            state = (await client.next("state"))["state"]
            assert (state["attempts"], state["hints"]) == (1, 0)
            assert (await client.answer("m1"))["status"] == "stopped"
            await say(client, "hint", "m2")
            assert "Hint 1 of 2" in (await client.answer("m2"))["text"]


async def test_stop_closes_the_connection_to_the_endpoint(tmp_path: Path) -> None:
    """At once, and what was written until then counts."""
    async with ScriptedEndpoint(events_for_ever) as endpoint:
        tutor = tutor_on(endpoint.url, daily_tokens=1)
        async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
            await client.hello()
            await say(client, "Count!")
            await client.next("delta")
            await client.say("stop", re="m1")
            await endpoint.until(lambda: endpoint.left == 1)
            assert (await client.answer("m1"))["status"] == "stopped"
            await say(client, "Go on!", "m2")
            assert "used up" in (await client.answer("m2"))["text"]
            assert len(endpoint.requests) == 1


async def test_a_full_reply_closes_the_connection_to_the_endpoint(tmp_path: Path) -> None:
    """It has the 256 Ki characters that a reply may have, and is complete."""
    script = after(*["A word, and another one. " * 40] * 300, then=hang)
    async with ScriptedEndpoint(script) as endpoint:
        tutor = tutor_on(endpoint.url)
        async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
            await client.hello()
            await say(client, "Tell me all!")
            await endpoint.until(lambda: endpoint.left == 1)
            answer = await client.answer("m1")
            assert (len(answer["text"]), answer["status"]) == (MAX_REPLY, "complete")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places are told after 10 ms, and again after 50 ms."""
    monkeypatch.setattr(slots, "_FIRST", 0.01)
    monkeypatch.setattr(slots, "_AGAIN", 0.05)


def pseudonyms(endpoint: ScriptedEndpoint) -> Iterator[set[Any]]:
    """Whose requests came, four by four."""
    for start in range(0, len(endpoint.requests), 4):
        yield {one.body["safety_identifier"] for one in endpoint.requests[start : start + 4]}


@pytest.mark.usefixtures("hurry")
async def test_a_class_takes_turns(tmp_path: Path) -> None:
    """Twenty sessions of five accounts over four calls: never more, accounts in turn, places
    move."""
    permits = asyncio.Semaphore(0)

    async def script(exchange: Exchange) -> None:
        await exchange.say("Hello. ")
        await permits.acquire()
        await exchange.finish()

    async with ScriptedEndpoint(script) as endpoint, AsyncExitStack() as stack:
        tutor = tutor_on(endpoint.url, parallel=4, total_timeout=60, token_timeout=60)
        database = tmp_path / "db"
        server = await stack.enter_async_context(serving(database, tutor, authenticator=TOKENS))
        peers = list[Peer]()
        for account in ACCOUNTS:
            for number in range(4):
                client = await stack.enter_async_context(peer(server.url, f"token-{account}"))
                await client.hello(f"{SESSION}-{number}")
                await say(client, "Hello?")
                await client.next("answering")
                peers.append(client)
        await endpoint.until(lambda: endpoint.under_way == 4)
        assert gauge(server, "queue") == 16
        last, places = peers[-1], [peers[-1].last["place"]]
        for done in range(1, 17):
            permits.release()
            await asked(endpoint, 4 + done)
            assert endpoint.under_way <= 4
        for _ in range(4):
            permits.release()
        while last.last.get("re") != "m1" or last.last["type"] != "event":
            places += [last.last["place"]] if last.last.get("place") else []
            await last.read()
        for client in peers[:-1]:
            assert (await client.answer("m1"))["text"] == "Hello. "
        assert places[0] == 16
        assert sorted(set(places), reverse=True) == list(dict.fromkeys(places))
        assert endpoint.most_at_once == 4
        first, *others = pseudonyms(endpoint)
        assert len(first) == 1  # nobody else was there yet
        assert all(len(four) == 4 for four in others)
        await until(lambda: gauge(server, "queue") == 0)


async def test_a_budget_survives_a_restart(tmp_path: Path) -> None:
    """It is the account's, in whichever session; another account has its own."""
    async with ScriptedEndpoint(good("Hello.", usage=(80, 30))) as endpoint:
        for session, asked in (("one", 1), ("two", 1)):
            tutor = tutor_on(endpoint.url, daily_tokens=100)
            async with (
                serving(tmp_path / "db", tutor, authenticator=TOKENS) as server,
                peer(server.url, "token-a") as client,
            ):
                await client.hello(session)
                await say(client, "Hello?")
                state = (await client.next("state"))["state"]
                assert state["budget"]["left"] == 0.0
                text = (await client.answer("m1"))["text"]
                assert text.startswith("Hello." if session == "one" else "Today's questions")
                assert len(endpoint.requests) == asked
        async with (
            serving(tmp_path / "db", tutor_on(endpoint.url), authenticator=TOKENS) as server,
            peer(server.url, "token-b") as client,
        ):
            await client.hello("one")
            await say(client, "Hello?")
            assert (await client.answer("m1"))["text"] == "Hello."
