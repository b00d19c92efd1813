"""Calls of a model's endpoint, with bounds that are short, and how they ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.servers.endpoint import KEY
from tests.support.threaded import PATIENCE
from tutor_widget.secret import Secret
from tutor_widget.server.tutors.model.endpoint import (
    Call,
    Endpoint,
    EndpointFailure,
    EndpointSettings,
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: str
    text: str


@dataclass
class Outcome:
    """One call and how it ended."""

    call: Call
    pieces: list[str] = field(default_factory=list)
    failure: EndpointFailure | None = None

    @property
    def text(self) -> str:
        """What was given out."""
        return "".join(self.pieces)

    @property
    def kind(self) -> str | None:
        """How it failed."""
        return self.failure.kind if self.failure else None

    @property
    def began(self) -> bool | None:
        """Whether it had given out anything before."""
        return bool(self.pieces) if self.failure else None

    @property
    def reason(self) -> str:
        """What the operator's log says."""
        return self.failure.reason if self.failure else ""


def settings(url: str, **changes: Any) -> EndpointSettings:
    """Settings of an endpoint at the URL, with the key of the tests."""
    values: dict[str, Any] = {"model": "m", "url": url, "api_key": Secret(KEY)}
    return EndpointSettings(**(values | changes))


@asynccontextmanager
async def started(
    url: str, *, clock: Callable[[], float] | None = None, **changes: Any
) -> AsyncIterator[Endpoint]:
    """An endpoint's client; between tries it waits only as long as it is asked to."""
    endpoint = Endpoint(settings(url, **changes), clock=clock, chance=lambda: 0.0)
    await endpoint.start()
    try:
        yield endpoint
    finally:
        await endpoint.close()


def call(endpoint: Endpoint, message: str = "What is 2 + 2?", user: str | None = None) -> Call:
    """A question."""
    return endpoint.call([Message("system", "Be short."), Message("user", message)], user)


async def finished(call: Call) -> Outcome:
    """The call to its end."""
    outcome = Outcome(call)
    async with asyncio.timeout(PATIENCE), call:
        try:
            async for piece in call:
                outcome.pieces.append(piece)
        except EndpointFailure as failure:
            outcome.failure = failure
    return outcome


async def ask(
    url: str, message: str = "What is 2 + 2?", user: str | None = None, **changes: Any
) -> Outcome:
    """One question to its end."""
    async with started(url, **changes) as endpoint:
        return await finished(call(endpoint, message, user))


@asynccontextmanager
async def ask_all(url: str, count: int) -> AsyncIterator[Awaitable[Sequence[Outcome]]]:
    """So many questions at once."""
    async with started(url) as endpoint:
        yield asyncio.gather(*(finished(call(endpoint)) for _ in range(count)))
