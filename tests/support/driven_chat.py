"""A chat whose session a driver drives: no connection, no disk, and the driver's clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

import pytest

from tests.support.driver import Driver
from tutor_widget.client import client
from tutor_widget.client.client import Client
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.net.endpoint import Remote
from tutor_widget.client.storage.session_memory import SessionMemory
from tutor_widget.codes import Notice
from tutor_widget.notebook import mirror, page
from tutor_widget.notebook.chat import Chat
from tutor_widget.notebook.commands import Commands
from tutor_widget.notebook.model import KernelModel
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.wire import ServerFrame

STARTED_AT: Final = 1_760_000_000.0
"""Unix s of the first `DrivenChat.publish`."""
MODEL: Final = "2d8e5c1f7a904b36b0e1d7c4a3f95862"


class Model(KernelModel):
    """A model that keeps what it sends."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__({}, {}, model_id=MODEL)

    def _send(self, msg: Any, buffers: Any = None) -> None:
        self.sent.append(json.loads(json.dumps(msg)))


class DrivenClient(Client):
    """A client that performs nothing: it only passes on what changed."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.session = driver.session
        self._listeners = []
        self._closed = False
        self._successor = None

    @property
    def warning(self) -> Notice | None:
        return Notice(self.session.refusal, {}) if self.session.refusal else None

    @property
    def needs_older(self) -> bool:
        return False

    def _take(self, event: ev.Happened) -> None:
        self.perform(self.driver.happens(event))

    def perform(self, effects: list[do.Effect]) -> None:
        changes = [effect for effect in effects if isinstance(effect, do.Change)]
        self._tell(changes, self._listeners)


class DrivenChat:
    """A chat, its driver, and what it sends to a page that shows it. On the loop, but `publish`."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.driver = Driver()
        self._use_its_clock(monkeypatch)
        self.client = DrivenClient(self.driver)
        self.model = Model()
        target = Remote(url)
        self.chat = Chat(
            self.model, target, SessionMemory(target.key, None), "", "", None, saves=True
        )
        self.chat.subscription._opened = self.client
        self.client.listen(self.chat._changed)
        self.chat.is_open = True
        self._commands = Commands(self.chat)

    def _use_its_clock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        driver, began = self.driver, self.driver.now
        clock = SimpleNamespace(
            monotonic=lambda: driver.now, time=lambda: STARTED_AT + driver.now - began - 1
        )
        for module in (page, mirror):
            monkeypatch.setattr(module, "time", clock)
        monkeypatch.setattr(client, "_unix_ms", lambda: round(clock.time() * 1000))

    def perform(self, effects: list[do.Effect]) -> None:
        """Pass on what the driver returned."""
        self.client.perform(effects)

    def happens(self, event: ev.Happened) -> None:
        """An event of the session."""
        self.perform(self.driver.happens(event))

    def receive(self, *frames: ServerFrame) -> None:
        """The server sends these frames."""
        self.perform(self.driver.receive(*frames))

    def command(self, op: str, id: str, **more: Any) -> None:
        """A page gives a command."""
        self._commands.take({"op": op, "id": id, **more})

    def publish(self, *acts: Callable[[DrivenChat], object]) -> list[dict[str, Any]]:
        """Do this, a second later than the last; returns all that the model sends of it."""

        def publish() -> None:
            self.driver.now += 1
            for act in acts:
                act(self)
            self.chat.page.flush()

        call_on_loop(publish)
        sent, self.model.sent = self.model.sent, []
        return sent
