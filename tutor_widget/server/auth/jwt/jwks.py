"""The keys that an issuer publishes behind a URL (JWKS, RFC 7517 §5), read when needed and cached.

    a known key, read in the last 5 minutes   is used
    a known key, read before that             is read anew; used also if that fails, for 6 h
    an unknown key                            is read anew, at most once in 30 s: strangers can
                                              name any. Until then nobody knows (`KeysAway`)

All that wait share one request, which none of them can cancel.
"""

from __future__ import annotations

import asyncio
import json
import math
import ssl
import time
from asyncio import Task
from collections import Counter
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from tutor_widget.network import is_loopback
from tutor_widget.server.logs import log
from tutor_widget.server.settings import BadSetting

from .keys import Key, KeysAway, key_of_jwk

__all__ = ["KeySet"]

_FRESH: Final = 300.0
_KEPT: Final = 6 * 3600.0
_AGAIN: Final = 30.0
_WITHIN: Final = 5.0
"""Seconds for one request. The check of a handshake may take 8 s."""
_LARGEST: Final = 256 << 10
"""Bytes of the answer."""


class _Unusable(Exception):
    """The answer is no set of keys. The text says why, in words for the operator."""


class KeySet:
    """The keys at ``url``, by their id. ``clock`` gives monotonic seconds.

    Raises BadSetting for an address that cannot be trusted: whoever can change the keys on their
    way can sign in as anybody, so it has to be ``https``, but for one on this machine.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._is_local = _check(url)
        self._tls = ssl.create_default_context()
        self._keys: dict[str, Key] = {}
        self._read_at = -math.inf
        self._asked_at = -math.inf
        self._reading: Task[bool] | None = None

    async def find(self, kid: str | None) -> Key | None:
        """The key with this id. See `Keys.find`. A token that names no key has none."""
        if kid is None:
            return None
        key = self._known(kid)
        if key is not None and self._clock() - self._read_at < _FRESH:
            return key
        wait = self._asked_at + _AGAIN - self._clock()
        if self._reading is None and wait > 0:
            is_read = False
        else:
            is_read = await self._read_anew()
            key, wait = self._known(kid), _AGAIN
        if key is None and not is_read:
            raise KeysAway(wait)
        return key

    def _known(self, kid: str) -> Key | None:
        return self._keys.get(kid) if self._clock() - self._read_at < _KEPT else None

    async def _read_anew(self) -> bool:
        """Whether that worked."""
        if self._reading is None:
            self._asked_at = self._clock()
            self._reading = asyncio.create_task(self._read())
        return await asyncio.shield(self._reading)

    async def _read(self) -> bool:
        try:
            async with asyncio.timeout(_WITHIN):
                keys = _keys_in(await self._fetch())
        except Exception as error:  # noqa: BLE001  # whatever it is, the known keys stay good
            reason = str(error) if isinstance(error, _Unusable) else type(error).__name__
            log("keys unavailable", level="warning", reason=reason, known=len(self._keys))
            return False
        else:
            if keys.keys() != self._keys.keys() or not keys:
                log("keys read", level="info" if keys else "warning", keys=len(keys))
            self._keys, self._read_at = keys, self._clock()
            return True
        finally:
            self._reading = None

    async def _fetch(self) -> bytes:
        # A client for each request: there is one in minutes, and nothing is left to be closed.
        async with (
            httpx.AsyncClient(
                verify=self._tls, timeout=_WITHIN, trust_env=not self._is_local
            ) as client,
            client.stream("GET", self._url, headers={"Accept-Encoding": "identity"}) as response,
        ):
            if response.status_code != 200:
                raise _Unusable(f"the address answers {response.status_code}")
            body = b""
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > _LARGEST:
                    raise _Unusable(f"the answer has more than {_LARGEST:,} bytes")
            return body


def _keys_in(body: bytes) -> dict[str, Key]:
    """The usable keys of a set. An id that several of them have is none."""
    try:
        found = json.loads(body)["keys"]
        entries: list[dict[str, Any]] = [one for one in found if isinstance(one, dict)]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _Unusable("the answer is no set of keys (JWKS)") from None
    usable = [
        (kid, key)
        for one in entries
        if isinstance(kid := one.get("kid"), str) and (key := key_of_jwk(one)) is not None
    ]
    count = Counter(kid for kid, _ in usable)
    return {kid: key for kid, key in usable if count[kid] == 1}


def _check(url: str) -> bool:
    """Whether it is on this machine. Raises BadSetting."""
    try:
        parts = urlsplit(url)
        host, is_valid = parts.hostname or "", parts.username is None
    except ValueError:
        parts, host, is_valid = urlsplit(""), "", False
    is_local = is_loopback(host)
    if not host or not is_valid or parts.scheme not in ("https", *(["http"] * is_local)):
        raise BadSetting(
            "--jwt-jwks-url: an https:// address without a password is expected, such as "
            "https://login.example.edu/jwks.json. Over http:// others on the way could change the "
            "keys, and sign in as anybody; only an address on this machine may have it."
        )
    return is_local
