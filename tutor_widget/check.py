"""Why does it not connect? `tutor-widget check URL` tries each step, and says what to do."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from websockets.proxy import get_proxy
from websockets.uri import parse_uri

from .link import Link
from .session import Ending, judge
from .target import Target, is_loopback
from .wire import ServerFrame

WITHIN = 10.0
"""Seconds that a step may take."""
Say = Callable[[str, bool, str], None]


async def check(target: Target, say: Say) -> bool:
    """Try each step towards the target; tell ``say`` (step, worked, sentence); whether all did."""
    url, token = await target.locate()
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
    proxy = None if is_loopback(url) else get_proxy(parse_uri(url))
    if proxy is not None:
        say("proxy", True, f"{urlsplit(proxy).hostname} is used, as the environment asks.")
    elif not await _reach(host, port, parts.scheme == "wss", say):
        return False
    say("token", True, "One is sent." if token else "None is sent.")
    return await _shake_hands(target, say)


async def _reach(host: str, port: int, secure: bool, say: Say) -> bool:
    loop = asyncio.get_running_loop()
    try:
        found = await asyncio.wait_for(loop.getaddrinfo(host, port), WITHIN)
    except (OSError, TimeoutError):
        say("name", False, f"{host} has no address. Check the spelling and your connection.")
        return False
    say("name", True, f"{host} is {', '.join(sorted({str(a[4][0]) for a in found}))}.")
    try:
        opening = asyncio.open_connection(host, port, ssl=secure or None)
        _, writer = await asyncio.wait_for(opening, WITHIN)
    except ssl.SSLCertVerificationError as error:
        say("TLS", False, f"The certificate does not verify: {error.verify_message}.")
        return False
    except ssl.SSLError:
        say("TLS", False, "The server does not speak TLS here. Try ws:// or another port.")
        return False
    except (OSError, TimeoutError):
        say("TCP", False, f"Nothing answers at port {port}. Is the tutor running? A firewall?")
        return False
    writer.transport.abort()
    say("TLS" if secure else "TCP", True, f"Port {port} answers.")
    return True


class _Probe:
    """Owns a link until a pong has come or the link is dead."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[float | Ending] = asyncio.get_running_loop().create_future()
        self.link: Link
        self._pinged_at: float | None = None

    def opened(self) -> None:
        self.link.ping()

    def pinged(self, backlog: int) -> None:
        self._pinged_at = time.perf_counter()

    def heard(self) -> None:
        if self._pinged_at is not None:
            self._settle(time.perf_counter() - self._pinged_at)

    def received(self, frame: ServerFrame) -> None:
        pass

    def dropped(self, ending: Ending) -> None:
        self._settle(ending)

    def _settle(self, outcome: float | Ending) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)


async def _shake_hands(target: Target, say: Say) -> bool:
    probe = _Probe()
    probe.link = Link(target.locate, probe)
    try:
        outcome = await asyncio.wait_for(probe.outcome, 2 * WITHIN)
    except TimeoutError:
        say("tutor", False, "It does not answer in time.")
        return False
    finally:
        probe.link.close(1000, "checked")
        await probe.link.closed()
    if isinstance(outcome, Ending):
        verdict = judge(outcome)
        say("tutor", False, f"{verdict.reason} {verdict.advice}".strip())
        return False
    say("tutor", True, f"It speaks tutor.v1 and answers within {outcome * 1000:.1f} ms.")
    return True
