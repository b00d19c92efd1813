"""A bounded client of an OpenAI-compatible endpoint (Chat Completions): retry, breaker, bounds.

`Endpoint.call` asks one question and gives the answer in pieces, as a `Call`. What the endpoint
sends is foreign: bounded in bytes (`bounds`) and in time (`attempt`), read without trust
(`chunks`), and none of its words reaches an exception or a log, because it may quote the key.
`client` alone knows the `openai` package. `retry` and `breaker` decide, and are pure.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from tutor_widget.errors import Misuse
from tutor_widget.server.settings import BadSetting
from tutor_widget.wire import without_surrogates

from .breaker import Breaker
from .call import Call
from .failure import EndpointFailure, Kind
from .settings import EndpointSettings

if TYPE_CHECKING:
    from .client import Client

__all__ = ["Call", "Endpoint", "EndpointFailure", "EndpointSettings", "Kind", "Said"]


class Said(Protocol):
    """One message of a conversation, as the endpoint is given it."""

    @property
    def role(self) -> str:
        """``system``, ``user`` or ``assistant``."""

    @property
    def text(self) -> str:
        """Never blank."""


class Endpoint:
    """The endpoint of a model, for any number of calls at once.

    ``clock`` gives monotonic seconds (the event loop's, if None), ``chance`` a number in [0, 1).
    """

    def __init__(
        self,
        settings: EndpointSettings,
        *,
        clock: Callable[[], float] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._breaker = Breaker(settings.breaker_failures, settings.breaker_seconds)
        self._client: Client | None = None

    @property
    def rests(self) -> bool:
        """Whether the breaker keeps questions off, after failures in a row."""
        return self._breaker.is_open

    async def start(self) -> None:
        """Import the `openai` package and prepare the client. Raises BadSetting."""
        client = _client_class()
        try:
            self._client = client(self._settings)
            return
        except Exception as error:  # noqa: BLE001  # its text may hold the password of a proxy
            kind = type(error).__name__
        raise BadSetting(
            f"The model's endpoint cannot be used ({kind}). Look at --model-url, and at the "
            "proxies in the environment ($HTTPS_PROXY, $ALL_PROXY, $NO_PROXY)."
        )

    async def close(self) -> None:
        """Close the connections. May be called without `start`, and twice."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def call(self, messages: Sequence[Said], user: str | None) -> Call:
        """Ask a question. Nothing is sent before the first piece is asked for.

        ``user`` is a pseudonym of the learner's account, which the endpoint is given.
        """
        if self._client is None:
            raise Misuse("Endpoint.call comes after Endpoint.start and before Endpoint.close.")
        clock = self._clock or asyncio.get_running_loop().time
        body = _body(self._settings.model, messages, user)
        return Call(self._client, body, self._settings, self._breaker, clock, self._chance)


def _client_class() -> type[Client]:
    try:
        from .client import Client
    except ImportError as error:
        raise BadSetting(
            "--tutor openai needs the openai package, which is not installed here: "
            'pip install "tutor-widget[openai]".'
        ) from error
    return Client


def _body(model: str, messages: Sequence[Said], user: str | None) -> dict[str, Any]:
    """The request, by OpenAI's "Create chat completion"."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": one.role, "content": without_surrogates(one.text)} for one in messages
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if user is not None:
        body["safety_identifier"] = user
    return body
