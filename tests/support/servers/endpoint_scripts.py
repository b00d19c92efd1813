"""What a scripted endpoint does with a request: one good script, and each fault that is known."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Final

from tests.support.servers.endpoint import WORDS, Exchange, Script, refused

_MIB: Final = 1 << 20
HUGE: Final = 100 * _MIB
"""Bytes of what never should be read to its end."""


# --- answers that are complete --------------------------------------------------------------------


def good(
    *pieces: str,
    pace: float = 0.0,
    usage: tuple[int, int] | None = None,
    finish: object = "stop",
    done: bool = True,
) -> Script:
    """Stream the pieces, ``pace`` s apart; ``usage``: tokens of the prompt and of the answer."""

    async def script(exchange: Exchange) -> None:
        await exchange.choice(role="assistant", content="")
        for piece in pieces:
            await asyncio.sleep(pace)
            await exchange.say(piece)
        await exchange.choice(finish=finish)
        if usage:
            await exchange.usage(*usage)
        if done:
            await exchange.event("[DONE]")
        await exchange.end()

    return script


def held(before: str, after: str) -> Script:
    """Say one piece, wait for the endpoint's ``gate``, say the other and finish."""

    async def script(exchange: Exchange) -> None:
        await exchange.say(before)
        await exchange.endpoint.gate.wait()
        await exchange.say(after)
        await exchange.finish()

    return script


def speaking(make: Callable[[Exchange], list[str]]) -> Script:
    """An answer that depends on the request."""

    async def script(exchange: Exchange) -> None:
        await exchange.say(*make(exchange))
        await exchange.finish()

    return script


async def with_noise(exchange: Exchange) -> None:
    """ "Hello", amid everything that is to be passed over."""
    await exchange.write(b": keep-alive\n\n")
    await exchange.choice(role="assistant", content=None)
    await exchange.event({"choices": None})
    await exchange.event({"choices": []})
    await exchange.event({"choices": "none", "usage": None})
    await exchange.event("null")
    await exchange.event("[1, 2]")
    await exchange.choice(reasoning_content="Let me think.")
    await exchange.choice(reasoning="Hm.")
    await exchange.choice(content="")
    await exchange.choice(content=["Hello"])
    await exchange.event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 0}})
    await exchange.say("Hel")
    await exchange.write(b"event: ping\n: comment\n\n")
    await exchange.say("lo")
    await exchange.finish()


async def cut_characters(exchange: Exchange) -> None:
    """A character in two halves that come in two chunks, then halves that have no other."""
    await exchange.event('{"choices":[{"delta":{"content":"a\\ud83d"}}]}')
    await exchange.event('{"choices":[{"delta":{"content":"\\ude00b\\udc00c"}}]}')
    await exchange.event('{"choices":[{"delta":{"content":"d\\ud83d"}}]}')
    await exchange.finish()


# --- refused before the first token ---------------------------------------------------------------


def status(code: int, **headers: str) -> Script:
    """An error that quotes the key; names of headers with ``_`` for ``-``."""

    async def script(exchange: Exchange) -> None:
        await exchange.error(code, **headers)

    return script


async def cookies(exchange: Exchange) -> None:
    """A good answer with a cookie."""
    await exchange.begin(Set_Cookie="who=you; Path=/")
    await exchange.say("Hi")
    await exchange.finish()


async def hang(exchange: Exchange) -> None:
    """Take the request and send nothing, not even headers."""
    await exchange.hang()


async def hang_after_headers(exchange: Exchange) -> None:
    """Send headers and nothing else."""
    await exchange.begin()
    await exchange.hang()


async def drop_at_once(exchange: Exchange) -> None:
    """Reset the connection when the request has come."""
    exchange.drop()


async def comments_for_ever(exchange: Exchange) -> None:
    """Each resets a time-out that is per read."""
    while True:
        await exchange.write(b": still here\n\n")
        await asyncio.sleep(0.01)


async def blanks_for_ever(exchange: Exchange) -> None:
    """Content that is blank."""
    while True:
        await exchange.say(" \n")
        await asyncio.sleep(0.01)


# --- failed in the middle: after the pieces, if there are any -------------------------------------


def after(*pieces: str, then: Script) -> Script:
    """The pieces, then the fault."""

    async def script(exchange: Exchange) -> None:
        await exchange.say(*pieces)
        await then(exchange)

    return script


def ending(finish: object, **delta: object) -> Script:
    """A finish_reason, whatever it is, and the end."""

    async def script(exchange: Exchange) -> None:
        if delta:
            await exchange.choice(**delta)
        await exchange.finish(finish)

    return script


def sending(*data: bytes) -> Script:
    """These bytes, and the end of the body."""

    async def script(exchange: Exchange) -> None:
        for piece in data:
            await exchange.write(piece)
        await exchange.end()

    return script


async def drop(exchange: Exchange) -> None:
    """Reset the connection."""
    exchange.drop()


async def half_a_body(exchange: Exchange) -> None:
    """Close the connection without the end that HTTP asks for."""
    exchange.writer.write_eof()
    await exchange.hang()


async def silent_end(exchange: Exchange) -> None:
    """End the body with neither finish_reason nor [DONE]."""
    await exchange.end()


async def only_done(exchange: Exchange) -> None:
    """[DONE] without a finish_reason."""
    await exchange.event("[DONE]")
    await exchange.end()


async def error_inside(exchange: Exchange) -> None:
    """An error in place of a chunk, which quotes the key."""
    await exchange.event({"error": {"message": f"{WORDS} {exchange.request.key}", "code": WORDS}})
    await exchange.end()


async def error_event(exchange: Exchange) -> None:
    """``event: error`` without the key ``error``."""
    text = json.dumps({"message": f"{WORDS} {exchange.request.key}"})
    await exchange.write(f"event: error\ndata: {text}\n\n".encode())
    await exchange.end()


async def malformed(exchange: Exchange) -> None:
    """A chunk that is no JSON, with the key in it."""
    await exchange.event(f'{{"{WORDS} {exchange.request.key}": oops')
    await exchange.end()


retry_only = sending(b"retry: 100\n\n")
invalid_utf8 = sending(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n')
too_deep = sending(b"data: " + b"[" * 200_000 + b"\n\n")


# --- answers with nothing to show -----------------------------------------------------------------


async def html(exchange: Exchange) -> None:
    """A web page with status 200, as a wrong address gives it."""
    await exchange.begin(content_type="text/html")
    await exchange.write(f"<!doctype html>\n<title>{WORDS}</title>\n\n<p>Hello</p>\n".encode())
    await exchange.end()


async def html_as_events(exchange: Exchange) -> None:
    """The same, called a stream of events."""
    await exchange.write(f"<!doctype html>\n<title>{WORDS}</title>\n\n<p>Hello</p>\n".encode())
    await exchange.end()


async def compressed(exchange: Exchange) -> None:
    """A body that says it is compressed: a little of it may become very much."""
    await exchange.begin(Content_Encoding="gzip")
    await exchange.hang()


# --- without bounds -------------------------------------------------------------------------------


async def huge_events(exchange: Exchange) -> None:
    """100 MB of events, none of them a token."""
    events = (b'data: {"choices": [], "x": "%b"}\n\n' % (b"x" * 1000)) * 64
    for _ in range(HUGE // len(events)):
        await exchange.write(events)


async def huge_line(exchange: Exchange) -> None:
    """100 MB of one line."""
    await exchange.write(b'data: {"choices": [{"delta": {"content": "')
    for _ in range(HUGE >> 16):
        await exchange.write(b"x" * (1 << 16))


async def huge_event(exchange: Exchange) -> None:
    """100 MB of one event of many lines."""
    lines = b"data: [[[[[[[[\r\n" * 4096
    for _ in range(HUGE // len(lines)):
        await exchange.write(lines)


def huge_error(code: int) -> Script:
    """100 MB as the body of an error."""

    async def script(exchange: Exchange) -> None:
        await exchange.begin(code, "application/json")
        for _ in range(HUGE >> 16):
            await exchange.write(b"x" * (1 << 16))

    return script


async def events_for_ever(exchange: Exchange) -> None:
    """Tokens without end, as fast as they are taken."""
    for number in itertools.count():
        await exchange.say(f"{number} ")


FAULTS: Final[dict[str, Script]] = {
    "429": status(429),
    "429 with Retry-After": status(429, Retry_After="1"),
    "500": status(500),
    "refused": refused,
    "hang before headers": hang,
    "hang after headers": hang_after_headers,
    "stall": after("Hel", "lo", then=hang),
    "drop": after("Hel", "lo", then=drop),
    "half a body": after("Hel", "lo", then=half_a_body),
    "silent end": after("Hel", "lo", then=silent_end),
    "blank finish": after("Hel", "lo", then=ending("")),
    "null finish": after("Hel", "lo", then=ending(None)),
    "error inside": after("Hel", "lo", then=error_inside),
    "error event": after("Hel", "lo", then=error_event),
    "malformed chunk": after("Hel", "lo", then=malformed),
    "invalid UTF-8": after("Hel", "lo", then=invalid_utf8),
    "HTML": html,
    "100 MB of events": huge_events,
    "100 MB of a line": huge_line,
    "100 MB of an event": huge_event,
    "100 MB of an error": huge_error(500),
    "wrong key": status(401),
    "wrong model": status(404),
    "no content": ending("stop"),
    "reasoning only": ending("stop", reasoning_content="Hm."),
    "comments for ever": comments_for_ever,
    "lone surrogates": cut_characters,
    "content filter": after("Hel", "lo", then=ending("content_filter")),
    "refusal": ending("stop", refusal=WORDS),
    "length": after("Hel", "lo", then=ending("length")),
    "noise": with_noise,
}
"""All by name, for tests that go through every fault."""
