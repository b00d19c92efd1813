"""One request to the endpoint: its pieces, its bounds in time, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal

from .chunks import Chunk, Joiner, StreamError, Usage, read_chunk
from .failure import Fault
from .settings import EndpointSettings

if TYPE_CHECKING:  # openai costs a second and 27 MiB: `Endpoint.start` imports it
    from .client import Client, Stream

__all__ = ["Attempt", "Finish", "estimated_tokens"]

Finish = Literal["stop", "length"]

_USAGE: Final = 2.0
"""Seconds to wait for the usage, which comes after the answer is complete."""
_LENGTH: Final = frozenset({"length", "max_tokens", "model_length"})
_FILTER: Final = frozenset({"content_filter", "safety"})
_ABORTED: Final = frozenset({"error", "abort", "aborted", "cancelled"})
_CHARACTERS: Final = 4
"""Characters of a token, where the endpoint does not count."""


def estimated_tokens(characters: int) -> int:
    """What a text of this length costs, in tokens."""
    return -(-characters // _CHARACTERS)


class Attempt:
    """One request. Call `next` until it returns no piece, and `close` in any case.

    Bounds begin when the request goes out, with this object. Seconds of ``clock``.
    """

    def __init__(
        self,
        client: Client,
        body: Mapping[str, Any],
        settings: EndpointSettings,
        clock: Callable[[], float],
        until: float,
    ) -> None:
        self._client = client
        self._body = body
        self._settings = settings
        self._clock = clock
        self._until = until
        self._next_token = clock() + settings.first_token_timeout
        self._stream: Stream | None = None
        self._joiner = Joiner()
        self._characters = 0
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._shown = False
        self.has_token = False
        """Whether the model has begun, with content or with reasoning."""
        self.was_refused = False
        """The endpoint has read nothing, or has answered with an error: this costs nothing."""
        self.finish: Finish | None = None
        """How a complete answer ended."""
        self.model: str | None = None

    @property
    def prompt_tokens(self) -> int:
        """As the endpoint counts them, else estimated."""
        if self._usage is not None:
            return self._usage.prompt
        if self.was_refused:
            return 0
        return estimated_tokens(sum(len(one["content"]) for one in self._body["messages"]))

    @property
    def completion_tokens(self) -> int:
        """As the endpoint counts them, else estimated, reasoning included."""
        estimate = estimated_tokens(self._characters)
        if self._usage is None:
            return estimate
        return self._usage.completion if self.finish else max(self._usage.completion, estimate)

    async def next(self) -> str | Fault | None:
        """The next piece of content; None when the answer is complete.

        The time for a token runs while it is waited for, not while the caller is busy.
        """
        self._extend()
        while True:
            received = await self._receive()
            if isinstance(received, Fault):
                return self._end(received)
            piece = self._take(received)
            if piece is not None:
                return piece

    async def close(self) -> None:
        """Close the connection unless the answer has been read to its end."""
        if self._stream is not None:
            with suppress(Exception):  # it is closed, and its words are the endpoint's
                await self._stream.close()

    async def _receive(self) -> Chunk | Fault:
        """The next event within its time."""
        until, late = self._deadline()
        timer = asyncio.timeout(until - self._clock())
        try:
            async with timer:
                if self._stream is None:
                    self._stream = await self._client.stream(self._body)
                chunk = read_chunk(await anext(self._stream))
        except StopAsyncIteration:
            return self._silent_end()
        except Exception as error:  # noqa: BLE001  # the endpoint chooses what the package makes of it
            return late if timer.expired() else self._fault_of(error)
        return chunk if isinstance(chunk, Chunk) else self._fault_inside(chunk)

    def _deadline(self) -> tuple[float, Fault]:
        """When the next event is too late, and what that means."""
        settings = self._settings
        if self._until <= self._next_token:
            why = f"no whole answer within {settings.total_timeout:g} s"
        elif self.has_token:
            why = f"no token for {settings.token_timeout:g} s"
        else:
            why = f"no token within {settings.first_token_timeout:g} s"
        return min(self._until, self._next_token), Fault("busy", why, again=True)

    def _silent_end(self) -> Fault:
        if self.has_token:
            return Fault("cut_off", "its answer ended without a finish_reason")
        return Fault("unusable", "its answer holds nothing")

    def _fault_of(self, error: Exception) -> Fault:
        from .client import fault_of

        self.was_refused = self._stream is None
        return fault_of(error, answered=not self.was_refused)

    def _fault_inside(self, error: StreamError) -> Fault:
        from .client import fault_of_error

        return fault_of_error(error)

    def _extend(self) -> None:
        """The time for the next token begins, or that for the usage, which is the last to come."""
        if self.has_token:
            longest = self._settings.token_timeout
            self._next_token = self._clock() + (min(longest, _USAGE) if self._reason else longest)

    def _take(self, chunk: Chunk) -> str | Fault | None:
        """What the event gives to show, if anything."""
        self.model = chunk.model or self.model
        self._usage = chunk.usage or self._usage
        if self._reason is not None:  # complete: only the usage is still to come
            return None
        if chunk.is_token:
            self.has_token = True
            self._extend()
        self._characters += len(chunk.text) + len(chunk.reasoning) + len(chunk.refusal)
        if chunk.refusal.strip():
            return Fault("unusable", "the model refuses to answer", proof="works")
        piece = self._joiner.take(chunk.text)
        if chunk.finish is not None:
            self._reason = chunk.finish
            self._extend()
            piece += self._joiner.end()
        self._shown = self._shown or bool(piece)
        return piece or None

    def _end(self, fault: Fault) -> Fault | None:
        """How the request ended: an answer that is complete stays so, whatever comes after it."""
        if self._reason is not None:
            return self._verdict(self._reason)
        if self.has_token:
            return Fault("cut_off", fault.why)
        return fault

    def _verdict(self, reason: str) -> Fault | None:
        """What a finish_reason means. One that is unknown ends an answer as ``stop`` does."""
        if reason in _FILTER:
            return Fault("unusable", "its content filter ended the answer", proof="works")
        if reason in _ABORTED:
            why = "it ended its answer with an error"
            return Fault("cut_off", why) if self.has_token else Fault("busy", why, again=True)
        if not self._shown:
            what = "only reasoning" if self.has_token else "no content"
            return Fault("unusable", f"its answer holds {what}")
        self.finish = "length" if reason in _LENGTH else "stop"
        return None
