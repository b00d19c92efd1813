"""Bounds in time: which one ends a call, and what extends it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest

from tests.support.model_calls import ask, call, finished, started
from tests.support.servers import endpoint_scripts as scripts
from tests.support.servers.endpoint import Exchange, Script, ScriptedEndpoint

LONG: Final[dict[str, Any]] = {
    "first_token_timeout": 1000.0,
    "token_timeout": 1000.0,
    "total_timeout": 1000.0,
}


@pytest.mark.parametrize(
    "script", [scripts.hang, scripts.comments_for_ever, scripts.blanks_for_ever]
)
async def test_each_try_has_the_time_of_a_first_token(script: Script) -> None:
    """Neither bytes nor blank text extend it; each of four tries has it anew."""
    async with ScriptedEndpoint(script) as endpoint:
        outcome = await ask(endpoint.url, **LONG | {"first_token_timeout": 0.1})
    assert outcome.reason == "no token within 0.1 s (after 4 tries)"


async def test_a_token_extends_the_time_for_the_next() -> None:
    """Of content or reasoning: an answer that is slow and steady comes to its end."""

    async def script(exchange: Exchange) -> None:
        for number in range(12):
            await exchange.choice(**{["content", "reasoning"][number % 2]: "x"})
            await asyncio.sleep(0.1)
        await exchange.finish()

    async with ScriptedEndpoint(script) as endpoint:
        outcome = await ask(endpoint.url, **LONG | {"token_timeout": 1.1})
    assert (outcome.failure, outcome.text) == (None, "xxxxxx")


async def test_a_connection_has_a_time_of_its_own() -> None:
    """TLS included: an endpoint that takes connections and does not go on is tried again."""
    async with ScriptedEndpoint(scripts.hang) as endpoint:
        url = endpoint.url.replace("http:", "https:")
        outcome = await ask(url, **LONG | {"connect_timeout": 0.1})
    assert (outcome.kind, outcome.reason) == ("busy", "no connection in time (after 4 tries)")


async def test_a_caller_may_be_slow() -> None:
    """The time for a token runs while it is waited for."""
    async with (
        ScriptedEndpoint(scripts.good("a", "b")) as endpoint,
        started(endpoint.url, **LONG | {"token_timeout": 0.5}) as client,
        call(client) as asked,
    ):
        assert await anext(asked) == "a"
        await endpoint.until(lambda: endpoint.under_way == 0)
        await asyncio.sleep(0.6)  # longer than a token may take
        assert [piece async for piece in asked] == ["b"]
    assert asked.finish == "stop"


async def test_the_total_ends_an_answer_that_goes_on_for_ever() -> None:
    """An endpoint that never pauses, too; what came stays."""
    async with ScriptedEndpoint(scripts.events_for_ever) as endpoint:
        outcome = await ask(endpoint.url, **LONG | {"total_timeout": 0.5})
    assert outcome.kind == "cut_off"
    assert outcome.reason == "no whole answer within 0.5 s"
    assert outcome.text.startswith("0 1 2 ")


async def test_the_total_is_of_all_tries() -> None:
    """A third try gets what is left of it."""
    async with ScriptedEndpoint(scripts.hang) as endpoint:
        bounds = LONG | {"first_token_timeout": 0.2, "total_timeout": 0.5}
        outcome = await ask(endpoint.url, **bounds)
    assert outcome.kind == "busy"
    assert outcome.reason == f"no whole answer within 0.5 s (after {outcome.call.tries} tries)"
    assert outcome.call.tries <= 3


async def test_the_endpoint_is_left_alone_as_long_as_it_asks() -> None:
    """The next try comes after the time in Retry-After."""
    loop = asyncio.get_running_loop()
    came: list[float] = []

    async def script(exchange: Exchange) -> None:
        came.append(loop.time())
        await (exchange.error(429, Retry_After="0.4") if len(came) == 1 else _answer(exchange))

    async with ScriptedEndpoint(script) as endpoint:
        outcome = await ask(endpoint.url)
    assert (outcome.text, outcome.call.tries) == ("Hi", 2)
    assert came[1] - came[0] >= 0.4


async def _answer(exchange: Exchange) -> None:
    await exchange.say("Hi")
    await exchange.finish()


async def test_nobody_waits_in_vain() -> None:
    """If the endpoint asks for more time than is left, the call fails now."""
    async with ScriptedEndpoint(scripts.status(503, Retry_After="20")) as endpoint:
        outcome = await ask(endpoint.url, total_timeout=15.0)
    assert (outcome.kind, outcome.call.tries) == ("busy", 1)


async def test_others_have_their_turn_while_much_comes() -> None:
    """8 MiB that never pause leave the event loop to others again and again."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with ScriptedEndpoint(scripts.huge_events) as endpoint, started(endpoint.url) as client:
        task = asyncio.create_task(others())
        outcome = await finished(call(client))
        task.cancel()
    assert outcome.kind == "unusable"
    assert turns > 1000
