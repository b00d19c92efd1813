"""What a tutor is given for its answer, and what is kept of an answer that it could not give."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.peers import Script, peer, serving
from tutor_widget.server import CannotAnswer, Server, TokenAuthenticator, Turn
from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.store import Spent

pytestmark = pytest.mark.timeout(150)


async def test_a_tutor_may_end_its_answer_with_a_sentence(tmp_path: Path) -> None:
    """What it said stays, the sentence follows, and the answer is failed; its state is not kept."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        for number, words in enumerate((("So far ",), ())):
            await client.say("send", id=f"m{number}", text="hi")
            turn = await script.turns.get()
            assert turn.state == {}
            turn.state["broken"] = True
            script.say(*words, CannotAnswer("The answer was cut off."))
            answer = await client.answer(f"m{number}")
            text = "\n\n".join((*words, "The answer was cut off."))
            assert (answer["status"], answer["text"]) == ("failed", text)


@pytest.mark.parametrize("sentence", ["", " \n"])
async def test_a_sentence_that_says_nothing_is_an_apology(tmp_path: Path, sentence: str) -> None:
    """No answer is empty unless it was stopped."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        script.say(CannotAnswer(sentence))
        assert (await client.answer("m1"))["text"].startswith("Sorry")


async def test_a_sentence_behind_a_long_text_fits_the_protocol(tmp_path: Path) -> None:
    """The text makes room for it; a sentence that is no sentence is cut."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        script.say("x" * (256 * 1024 - 1), CannotAnswer("The end. \ud83d"))
        answer = await client.answer("m1")
        assert len(answer["text"]) == 256 * 1024
        assert answer["text"].endswith("x\n\nThe end. \ufffd")
        await client.say("send", id="m2", text="hi")
        script.say(CannotAnswer("y" * 300_000))
        assert (await client.answer("m2"))["text"] == "y" * 4096


async def test_the_sentence_is_in_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It may quote the learner; that there was one is logged."""
    caplog.set_level("INFO", "tutor_widget.server")
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        script.say(CannotAnswer("secret words"))
        await client.answer("m1")
    assert "tutor cannot answer" in caplog.messages
    assert "secret" not in str([record.__dict__ for record in caplog.records])


async def test_a_tutor_learns_who_asks_in_which_language_and_at_which_step(tmp_path: Path) -> None:
    """The account as a pseudonym, the language, the revision that was shown and the present one."""
    script = Script()
    tokens = TokenAuthenticator({"ada": "token-a"})
    async with (
        serving(tmp_path / "db", script, authenticator=tokens) as server,
        peer(server.url, "token-a") as client,
    ):
        pseudonyms = Pseudonyms(await server._store.secret())
        await client.hello("s", lang="pt-BR")
        await client.say("send", id="m1", text="hi", rev=0)
        turn = await script.turns.get()
        turn.state["step"] = 2
        assert turn.account == pseudonyms.of_account("ada")
        assert (turn.lang, turn.rev, turn.state_rev) == ("pt-BR", 0, 0)
        await client.say("send", id="m2", text="hi", rev=0)
        script.say("ok", None)
        turn = await script.turns.get()
        assert (turn.rev, turn.state_rev) == (0, 1)
        script.say("ok", None)
        await client.answer("m2")


async def test_without_accounts_a_tutor_gets_none(tmp_path: Path) -> None:
    """A client may tell neither language nor revision, and what is no language tag is not kept."""
    script = Script()
    async with serving(tmp_path / "db", script) as server:
        for dial, told in enumerate(({}, {"lang": "x" * 1000}, {"lang": "en\n"}), 1):
            async with peer(server.url) as client:
                await client.hello(dial=dial, **told)
                await client.say("send", id=f"m{dial}", text="hi")
                turn = await script.turns.get()
                assert (turn.account, turn.lang, turn.rev) == (None, None, None)
                script.say("ok", None)
                await client.answer(f"m{dial}")


async def test_what_a_message_brought_is_there_when_it_is_answered_anew(tmp_path: Path) -> None:
    """Its language and its revision are kept with it."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello(lang="de")
        await client.say("send", id="m1", text="hi", rev=7)
        await client.next("answering")
    async with serving(tmp_path / "db", script):
        script.asked()
        turn = await script.turns.get()
        assert (turn.lang, turn.rev) == ("de", 7)


async def test_what_a_reply_used_is_counted_however_it_ends(tmp_path: Path) -> None:
    """For the account and the day; what a tutor counted before it failed or was stopped, too."""
    script = Script()
    tokens = TokenAuthenticator({"ada": "token-a"})
    async with (
        serving(tmp_path / "db", script, authenticator=tokens) as server,
        peer(server.url, "token-a") as client,
    ):
        await client.hello("s")
        total = 0
        for number, end in enumerate((None, CannotAnswer("No."), RuntimeError(), "stop", "hold")):
            await client.say("send", id=f"m{number}", text="hi")
            turn = await script.turns.get()
            turn.prompt_tokens += 100
            turn.completion_tokens += number
            total += 100 + number
            if end == "stop":
                await client.say("stop", re=f"m{number}")
            elif end == "hold":
                turn.hold = True
                script.say(None)
                await client.next("answering", re=f"m{number}", held=True)
                await server.approve("ada", "s", f"m{number}")
            else:
                script.say(end)
            await client.answer(f"m{number}")
            assert await spent(server) == total


async def spent(server: Server) -> int:
    """In the one session, on this day, or across midnight on two."""
    [session] = server._registry.sessions
    today = datetime.now(UTC).date()
    days = (today, today - timedelta(days=1))
    read = [await server._store.spent(session.key, day.isoformat()) for day in days]
    return sum(one.tokens for one in read if isinstance(one, Spent))


@pytest.mark.parametrize(
    ("prompt", "completion", "counted"),
    [
        (0, 0, 0),
        (1 << 31, 1, (1 << 31) + 1),
        ((1 << 31) + 1, 1, 0),
        (1 << 70, 0, 0),
        (-1, 2, 0),
        (2, -1, 0),
        (True, 2, 0),
        (1.5, 2, 0),
        (None, 2, 0),
        ("3", 2, 0),
        ([], {}, 0),
    ],
)
async def test_counts_that_are_none_are_dropped_and_the_answer_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, prompt: Any, completion: Any, counted: int
) -> None:
    """A tutor is foreign code: what it counted must neither fail the answer nor the database."""

    class Counting:
        async def reply(self, turn: Turn) -> AsyncIterator[str]:
            turn.prompt_tokens, turn.completion_tokens = prompt, completion
            yield "ok"

    async with serving(tmp_path / "db", Counting()) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        assert (await client.answer("m1"))["text"] == "ok"
        assert await spent(server) == counted
    is_fit = bool(counted) or (prompt, completion) == (0, 0)
    assert ("tutor usage dropped" in caplog.messages) is not is_fit
