"""A server whose model's endpoint does everything wrong at once, seen by its learners."""

from __future__ import annotations

import asyncio
import urllib.request
from pathlib import Path
from typing import Final

import pytest

from tests.support.children import peak
from tests.support.servers.endpoint import KEY, WORDS, Exchange, ScriptedEndpoint
from tests.support.servers.endpoint_scripts import FAULTS, good
from tests.support.servers.peers import peer
from tests.support.servers.processes import Tutor

BUSY: Final = "The AI does not answer now. Please try again in a few minutes."
SET_UP: Final = "The tutor is not set up properly. Tell your teacher."
CUT_OFF: Final = "Hello\n\nThe answer was cut off."
UNUSABLE: Final = "The AI gave no answer that I can show you. Please try again in other words."
SAID: Final = {
    BUSY: (
        "429", "429 with Retry-After", "500", "hang before headers", "hang after headers",
        "comments for ever", "100 MB of an error",
    ),
    SET_UP: ("wrong key", "wrong model"),
    CUT_OFF: (
        "stall", "drop", "half a body", "silent end", "blank finish", "null finish",
        "error inside", "error event", "malformed chunk", "invalid UTF-8", "content filter",
    ),
    UNUSABLE: (
        "HTML", "100 MB of events", "100 MB of a line", "100 MB of an event", "no content",
        "reasoning only", "refusal",
    ),
}  # fmt: skip
"""What the learner reads of each fault that fails the answer."""
WHOLE: Final = ("lone surrogates", "length", "noise")
SHORT: Final = {"first_token_timeout": 8, "token_timeout": 8, "total_timeout": 14}
LEARNERS: Final = "what-the-learner-wrote"


async def by_its_words(exchange: Exchange) -> None:
    """The fault that the message names; of any other message, a good answer."""
    message = exchange.request.texts[-1][1]
    [script] = [s for name, s in FAULTS.items() if f"“{name}”" in message] or [good("Fine.")]
    await script(exchange)


async def answered(url: str, session: str, text: str) -> tuple[str, str]:
    """Status and text of the answer in a session of its own."""
    async with peer(url) as client:
        await client.hello(session, lang="en")
        await client.say("send", id="m1", text=text)
        answer = await client.answer("m1")
        return answer["status"], answer["text"]


@pytest.mark.timeout(240)
async def test_each_fault_ends_in_words_and_holds_nobody_up(tmp_path: Path) -> None:
    """All at once, under 300 MiB; another learner is answered meanwhile. No secret and no word of
    endpoint or learner is in the log, with --debug, nor in a metric; no secret is in an answer."""
    named = {name: sentence for sentence, names in SAID.items() for name in names}
    assert {*named, *WHOLE, "refused"} == set(FAULTS)
    options = [f"--OpenAITutor.{name}={seconds}" for name, seconds in SHORT.items()]
    async with ScriptedEndpoint(by_its_words) as endpoint:
        server = Tutor(
            tmp_path / "tutor.sqlite",
            *("--tutor=openai", "--model=m", f"--model-url={endpoint.url}", "--debug", *options),
            *("--OpenAITutor.parallel=50", "--OpenAITutor.breaker_failures=100"),
            environment={"OPENAI_API_KEY": KEY, "OPENAI_LOG": "debug"},
        )
        with server:
            faulty = {
                name: asyncio.create_task(answered(server.url, f"s{n}", f"{LEARNERS} “{name}”"))
                for n, name in enumerate((*named, *WHOLE))
            }
            await endpoint.until(lambda: len(endpoint.requests) >= len(faulty))
            assert await answered(server.url, "other", "Hi") == ("complete", "Fine.")
            answers = dict(zip(faulty, await asyncio.gather(*faulty.values()), strict=True))
            metrics = await asyncio.to_thread(_metrics, server.port)
            assert peak(server.pid) < 300
    log = server.log.read_text()
    failed = {name: text for name, (status, text) in answers.items() if status == "failed"}
    assert failed == named
    assert answers["length"][1].endswith("(The answer was cut here.)")
    assert not [word for word in (KEY, WORDS, LEARNERS) if word in log + metrics]
    assert not [word for word in (KEY, WORDS) if word in str(answers)]


def _metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text: str = answer.read().decode()
        return text
