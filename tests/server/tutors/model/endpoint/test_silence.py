"""No word of the endpoint's leaves: it may quote the key. And it cannot fill the memory."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import traceback
from typing import Any, Final

import pytest

from tests.support.model_calls import Outcome, ask
from tests.support.servers import endpoint_scripts as scripts
from tests.support.servers.endpoint import KEY, WORDS, Script, ScriptedEndpoint

SHORT: Final[dict[str, Any]] = {
    "first_token_timeout": 0.3,
    "token_timeout": 0.3,
    "total_timeout": 2.0,
}
LEARNERS = "what-the-learner-wrote"
SECRETS = (KEY, WORDS, LEARNERS)
MIB = 1 << 20


@pytest.mark.parametrize("name", scripts.FAULTS)
async def test_nothing_of_the_endpoint_is_logged_or_raised(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """At level DEBUG, with asyncio's debugging on, for each fault that is known."""
    asyncio.get_running_loop().set_debug(True)
    caplog.set_level(logging.DEBUG)
    async with ScriptedEndpoint(scripts.FAULTS[name]) as endpoint:
        outcome = await ask(endpoint.url, message=LEARNERS, breaker_failures=1, **SHORT)
    said = [record.getMessage() + str(record.__dict__) for record in caplog.records]
    told = "\n".join([*said, *everything(outcome)])
    assert not [secret for secret in SECRETS if secret in told]
    assert not [record for record in caplog.records if record.name.startswith(("openai", "http"))]


def everything(outcome: Outcome) -> list[str]:
    """All that a failure has to say, with what led to it."""
    failure = outcome.failure
    if failure is None:
        return []
    assert failure.__cause__ is None
    assert failure.__context__ is None
    return [repr(failure), failure.reason, *traceback.format_exception(failure)]


HUGE: dict[str, Script] = {
    "events": scripts.huge_events,
    "line": scripts.huge_line,
    "event": scripts.huge_event,
    "error": scripts.huge_error(400),
}


@pytest.mark.parametrize("name", HUGE)
async def test_what_is_huge_is_not_read_to_its_end(name: str) -> None:
    """Of 100 MB the endpoint gets rid of 8 MiB and what the system's buffers hold."""
    async with ScriptedEndpoint(HUGE[name]) as endpoint:
        outcome = await ask(endpoint.url)
        await endpoint.until(lambda: endpoint.under_way == 0)
    assert outcome.kind == ("set_up" if name == "error" else "unusable")
    assert len(endpoint.requests) == 1
    assert endpoint.sent < 24 * MIB


PROGRAM = """
import asyncio, json, logging, sys
logging.basicConfig(level=logging.DEBUG)
from tests.support.children import peak
from tests.support.model_calls import ask

async def main(urls):
    return [(await ask(url, message="what-the-learner-wrote")).kind for url in urls]

kinds = asyncio.run(main(sys.argv[1:]), debug=True)
print(json.dumps({"kinds": kinds, "peak": peak()}))
"""


def test_a_process_stays_small_and_silent_whatever_it_is_sent() -> None:
    """Under 300 MiB; with all logs on, those of the package by its own switch, too."""
    many = [*HUGE.values(), scripts.status(401), scripts.error_inside, scripts.malformed]
    endpoints = [ScriptedEndpoint(script) for script in many]
    for endpoint in endpoints:
        endpoint.__enter__()
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *(endpoint.url for endpoint in endpoints)],
            env=os.environ | {"OPENAI_LOG": "debug"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for endpoint in endpoints:
            endpoint.__exit__()
    assert done.returncode == 0, done.stderr
    assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["kinds"] == [*["unusable"] * 3, "set_up", "set_up", "busy", "unusable"]
    assert result["peak"] < 300
