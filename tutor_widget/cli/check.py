"""Diagnosis of a connection: `tutor-widget check URL` tries each step, and says what to do.

It also looks at the Jupyter servers that run here, because a chat needs a page that can draw it.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
import time
from collections.abc import Callable
from typing import Final

from tutor_widget.client.net.address import is_local
from tutor_widget.client.net.connection import Connection
from tutor_widget.client.net.endpoint import Target
from tutor_widget.client.net.proxy import proxy_for
from tutor_widget.client.net.reach import connect, is_no_tls, place, tls_for
from tutor_widget.client.storage.session_memory import SessionMemory, new_id
from tutor_widget.errors import Refused
from tutor_widget.markup.plain import printable
from tutor_widget.session import Ending, Kind, policy_for
from tutor_widget.session import events as ev
from tutor_widget.version import NAME
from tutor_widget.wire import Hello, Welcome

from . import arguments, jupyter
from .advice import advice_for, sentence_for

WITHIN = 10.0
"""Seconds allowed for a step."""
_INSTALL: Final = (
    "The JupyterLab of {python} cannot draw a chat: {package} is not installed there. Run "
    "{python} -m pip install {package}, restart that JupyterLab, and load its pages again."
)
Say = Callable[[str, bool, str], None]


def run(argv: list[str]) -> int:
    """Print each step; returns 0 if all worked, else 1."""
    target = arguments.target(arguments.parser("check").parse_args(argv))

    def say(step: str, worked: bool, sentence: str) -> None:
        # A sentence may quote a server.
        print(f"{'ok    ' if worked else 'FAILED'}  {step:6}  {printable(sentence)}")

    worked = asyncio.run(check(target, say))
    for python, package in jupyter.lacking():
        worked = False
        say("page", False, _INSTALL.format(python=python, package=package))
    return 0 if worked else 1


async def check(target: Target, say: Say) -> bool:
    """Try each step of connecting; returns whether all worked.

    Calls ``say`` for each step with its name, whether it worked, and a sentence.
    """
    url, token, connected = await target.locate()
    if connected is not None:
        return await _open(target, say)
    try:
        proxy = None if is_local(url) else proxy_for(url)
    except Refused as error:
        say("proxy", False, f"{sentence_for(error.code, error.params)} {advice_for(error.code)}")
        return False
    if proxy is not None:
        say("proxy", True, f"{proxy.name} is used, as the environment asks.")
    elif not await _reach(url, say):
        return False
    say("token", True, "One is sent." if token else "None is sent.")
    return await _open(target, say)


async def _reach(url: str, say: Say) -> bool:
    host, port = place(url)
    try:
        loop = asyncio.get_running_loop()
        found = await asyncio.wait_for(loop.getaddrinfo(host, port), WITHIN)
    except (OSError, TimeoutError):
        say("name", False, f"{host} has no address. Check the spelling and your connection.")
        return False
    say("name", True, f"{host} is {', '.join(sorted({str(a[4][0]) for a in found}))}.")
    tls = await tls_for(url)
    try:
        _, writer = await asyncio.wait_for(connect(url, tls), WITHIN)
    except (OSError, TimeoutError) as error:
        say(*await _unreached(error, url))
        return False
    writer.transport.abort()
    say("TCP" if tls is None else "TLS", True, f"Port {port} answers.")
    return True


async def _unreached(error: OSError, url: str) -> tuple[str, bool, str]:
    """What to say of a computer that cannot be reached."""
    port = place(url)[1]
    if isinstance(error, ssl.SSLCertVerificationError):
        return "TLS", False, f"The certificate does not verify: {error.verify_message}."
    if url.startswith("wss:") and await is_no_tls(error, url):
        return "TLS", False, "The server does not speak TLS here. Try ws:// or another port."
    if isinstance(error, ssl.SSLError):
        return "TLS", False, sentence_for("tls_failed")
    if isinstance(error, ConnectionResetError | ConnectionAbortedError):
        return "TCP", False, f"Port {port} answers, and hangs up. Is it the right port?"
    return "TCP", False, f"Nothing answers at port {port}. Is the tutor running? A firewall?"


class _Probe:
    """Makes one connection, until the server has said welcome or the connection is over."""

    def __init__(self, target: Target, hello: Hello) -> None:
        self.outcome: asyncio.Future[float | Ending] = asyncio.get_running_loop().create_future()
        self.opened_at: float | None = None
        self.connection = Connection(hello.dial, target.locate, self._take)
        self._hello = hello

    def _take(self, event: ev.OfDial) -> None:
        match event:
            case ev.Opened():
                self.opened_at = time.perf_counter()
                self.connection.transmit(self._hello)
            case ev.Received(frame=Welcome()) if self.opened_at is not None:
                self._settle(time.perf_counter() - self.opened_at)
            case ev.Dropped(ending=ending):
                self._settle(ending)
            case _:
                pass

    def _settle(self, outcome: float | Ending) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)


STEPS: Final = {
    "HTTP": "The server answers.",
    "tutor": "It speaks tutor.v1.",
    "access": "It lets us in.",
}
"""What an opened connection proves, in this order."""


async def _open(target: Target, say: Say) -> bool:
    # The same session at every check: the server keeps one conversation of them, not hundreds.
    session = await asyncio.to_thread(_own_session, target)
    probe = _Probe(target, Hello(session=session, instance=new_id(), dial=1, client=NAME))
    try:
        outcome: float | Ending = await asyncio.wait_for(probe.outcome, 2 * WITHIN)
    except TimeoutError:
        outcome = Ending(Kind.SILENT, cause="no_answer_in_time")
    finally:
        probe.connection.close(1000, "checked")
        await probe.connection.closed()
    if isinstance(outcome, Ending):
        failed = _failed(outcome, opened=probe.opened_at is not None)
        passed = itertools.takewhile(lambda step: step != failed, STEPS) if failed in STEPS else ()
        for step in passed:
            say(step, True, STEPS[step])
        policy = policy_for(outcome)
        reason = sentence_for(policy.code, policy.args)
        say(failed, False, f"{reason} {advice_for(policy.advice)}".strip())
        return False
    for step, sentence in STEPS.items():
        say(step, True, sentence)
    say("time", True, f"A question and its answer take {outcome * 1000:.1f} ms.")
    return True


def _own_session(target: Target) -> str:
    memory = SessionMemory(target.key, "check")
    session = memory.recall().session
    memory.remember(session)
    return session


def _failed(ending: Ending, *, opened: bool) -> str:
    """The step at which it ended."""
    if opened or (ending.kind is Kind.HTTP and ending.code in (401, 403)):
        return "access"
    if ending.cause.startswith("proxy_"):
        return "proxy"
    if ending.kind is Kind.CERTIFICATE or ending.cause in ("no_tls", "tls_failed"):
        return "TLS"
    return "tutor" if ending.kind is Kind.NO_SUBPROTOCOL else "HTTP"
