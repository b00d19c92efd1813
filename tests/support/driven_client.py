"""A shell around a driver: it performs effects on a journal, a page and a connection of its own."""

from __future__ import annotations

from typing import assert_never

from simulator.client.page import Page
from tests.support.driver import Driver
from tutor_widget import wire
from tutor_widget.session import Entry
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev


class DrivenClient:
    """A session with its journal, its page, and the connection that its effects describe."""

    def __init__(self) -> None:
        self.driver = Driver()
        self.page = Page()
        self.saving: dict[str, Entry] = {}
        self.disk: dict[str, Entry] = {}
        self.is_open = False
        self.hello: wire.Hello | None = None
        self.inbound: list[wire.ServerFrame] = []
        """Frames of the present connection that have not arrived yet."""
        self.pings = 0

    def happens(self, happened: ev.Happened, after: float = 0.0) -> list[wire.Send]:
        """Perform what the step returns; return the messages that it sends."""
        driver, sends = self.driver, []
        for effect in driver.happens(happened, after):
            if isinstance(effect, do.Change):
                self.page.show(effect, driver.session, driver.now, is_durable=True)
                continue
            match effect:
                case do.Dial(dial):
                    assert not self.is_open
                    assert dial == driver.session.dial
                    self.is_open, self.hello, self.inbound, self.pings = True, None, [], 0
                case do.Transmit(frame):
                    assert self.is_open, "written to no connection"
                    if isinstance(frame, wire.Hello):
                        self.hello = frame
                    elif isinstance(frame, wire.Send):
                        sends.append(frame)
                case do.Ping():
                    assert self.is_open, "written to no connection"
                    self.pings += 1
                case do.Close() | do.Abort():
                    assert self.is_open, "ended twice"
                    self.is_open = False
                case do.Save(message):
                    assert message.id not in self.saving, "saved twice at a time"
                    self.saving[message.id] = message
                case do.Forget(id):
                    self.saving.pop(id, None)
                    self.disk.pop(id, None)
                case do.Erased(account):
                    self.saving.clear()
                    self.disk = {
                        id: message
                        for id, message in self.disk.items()
                        if message.account not in (None, account)
                    }
                case do.Renew() | do.RememberAccount():
                    pass
                case _:
                    assert_never(effect)
        return sends
