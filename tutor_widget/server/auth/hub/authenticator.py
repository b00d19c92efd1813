"""Accounts of a JupyterHub, which is asked whose a token is."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from tutor_widget.server.auth.contract import Account, Denied
from tutor_widget.server.logs import log
from tutor_widget.server.metrics import Metrics, NoMetrics
from tutor_widget.server.settings import BadSetting

from .cache import TokenCache
from .environment import HubService
from .judge import UNKNOWN, NoAnswer, judge

if TYPE_CHECKING:
    from .api import HubApi

__all__ = ["HubAuthenticator"]

_AT_ONCE: Final = 64
"""Requests under way to the hub."""
_PATIENCE: Final = 6.0
"""Seconds in which the hub answers, with the wait for a place among those. A handshake has 8."""
_BRIEF: Final = 0.5
"""Seconds that a known token waits for a hub that has not answered the last question."""
_AWAY: Final = Denied(
    503, "The hub does not answer, so the token cannot be checked now.", retry_after=5
)
_TOKEN: Final = re.compile(r"[!-~]{1,1024}")


class HubAuthenticator:
    """Maps a token of the hub to the account of its user, with the user's groups.

    It keeps digests of tokens, and no token for longer than one request. Close it when it is needed
    no more. ``clock`` is monotonic, in seconds. Raises BadSetting if httpx is not installed.
    """

    has_accounts = True

    def __init__(
        self,
        service: HubService,
        *,
        metrics: Metrics | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = _api_class()(service.api_url)
        self._scopes = service.scopes
        self._metrics = metrics or NoMetrics()
        self._clock = clock
        self._cache = TokenCache()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._flights: dict[bytes, asyncio.Task[Account | Denied | None]] = {}
        """The questions under way, one a token."""
        self._is_away = False

    async def authenticate(self, headers: Mapping[str, str]) -> Account | Denied:
        """The user whose token the headers hold. See `Authenticator.authenticate`."""
        if (token := _token(headers)) is None:
            return UNKNOWN
        key = hashlib.sha256(token.encode()).digest()
        if (answer := self._cache.fresh(key, self._clock())) is not None:
            self._count("remembered")
            return answer
        flight = self._flight(key, token)
        if self._is_away:
            # A hub that hangs would keep a class that comes back waiting, each for its own answer.
            await asyncio.wait({flight}, timeout=_BRIEF)
            if not flight.done() and (account := self._kept(key)) is not None:
                return account
        await asyncio.wait({flight})  # unlike an await, it takes the question away from nobody
        answer = None if flight.cancelled() else flight.result()
        return answer or self._kept(key) or self._unanswered()

    async def close(self) -> None:
        """End the questions under way, as without an answer, and the connections to the hub."""
        flights = [*self._flights.values()]
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        await self._api.close()

    def _flight(self, key: bytes, token: str) -> asyncio.Task[Account | Denied | None]:
        if (flight := self._flights.get(key)) is None:
            flight = self._flights[key] = asyncio.create_task(self._ask(key, token))
            flight.add_done_callback(lambda _: self._flights.pop(key))
        return flight

    async def _ask(self, key: bytes, token: str) -> Account | Denied | None:
        """What the hub says of the token; None if it does not answer."""
        try:
            async with asyncio.timeout(_PATIENCE), self._slots:
                asked_at = self._clock()
                answer = judge(*await self._api.user(token), self._scopes)
        except (NoAnswer, TimeoutError) as error:
            self._note_away(str(error) or "time-out")
            return None
        self._note_answer(answer)
        self._cache.learn(key, answer, asked_at)
        return answer

    def _kept(self, key: bytes) -> Account | None:
        account = self._cache.kept(key, self._clock())
        if account is not None:
            self._count("kept")
        return account

    def _unanswered(self) -> Denied:
        self._count("unanswered")
        return _AWAY

    def _note_answer(self, answer: Account | Denied) -> None:
        is_account = isinstance(answer, Account)
        self._count("accepted" if is_account else "unknown" if answer is UNKNOWN else "forbidden")
        if self._is_away:
            self._is_away = False
            log("hub answers again")

    def _note_away(self, reason: str) -> None:
        if not self._is_away:
            self._is_away = True
            log("hub does not answer", level="warning", reason=reason)

    def _count(self, outcome: str) -> None:
        self._metrics.count("token_checks", outcome=outcome)


def _token(headers: Mapping[str, str]) -> str | None:
    """The bearer token (RFC 6750 §2.1), if it is one that may be sent on."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and _TOKEN.fullmatch(token) else None


def _api_class() -> type[HubApi]:
    try:
        from .api import HubApi
    except ImportError as error:
        raise BadSetting(
            "--auth hub needs the httpx package, which is not installed here: "
            'pip install "tutor-widget[hub]".'
        ) from error
    return HubApi
