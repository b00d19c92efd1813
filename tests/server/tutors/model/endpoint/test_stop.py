"""A call that is stopped: its connection is closed at once, and it still knows what it cost."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest

from tests.support.model_calls import Message, call, finished, started
from tests.support.servers import endpoint_scripts as scripts
from tests.support.servers.endpoint import Script, ScriptedEndpoint
from tutor_widget.server.tutors.model.endpoint import Call

PATIENT: Final[dict[str, Any]] = {
    "first_token_timeout": 1000.0,
    "token_timeout": 1000.0,
    "total_timeout": 1000.0,
}
"""Nothing but the stop can end these calls."""


@pytest.mark.parametrize("script", [scripts.hang, scripts.hang_after_headers])
async def test_a_call_is_cancelled_before_it_begins(script: Script) -> None:
    """The endpoint sees its connection closed; the question counts, because it was read."""
    async with ScriptedEndpoint(script) as endpoint, started(endpoint.url, **PATIENT) as client:
        asked = call(client, "x" * 31)
        task = asyncio.create_task(finished(asked))
        await endpoint.until(lambda: endpoint.under_way == 1)
        task.cancel()
        await endpoint.until(lambda: endpoint.left == 1)
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
    assert (asked.prompt_tokens, asked.completion_tokens, asked.tries) == (10, 0, 1)


async def test_a_call_is_cancelled_while_it_waits_for_more() -> None:
    """What came counts, at four characters a token."""
    async with (
        ScriptedEndpoint(scripts.held("Hello, you", "")) as endpoint,
        started(endpoint.url, **PATIENT) as client,
    ):
        asked = call(client)
        assert await anext(asked) == "Hello, you"
        rest = asyncio.ensure_future(anext(asked))
        await asyncio.sleep(0)
        rest.cancel()
        await endpoint.until(lambda: endpoint.left == 1)
    assert (asked.completion_tokens, asked.finish) == (3, None)
    assert asked.seconds == asked.seconds > 0


async def test_a_call_is_closed_between_two_pieces() -> None:
    """As a tutor does when its reply is full, or when the guard has found something."""
    async with (
        ScriptedEndpoint(scripts.events_for_ever) as endpoint,
        started(endpoint.url, **PATIENT) as client,
    ):
        async with call(client) as asked:
            async for piece in asked:
                assert piece == "0 "
                break
        await endpoint.until(lambda: endpoint.left == 1)
        with pytest.raises(StopAsyncIteration):
            await anext(asked)
    assert asked.seconds == asked.seconds > 0


async def test_a_call_is_cancelled_between_two_tries() -> None:
    """There is no other try."""
    async with (
        ScriptedEndpoint(scripts.status(429, Retry_After="25")) as endpoint,
        started(endpoint.url) as client,
    ):
        task = asyncio.create_task(finished(call(client)))
        await endpoint.until(lambda: len(endpoint.requests) == 1 and endpoint.under_way == 0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert len(endpoint.requests) == 1


async def test_a_call_that_was_never_begun_sends_nothing() -> None:
    """Nothing goes out before the first piece is asked for."""
    async with ScriptedEndpoint(scripts.good("Hi")) as endpoint, started(endpoint.url) as client:
        asked: Call = client.call([Message("user", "Hi")], None)
        assert (asked.tries, asked.seconds, asked.prompt_tokens, asked.model) == (0, 0.0, 0, "m")
        await asked.aclose()
    assert endpoint.requests == []


async def test_the_connections_of_whole_answers_are_used_again() -> None:
    """And a client that is closed leaves none."""
    async with ScriptedEndpoint(scripts.good("Hi")) as endpoint:
        async with started(endpoint.url) as client:
            for _ in range(3):
                assert (await finished(call(client))).text == "Hi"
        await endpoint.until(lambda: endpoint.connections == 0)
    assert endpoint.most_connections == 1
