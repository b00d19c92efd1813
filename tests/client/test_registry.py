"""What was left behind is settled only when nothing can wait in it any more."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.chats import NOBODY
from tests.support.children import until
from tutor_widget.client import registry
from tutor_widget.client.client import Client
from tutor_widget.client.loop import call_on_loop, get_loop
from tutor_widget.client.net.endpoint import Remote
from tutor_widget.client.registry import send_left
from tutor_widget.client.storage.journal import Journal
from tutor_widget.version import NAME

pytestmark = pytest.mark.usefixtures("quiet")


class Left:
    """A session that was left: the client that looks after it, and whether it was settled."""

    def __init__(self) -> None:
        self.settled = threading.Event()

        def leave() -> list[Client]:
            send_left(Remote(NOBODY), "left", self.settled.set, NAME)
            return self._clients()

        (self.client,) = call_on_loop(leave)  # in one turn: it may be settled in the next

    @staticmethod
    def _clients() -> list[Client]:
        return [c for key, c in registry._clients.items() if key[:2] == (NOBODY + "/", "left")]

    def close(self) -> None:
        """End the client, as the end of the process does."""
        call_on_loop(self.client.close)
        asyncio.run_coroutine_threadsafe(self.client.closed(), get_loop()).result(20)
        for client in call_on_loop(self._clients):
            call_on_loop(functools.partial(registry._remove, client))


@pytest.fixture
def left() -> Iterator[Callable[[], Left]]:
    """Leave a session, and end what looks after it when the test ends."""
    made: list[Left] = []

    def leave() -> Left:
        made.append(Left())
        return made[-1]

    yield leave
    for one in made:
        one.close()


def test_a_process_that_ends_before_it_read_the_journal_settles_nothing(
    left: Callable[[], Left], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the journal was read, messages may wait in it: the next process must look."""
    read, adopt = threading.Event(), Journal.adopt

    def adopt_late(self: Journal, *arguments: Any) -> Any:
        assert read.wait(20)
        return adopt(self, *arguments)

    monkeypatch.setattr(Journal, "adopt", adopt_late)
    one = left()
    call_on_loop(one.client.close)
    read.set()
    one.close()
    assert not one.settled.is_set()


def test_a_journal_that_cannot_be_read_settles_nothing(
    left: Callable[[], Left], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails says nothing about what waits on it."""
    asked = threading.Event()

    def fail(*_: object) -> Any:
        asked.set()
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Journal, "adopt", fail)
    one = left()
    assert asked.wait(20)
    until(lambda: call_on_loop(lambda: one.client.session.dial) > 0)  # it goes on without
    assert not one.settled.is_set()


def test_a_session_in_which_nothing_waits_is_settled(left: Callable[[], Left]) -> None:
    """Once its journal was read."""
    assert left().settled.wait(20)
