"""A tutor that waits in the middle of its answer, and what the log of a session must hold."""

from __future__ import annotations

from typing import Any, Final

from tests.support.servers.peers import peer

__all__ = ["PATIENT", "check", "whole_log"]

PATIENT: Final = '''
import asyncio, pathlib

class Patient:
    """A tutor that yields a piece, then waits for the file "go"."""
    async def reply(self, turn):
        yield f"{turn.message}: "
        while not pathlib.Path("go").exists():
            await asyncio.sleep(0.02)
        yield "done"
'''
"""The module `patient`, with the tutor `Patient`."""


async def whole_log(url: str) -> list[dict[str, Any]]:
    """Returns all events of the session once every message has its answer."""
    async with peer(url) as client:
        welcome = await client.hello(instance="auditor")
        events: list[dict[str, Any]] = []
        asked: set[str] = set()
        answered: set[str] = set()
        while len(events) < welcome["seq"] or asked != answered:
            events.append(await client.next("event"))
            asked = {event["id"] for event in events if event["role"] == "learner"}
            answered = {event["re"] for event in events if "re" in event}
        return events


def check(events: list[dict[str, Any]], sent: list[str]) -> None:
    """Asserts that each event is there once, in order, with one answer for each message."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["id"] for event in events if event["role"] == "learner"] == sent
    assert [event["re"] for event in events if "re" in event] == sent
