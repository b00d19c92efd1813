"""How each answer of an endpoint ends, and what of it was given out."""

from __future__ import annotations

import pytest

from tests.support.model_calls import ask, ask_all
from tests.support.servers import endpoint_scripts as scripts
from tests.support.servers.endpoint import KEY, Exchange, Script, ScriptedEndpoint, refused

HELLO = ("Hel", "lo")


async def test_an_answer_comes_in_pieces() -> None:
    """Pieces, end, model, tokens and times are those of the endpoint."""
    async with ScriptedEndpoint(scripts.good("One ", "two.", usage=(12, 3))) as endpoint:
        outcome = await ask(endpoint.url)
    assert outcome.pieces == ["One ", "two."]
    assert outcome.failure is None
    call = outcome.call
    assert (call.finish, call.tries, call.model) == ("stop", 1, "m-1")
    assert (call.prompt_tokens, call.completion_tokens) == (12, 3)
    assert call.first_token is not None
    assert 0 < call.first_token <= call.seconds


async def test_a_request_is_what_chat_completions_takes() -> None:
    """Messages, stream and usage, the key; of the learner only the pseudonym."""
    async with ScriptedEndpoint(scripts.good("Hi")) as endpoint:
        await ask(endpoint.url, user="pseudonym")
    [request] = endpoint.requests
    assert (request.method, request.path, request.key) == ("POST", "/v1/chat/completions", KEY)
    assert request.body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "What is 2 + 2?"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "safety_identifier": "pseudonym",
    }


async def test_without_a_key_a_placeholder_is_sent() -> None:
    """Local endpoints need none; and without accounts there is no pseudonym."""
    async with ScriptedEndpoint(scripts.good("Hi")) as endpoint:
        outcome = await ask(endpoint.url, api_key=None)
    assert outcome.text == "Hi"
    assert endpoint.requests[0].key == "none"
    assert "safety_identifier" not in endpoint.requests[0].body


REFUSED: dict[str, Script] = {
    "408": scripts.status(408),
    "409": scripts.status(409),
    "429": scripts.status(429),
    "500": scripts.status(500),
    "503": scripts.status(503),
    "drop": scripts.drop_at_once,
    "error inside": scripts.error_inside,
}
LATE: dict[str, Script] = {
    "hang before headers": scripts.hang,
    "hang after headers": scripts.hang_after_headers,
    "comments for ever": scripts.comments_for_ever,
    "blanks for ever": scripts.blanks_for_ever,
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_fails_before_the_first_token_is_tried_four_times(name: str) -> None:
    """Then it is *busy*, and nothing was given out."""
    async with ScriptedEndpoint(REFUSED[name]) as endpoint:
        outcome = await ask(endpoint.url)
    assert (outcome.kind, outcome.pieces) == ("busy", [])
    assert outcome.call.tries == len(endpoint.requests) == 4


@pytest.mark.parametrize("name", LATE)
async def test_what_has_no_first_token_in_time_is_tried_four_times(name: str) -> None:
    """The connection of each is closed."""
    async with ScriptedEndpoint(LATE[name]) as endpoint:
        outcome = await ask(endpoint.url, first_token_timeout=0.2)
        await endpoint.until(lambda: endpoint.under_way == 0)
    assert (outcome.kind, outcome.pieces, outcome.call.tries) == ("busy", [], 4)
    assert endpoint.left == len(endpoint.requests)


@pytest.mark.parametrize("name", REFUSED | LATE)
async def test_another_try_may_succeed(name: str) -> None:
    """The learner sees one whole answer."""
    script = (REFUSED | LATE)[name]
    async with ScriptedEndpoint(script, scripts.good(*HELLO)) as endpoint:
        outcome = await ask(endpoint.url, first_token_timeout=1.0 if name in LATE else 30.0)
    assert (outcome.failure, outcome.text) == (None, "Hello")
    assert outcome.call.tries > 1


async def test_nobody_listens() -> None:
    """A refused connection is tried again, too."""
    async with ScriptedEndpoint(refused) as endpoint:
        outcome = await ask(endpoint.url)
    assert (outcome.kind, outcome.call.tries, outcome.pieces) == ("busy", 4, [])
    assert (outcome.call.prompt_tokens, outcome.call.completion_tokens) == (0, 0)
    assert "Connection refused" in outcome.reason


async def test_no_host_has_the_name() -> None:
    """It may be known again in a moment."""
    outcome = await ask("http://model.invalid/v1")
    assert (outcome.kind, outcome.call.tries) == ("busy", 4)
    assert "name" in outcome.reason


@pytest.mark.parametrize("value", ["X Header: 1", "X-Header: é"])
async def test_headers_that_cannot_be_sent_are_the_operators(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The `openai` package takes them from the environment."""
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", value)
    async with ScriptedEndpoint(scripts.good("Hi")) as endpoint:
        outcome = await ask(endpoint.url)
    assert (outcome.kind, endpoint.requests) == ("set_up", [])
    assert "$OPENAI_CUSTOM_HEADERS" in outcome.reason


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 422, 302, 304])
async def test_what_only_the_operator_can_mend_fails_at_once(status: int) -> None:
    """One request; a redirect is not followed, since the learner's words would go elsewhere."""
    script = scripts.status(status, Location="http://127.0.0.1:1/v1")
    async with ScriptedEndpoint(script) as endpoint:
        outcome = await ask(endpoint.url)
    assert (outcome.kind, len(endpoint.requests)) == ("set_up", 1)
    assert str(status) in outcome.reason


CUT_OFF: dict[str, Script] = {
    "silent end": scripts.silent_end,
    "only [DONE]": scripts.only_done,
    "blank finish": scripts.ending(""),
    "null finish": scripts.ending(None),
    "a finish that is none": scripts.ending({"reason": "stop"}),
    "aborted": scripts.ending("abort"),
    "drop": scripts.drop,
    "half a body": scripts.half_a_body,
    "malformed chunk": scripts.malformed,
    "retry without data": scripts.retry_only,
    "error inside": scripts.error_inside,
    "error event": scripts.error_event,
    "invalid UTF-8": scripts.invalid_utf8,
    "too deep": scripts.too_deep,
    "a huge line": scripts.huge_line,
}
STALLS: dict[str, Script] = {
    "stall": scripts.hang,
    "comments for ever": scripts.comments_for_ever,
    "blanks for ever": scripts.blanks_for_ever,
}


@pytest.mark.parametrize("name", CUT_OFF | STALLS)
async def test_what_fails_after_the_first_token_is_cut_off(name: str) -> None:
    """What came stays, and it is not tried again."""
    script = scripts.after(*HELLO, then=(CUT_OFF | STALLS)[name])
    async with ScriptedEndpoint(script) as endpoint:
        outcome = await ask(endpoint.url, token_timeout=1.0 if name in STALLS else 30.0)
        await endpoint.until(lambda: endpoint.under_way == 0)
    assert (outcome.kind, outcome.began) == ("cut_off", True)
    assert outcome.text == "Hello"
    assert len(endpoint.requests) == 1
    assert outcome.call.finish is None


async def test_a_stall_after_reasoning_is_cut_off_before_anything_was_shown() -> None:
    """Reasoning is a token, so the answer is not tried again; the learner has seen nothing."""

    async def script(exchange: Exchange) -> None:
        await exchange.choice(reasoning_content="Let me think.")
        await exchange.hang()

    async with ScriptedEndpoint(script) as endpoint:
        outcome = await ask(endpoint.url, token_timeout=0.2)
    assert (outcome.kind, outcome.began, len(endpoint.requests)) == ("cut_off", False, 1)


UNUSABLE: dict[str, Script] = {
    "content filter": scripts.ending("content_filter"),
    "refusal": scripts.ending("stop", refusal="I will not."),
    "no content": scripts.ending("stop"),
    "blank content": scripts.ending("stop", content=" \n "),
    "no events": scripts.silent_end,
    "reasoning only": scripts.ending("stop", reasoning_content="Hm."),
    "reasoning up to the limit": scripts.ending("length", reasoning="Hm."),
    "HTML": scripts.html,
    "HTML as events": scripts.html_as_events,
    "compressed": scripts.compressed,
    "malformed chunk": scripts.malformed,
    "too deep": scripts.too_deep,
}


@pytest.mark.parametrize("name", UNUSABLE)
async def test_what_cannot_be_shown_fails(name: str) -> None:
    """At once, with nothing given out."""
    async with ScriptedEndpoint(UNUSABLE[name]) as endpoint:
        outcome = await ask(endpoint.url)
        await endpoint.until(lambda: endpoint.under_way == 0)
    assert (outcome.kind, outcome.began) == ("unusable", False)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("end", ["content filter", "refusal"])
async def test_a_filter_may_end_an_answer_that_has_begun(end: str) -> None:
    """It is *unusable*, not cut off, although pieces are out."""
    async with ScriptedEndpoint(scripts.after(*HELLO, then=UNUSABLE[end])) as endpoint:
        outcome = await ask(endpoint.url)
    assert (outcome.kind, outcome.began, outcome.text) == ("unusable", True, "Hello")


@pytest.mark.parametrize("reason", ["length", "stop", "eos", "tool_calls"])
async def test_an_answer_that_was_cut_by_its_length_is_complete(reason: str) -> None:
    """Its end says so. A finish_reason that nobody knows ends an answer as ``stop`` does."""
    async with ScriptedEndpoint(scripts.good(*HELLO, finish=reason)) as endpoint:
        outcome = await ask(endpoint.url)
    assert outcome.failure is None
    assert outcome.text == "Hello"
    assert outcome.call.finish == ("length" if reason == "length" else "stop")


ENDS: dict[str, Script] = {
    "nothing": scripts.silent_end,
    "silence": scripts.hang,
    "drop": scripts.drop,
    "malformed chunk": scripts.malformed,
    "error inside": scripts.error_inside,
}


@pytest.mark.parametrize("name", ENDS)
async def test_after_a_finish_reason_nothing_spoils_the_answer(name: str) -> None:
    """It is complete without [DONE], whatever comes in its place; silence is not waited for."""

    async def script(exchange: Exchange) -> None:
        await exchange.choice(finish="stop", content="Hello")
        await ENDS[name](exchange)

    async with ScriptedEndpoint(script) as endpoint:
        outcome = await ask(endpoint.url)
    assert (outcome.failure, outcome.text, outcome.call.finish) == (None, "Hello", "stop")


async def test_noise_is_passed_over() -> None:
    """Comments, blank and null choices, role and usage chunks; reasoning is never shown."""
    async with ScriptedEndpoint(scripts.with_noise) as endpoint:
        outcome = await ask(endpoint.url)
    assert (outcome.failure, outcome.pieces) == (None, ["Hel", "lo"])


async def test_characters_that_were_cut_are_whole() -> None:
    """Halves in neighbouring chunks are one character; a half alone is U+FFFD."""
    async with ScriptedEndpoint(scripts.cut_characters) as endpoint:
        outcome = await ask(endpoint.url)
    assert outcome.text == "a\U0001f600b\ufffdcd\ufffd"
    assert all(piece.encode() for piece in outcome.pieces)


async def test_blank_text_comes_with_what_follows_it() -> None:
    """No piece is blank, and nothing between two words is lost."""
    async with ScriptedEndpoint(scripts.good("a", " ", "\n\n", "b", "\n")) as endpoint:
        outcome = await ask(endpoint.url)
    assert outcome.pieces == ["a", " \n\nb"]


async def test_what_a_learner_wrote_can_always_be_sent() -> None:
    """Half a character in a message is replaced."""
    async with ScriptedEndpoint(scripts.good("Hi")) as endpoint:
        outcome = await ask(endpoint.url, message="a\ud83db")
    assert outcome.failure is None
    assert endpoint.requests[0].texts[-1] == ("user", "a\ufffdb")


async def test_calls_run_at_the_same_time() -> None:
    """Ten calls wait for each other at the endpoint, and each has its own answer."""
    async with (
        ScriptedEndpoint(scripts.held("He", "llo")) as endpoint,
        ask_all(endpoint.url, 10) as asked,
    ):
        await endpoint.until(lambda: endpoint.under_way == 10)
        endpoint.gate.set()
        outcomes = await asked
    assert [outcome.text for outcome in outcomes] == ["Hello"] * 10
    assert endpoint.most_at_once == 10
