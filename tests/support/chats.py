"""Chats in the test's own process: made, waited for, and seen as a page sees them."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from tests.support.files import contents
from tutor_widget import TutorChat
from tutor_widget.client import registry
from tutor_widget.client.client import Client
from tutor_widget.client.loop import call_on_loop, get_loop

WITHIN: Final = 60.0
"""The outer limit of everything that is waited for, in seconds. Never asserted."""
NOBODY: Final = "ws://127.0.0.1:1"
"""An address where no server listens."""


@contextmanager
def chat_on(url: str, **keywords: Any) -> Iterator[TutorChat]:
    """A chat, closed at the end."""
    with closing(TutorChat(url, session="s", **keywords)) as chat:
        yield chat


def wait_for(chat: TutorChat, trait: str, predicate: Callable[[Any], bool]) -> Any:
    """The trait's value as soon as it satisfies the predicate."""
    seen = threading.Event()

    def look(_change: object = None) -> None:
        if predicate(getattr(chat, trait)):
            seen.set()

    chat.observe(look, trait)
    try:
        look()
        assert seen.wait(WITHIN), f"{trait} stays {getattr(chat, trait)!r}"
    finally:
        chat.unobserve(look, trait)
    return getattr(chat, trait)


def wait_for_status(chat: TutorChat, *status: str) -> dict[str, Any]:
    """The connection as soon as its status is one of these."""
    found: dict[str, Any] = wait_for(chat, "connection", lambda c: c.get("status") in status)
    return found


def after_the_end(chat: TutorChat) -> dict[str, Any]:
    """The connection as soon as it says what is wrong and, unless it has failed, when it will try
    again."""
    found: dict[str, Any] = wait_for(
        chat,
        "connection",
        lambda c: c.get("reason") and (c["retry_at"] or c["status"] == "failed"),
    )
    return found


def wait_in(connection: dict[str, Any]) -> float:
    """Seconds until the next try, as it was published."""
    return float(connection["retry_at"] - connection["now"]) / 1000


def is_asked(connection: dict[str, Any], least: float, most: float) -> bool:
    """Whether the wait is what was asked for; it may have been published a little late."""
    return least - 5 <= wait_in(connection) <= most


def is_waiting_for_a_stranger(chat: TutorChat) -> None:
    found = wait_for(chat, "connection", lambda c: c.get("retry_at") and is_asked(c, 45, 60))
    assert found["status"] == "reconnecting"
    assert found["reason"]
    assert found["advice"]


class Outbound:
    """What a chat sends to the browser, counted as JSON."""

    def __init__(self, chat: TutorChat) -> None:
        self.messages: list[dict[str, Any]] = []
        self._told = threading.Condition()
        chat._send = self._take  # type: ignore[method-assign]

    def _take(self, msg: dict[str, Any], buffers: object = None) -> None:
        with self._told:
            self.messages.append(json.loads(json.dumps(msg)))
            self._told.notify_all()

    @property
    def customs(self) -> list[dict[str, Any]]:
        """The contents of custom messages."""
        return [m["content"] for m in self.messages if m["method"] == "custom"]

    @property
    def acks(self) -> dict[str, str | None]:
        """Acknowledged commands, with their errors."""
        return {a["id"]: a.get("error") for c in self.customs for a in c.get("acks", ())}

    def wait(self, predicate: Callable[[], bool]) -> None:
        """Until what was sent satisfies the predicate."""
        with self._told:
            assert self._told.wait_for(predicate, WITHIN), self.messages[-5:]


def show(chat: TutorChat) -> Outbound:
    """Pretend that a page shows the chat; what it gets from then on."""
    outbound = Outbound(chat)
    command(chat, "view", "v1", view="page", shown=True, n=0)
    outbound.wait(lambda: "v1" in outbound.acks)
    return outbound


def command(chat: TutorChat, op: str, id: str, **more: Any) -> None:
    """Send a command as the browser does."""
    chat._handle_msg(
        {"content": {"data": {"method": "custom", "content": {"op": op, "id": id, **more}}},
         "buffers": []}
    )  # fmt: skip


def end_clients() -> None:
    """End the clients of this process that no chat shows, as the end of the process does.

    One that looks after a session that was left would try forever where no server listens.
    """

    def end() -> list[Client]:
        for client in (left := list(registry._clients.values())):
            client.close()
        return left

    if registry._clients:
        for client in call_on_loop(end):
            asyncio.run_coroutine_threadsafe(client.closed(), get_loop()).result(WITHIN)
        call_on_loop(registry._clients.clear)


def outbox() -> Path:
    """The folder of the test's journals."""
    return Path(os.environ["JUPYTER_DATA_DIR"]) / "tutor_widget" / "outbox"


def journals() -> list[Path]:
    """All journals of the test."""
    return list(outbox().glob("*.journal"))


def journalled() -> list[str]:
    """The texts of all messages in them."""
    lines = [line for journal in contents(outbox(), "*.journal") for line in journal.splitlines()]
    records = [json.loads(line.partition(b" ")[2]) for line in lines]
    return [record["put"]["text"] for record in records if "put" in record]
