"""What a call costs: as the endpoint counts, else at four characters a token."""

from __future__ import annotations

from tests.support.model_calls import ask
from tests.support.servers import endpoint_scripts as scripts
from tests.support.servers.endpoint import Exchange, ScriptedEndpoint

PROMPT = 9 + 14  # characters of the two messages
ESTIMATE = 6


async def test_without_usage_tokens_are_estimated() -> None:
    """Reasoning is paid for, too."""

    async def script(exchange: Exchange) -> None:
        await exchange.choice(reasoning_content="x" * 40)
        await exchange.say("y" * 41)
        await exchange.finish()

    async with ScriptedEndpoint(script) as endpoint:
        outcome = await ask(endpoint.url)
    assert (outcome.call.prompt_tokens, outcome.call.completion_tokens) == (ESTIMATE, 21)


async def test_what_was_refused_costs_nothing() -> None:
    """Neither an error nor a connection that breaks before the answer."""
    refusals = [scripts.status(500), scripts.drop_at_once, scripts.status(429)]
    async with ScriptedEndpoint(*refusals, scripts.good("Hi", usage=(8, 2))) as endpoint:
        outcome = await ask(endpoint.url)
    call = outcome.call
    assert (call.tries, call.prompt_tokens, call.completion_tokens) == (4, 8, 2)


async def test_what_was_read_in_vain_counts() -> None:
    """A try that came too late, and the one that succeeded."""
    async with ScriptedEndpoint(scripts.hang, scripts.good("Hi", usage=(8, 2))) as endpoint:
        outcome = await ask(endpoint.url, first_token_timeout=1.5)
    assert (outcome.call.prompt_tokens, outcome.call.completion_tokens) == (ESTIMATE + 8, 2)


async def test_an_answer_that_was_cut_off_counts_what_came() -> None:
    """A count that the endpoint gave before does not make it less."""

    async def script(exchange: Exchange) -> None:
        await exchange.usage(8, 1)
        await exchange.say("x" * 40)
        exchange.drop()

    async with ScriptedEndpoint(script) as endpoint:
        outcome = await ask(endpoint.url)
    assert outcome.kind == "cut_off"
    assert (outcome.call.prompt_tokens, outcome.call.completion_tokens) == (8, 10)


async def test_the_last_count_is_the_answers() -> None:
    """Some endpoints count with each chunk."""

    async def script(exchange: Exchange) -> None:
        for number in range(3):
            await exchange.say("x")
            await exchange.usage(8, number)
        await exchange.finish()

    async with ScriptedEndpoint(script) as endpoint:
        outcome = await ask(endpoint.url)
    assert (outcome.call.prompt_tokens, outcome.call.completion_tokens) == (8, 2)
