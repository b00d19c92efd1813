"""The one request to the hub's API, by httpx. No other module knows that package.

By its transport alone: a client of httpx would keep the hub's cookies and send them with the next
learner's token, and read proxies and passwords from the environment.
"""

from __future__ import annotations

import ssl
from typing import Final

import httpx

from tutor_widget.version import __version__

from .judge import NoAnswer

__all__ = ["HubApi"]

_LARGEST: Final = 1 << 20
"""Bytes of an answer. A user model with many servers and scopes has some ten thousand."""


class HubApi:
    """The hub's API at this URL."""

    def __init__(self, url: str) -> None:
        self._user = f"{url.rstrip('/')}/user"
        # The system's certificates: a hub inside of an institution may have its own authority.
        verify = ssl.create_default_context()
        self._transport = httpx.AsyncHTTPTransport(verify=verify, trust_env=False)

    async def user(self, token: str) -> tuple[int, bytes]:
        """Ask whose the token is: the status and the body of the answer, which is no redirect's.

        ``token`` is printable ASCII. It waits without limit. Raises NoAnswer.
        """
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"tutor-widget/{__version__}",
        }
        try:
            return await self._get(httpx.Request("GET", self._user, headers=headers))
        except httpx.HTTPError as error:
            # Its chain holds the request, and so the token.
            raise NoAnswer(type(error).__name__) from None

    async def _get(self, request: httpx.Request) -> tuple[int, bytes]:
        response = await self._transport.handle_async_request(request)
        body = bytearray()
        try:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _LARGEST:
                    raise NoAnswer("an answer that is too large")
        finally:
            await response.aclose()
        return response.status_code, bytes(body)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.aclose()
