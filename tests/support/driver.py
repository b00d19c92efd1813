"""Drives one session without I/O: the test is the network, the server and the clock."""

from __future__ import annotations

from typing import Any

from tutor_widget import wire
from tutor_widget.session import Ending, Kind, Message, Phase, Session
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.session.queue.outgoing import OTHER_SIGN_IN

LOST = Ending(Kind.LOST)


def closed(code: int) -> Ending:
    """The server closed with this code."""
    return Ending(Kind.CLOSED, code)


def http(status: int, retry_after: float | None = None) -> Ending:
    """The server answered the handshake with this HTTP status."""
    return Ending(Kind.HTTP, status, retry_after=retry_after)


def event(seq: int, id: str = "", **keys: Any) -> wire.Event:
    """Event ``seq`` of a log. By default the tutor's; with a client's id the learner's."""
    usual: dict[str, Any] = {
        "seq": seq,
        "id": id or f"_e{seq}",
        "role": "tutor" if not id or id.startswith("_") else "learner",
        "text": f"event {seq}",
        "at": 1_700_000_000_000 + seq,
        "status": "complete",
    }
    return wire.Event(**usual | keys)


def welcome(seq: int = 0, **keys: Any) -> wire.Welcome:
    """A welcome to a client without prefix; ``keys`` change it."""
    usual: dict[str, Any] = {
        "session": "s",
        "epoch": "e1",
        "seq": seq,
        "reset": True,
        "first": 1,
        "state": {},
        "rev": 0,
        "answering": None,
        "limits": wire.Limits(text=32768, unacked=64),
        "spread": 0.0,
        "server": "driver/1",
    }
    return wire.Welcome(**usual | keys)


class Driver:
    """One session, its clock, its random number. `happens` returns the effects of an event."""

    def __init__(self, *, chance: float = 0.5, bound: int = 1000) -> None:
        self.now = 1000.0
        self.chance = chance
        self.session = Session("s", "i", now=self.now, client="driver/1", bound=bound)

    # --- one event --------------------------------------------------------------------------------

    def happens(self, happened: ev.Happened, after: float = 0.0) -> list[do.Effect]:
        self.now += after
        return self.session.step(happened, self.now, self.chance)

    def receive(self, *frames: wire.ServerFrame, after: float = 0.0) -> list[do.Effect]:
        """Give the session these frames, encoded and decoded; returns the effects of all."""
        self.now += after
        effects: list[do.Effect] = []
        for frame in frames:
            decoded = wire.decode_server(wire.encode(frame))
            assert decoded is not None
            effects += self.happens(ev.Received(self.session.dial, decoded))
        return effects

    def renewed(self, outcome: Any, dial: int | None = None) -> list[do.Effect]:
        """The source of the token answered the present dial, or another."""
        return self.happens(ev.Renewed(self.session.dial if dial is None else dial, outcome))

    def heard(self, after: float = 0.0) -> list[do.Effect]:
        return self.happens(ev.Heard(self.session.dial), after)

    def tick(self, after: float = 0.0) -> list[do.Effect]:
        return self.happens(ev.Ticked(), after)

    def drop(self, ending: Ending = LOST, after: float = 0.0) -> list[do.Effect]:
        return self.happens(ev.Dropped(self.session.dial, ending), after)

    def say(self, id: str, text: str = "hello") -> list[do.Effect]:
        """Type a message that is durable at once; returns the effects."""
        effects = self.happens(ev.Typed(id, text, 0))
        return effects + self.happens(ev.Saved((id,)))

    # --- several events ---------------------------------------------------------------------------

    def start(self) -> Driver:
        self.happens(ev.Started())
        return self

    def open(self) -> wire.Hello:
        """The handshake succeeds; returns the hello."""
        (hello,) = frames(self.happens(ev.Opened(self.session.dial)))
        assert isinstance(hello, wire.Hello)
        return hello

    def live(self, *replay: wire.Event, **keys: Any) -> list[do.Effect]:
        """From dialing to connected; returns the effects of the welcome and the replay."""
        if self.session.phase is Phase.IDLE:
            self.start()
        if self.session.phase is Phase.WAITING:
            self.wait()
        hello = self.open()
        if hello.epoch is not None and "reset" not in keys:
            held = hello.after or 0
            keys = {"reset": False, "first": held + 1, "seq": held + len(replay)} | keys
        effects = self.receive(welcome(**{"seq": len(replay)} | keys), *replay)
        assert self.session.phase is Phase.LIVE
        return effects

    def wait(self) -> float:
        """Advance the clock to the next dial; returns the seconds waited."""
        at = self.session.wake_at
        assert self.session.phase is Phase.WAITING
        assert at is not None
        waited, self.now = at - self.now, max(at, self.now)
        assert any(isinstance(effect, do.Dial) for effect in self.tick())
        return waited

    def fail_dials(self, times: int, ending: Ending = LOST) -> list[float]:
        """Let that many dials end so; returns the waits after them in seconds."""
        waits = []
        for _ in range(times):
            self.drop(ending)
            waits.append(self.wait())
        return waits

    # --- state ------------------------------------------------------------------------------------

    @property
    def due(self) -> float:
        """Seconds until the session wants to be woken."""
        assert self.session.wake_at is not None
        return self.session.wake_at - self.now

    @property
    def status_of(self) -> dict[str, str]:
        return {id: message.status for id, message in self.session.outgoing.messages.items()}


def frames(effects: list[do.Effect]) -> list[wire.ClientFrame]:
    """The frames that the effects transmit."""
    return [effect.frame for effect in effects if isinstance(effect, do.Transmit)]


def sent(effects: list[do.Effect]) -> list[str]:
    """The ids of the messages that the effects transmit."""
    return [frame.id for frame in frames(effects) if isinstance(frame, wire.Send)]


def loaded(id: str, **keys: Any) -> Message:
    """A message as it is read from a journal."""
    return Message(id, "hello", 0, **keys)


def committed(effects: list[do.Effect]) -> list[str]:
    """The ids of the messages that the effects report as committed."""
    return [effect.event.id for effect in effects if isinstance(effect, do.Committed)]


def ending_id(ending: Ending) -> str:
    """The id of a test case for this ending."""
    return f"{ending.kind.value}-{ending.code}" if ending.code else ending.kind.value


def saves(effects: list[do.Effect]) -> dict[str, str | None]:
    """What is to be written to the journal: the account of each message."""
    return {e.entry.id: e.entry.account for e in effects if isinstance(e, do.Save)}


def saved(effects: list[do.Effect]) -> list[Message]:
    """The messages that the journal is given."""
    given = [effect.entry for effect in effects if isinstance(effect, do.Save)]
    return [entry for entry in given if isinstance(entry, Message)]


def shown(driver: Driver) -> dict[str, tuple[str, str]]:
    """Status and code of each message, as people see them."""
    return {id: (m.status, m.code) for id, m in driver.session.outgoing.shown.items()}


def back(
    driver: Driver, account: str | None, *replay: wire.Event, **keys: object
) -> list[do.Effect]:
    """The connection is lost, and the next welcome names this account, with another log."""
    if driver.session.phase is Phase.LIVE:
        driver.drop()
    return driver.live(*replay, account=account, reset=True, first=1, seq=len(replay), **keys)


FOREIGN = ("failed", OTHER_SIGN_IN)
