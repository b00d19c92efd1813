"""One question to the endpoint, over all its tries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tutor_widget.server.logs import log

from .attempt import Attempt, Finish
from .breaker import Breaker, Permit, Resting
from .failure import EndpointFailure, Fault, Proof
from .retry import wait_before_next
from .settings import EndpointSettings

if TYPE_CHECKING:
    from .client import Client

__all__ = ["Call"]


class Call:
    """One question: an iterator over the pieces of content of its answer.

    No piece is blank, and none has a single surrogate. Iterate once. The iteration ends when the
    answer is complete and raises `EndpointFailure` if it is not. A cancelled iteration closes the
    connection to the endpoint at once. A loop that is left otherwise needs `aclose`::

        async with endpoint.call(messages, user) as call:
            async for piece in call:
                ...

    What it says about itself is right at any moment, also after a failure or a cancellation.
    """

    def __init__(
        self,
        client: Client,
        body: Mapping[str, Any],
        settings: EndpointSettings,
        breaker: Breaker,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._client = client
        self._body = body
        self._settings = settings
        self._breaker = breaker
        self._clock = clock
        self._chance = chance
        self._attempts: list[Attempt] = []
        self._start: float | None = None
        self._end: float | None = None
        self._iterator = self._pieces()
        self.first_token: float | None = None
        """Seconds from the start to the first piece of content."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        return await anext(self._iterator)

    async def aclose(self) -> None:
        """End the call: the connection to the endpoint is closed at once."""
        await self._iterator.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    @property
    def finish(self) -> Finish | None:
        """How a complete answer ended: ``length`` if the endpoint cut it. None before the end."""
        return self._attempts[-1].finish if self._attempts else None

    @property
    def prompt_tokens(self) -> int:
        """Of all tries that the endpoint has read: as it counts them, else estimated."""
        return sum(attempt.prompt_tokens for attempt in self._attempts)

    @property
    def completion_tokens(self) -> int:
        """Of all tries, reasoning included: as the endpoint counts them, else estimated."""
        return sum(attempt.completion_tokens for attempt in self._attempts)

    @property
    def tries(self) -> int:
        """Requests so far."""
        return len(self._attempts)

    @property
    def seconds(self) -> float:
        """From the start to the end, or until now."""
        if self._start is None:
            return 0.0
        return (self._clock() if self._end is None else self._end) - self._start

    @property
    def model(self) -> str:
        """As the endpoint names it: foreign text of one line, at most 200 characters."""
        named = self._attempts[-1].model if self._attempts else None
        return named or self._settings.model

    async def _pieces(self) -> AsyncGenerator[str, None]:
        self._start = self._clock()
        permit = self._admit(self._start)
        proof: Proof = "nothing"
        fault: Fault | None = None
        try:
            while True:
                attempt = self._try()
                try:
                    while isinstance(piece := await attempt.next(), str):
                        self._progressed(permit)
                        yield piece
                finally:
                    await attempt.close()
                fault = piece
                if fault is None:
                    proof = "works"
                    return
                wait = wait_before_next(fault, self.tries, self._left(), self._chance())
                if wait is None:
                    proof = fault.proof
                    raise self._failure(fault)
                await asyncio.sleep(wait)
        finally:
            self._end = self._clock()
            self._report(permit, proof, fault)

    def _admit(self, now: float) -> Permit:
        permit = self._breaker.admit(now)
        if isinstance(permit, Resting):
            self._end = now
            why = f"its last answers all failed: not asked before {permit.seconds:.0f} s are over"
            raise EndpointFailure("resting", why)
        return permit

    def _try(self) -> Attempt:
        until = (self._start or 0.0) + self._settings.total_timeout
        self._attempts.append(Attempt(self._client, self._body, self._settings, self._clock, until))
        return self._attempts[-1]

    def _progressed(self, permit: Permit) -> None:
        if self.first_token is None:
            self.first_token = self.seconds
            if self._breaker.progressed(permit):
                log("model endpoint answers again")

    def _left(self) -> float:
        return self._settings.total_timeout - self.seconds

    def _failure(self, fault: Fault) -> EndpointFailure:
        tries = f" (after {self.tries} tries)" if self.tries > 1 else ""
        return EndpointFailure(fault.kind, fault.why + tries)

    def _report(self, permit: Permit, proof: Proof, fault: Fault | None) -> None:
        """Tell the breaker how the call ended, and the operator if that changes anything."""
        if not self._breaker.ended(permit, proof, self._clock()):
            return
        if not self._breaker.is_open:
            log("model endpoint answers again")
        elif fault is not None:
            seconds = self._settings.breaker_seconds
            log("model endpoint rests", level="warning", reason=fault.why, seconds=seconds)
