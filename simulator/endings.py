"""The table of protocol section 6, written a second time, and which of its rows were met.

`Coverage.ended` says which phases may follow an ending. `Coverage` counts the rows, and the pairs
of phase and event, that a run has met. `missing` names those that it has not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tutor_widget.session import Ending, Kind, Phase
from tutor_widget.session import events as ev
from tutor_widget.session.machine import ANYWHERE, TRANSITIONS

RETRIED: Final = (1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015, 4408)
BUSY: Final = (408, 425, 429, 500, 503)
POISONOUS: Final = (1002, 1003, 1007, 1008, 1009, 1011)
REFUSED: Final = (4403, 4404, 4409, 4410)
MISDIRECTED: Final = (
    Ending(Kind.HTTP, 200),
    Ending(Kind.HTTP, 302),
    Ending(Kind.HTTP, 403),
    Ending(Kind.HTTP, 404),
    Ending(Kind.CLOSED, 1002),
    Ending(Kind.CLOSED, 1003),
    Ending(Kind.CLOSED, 1007),
    Ending(Kind.CLOSED, 1008),
    Ending(Kind.CLOSED, 1010),
    Ending(Kind.CLOSED, 3000),
    Ending(Kind.CLOSED, 4000),
    Ending(Kind.BROKEN, 1002),
    Ending(Kind.NO_SUBPROTOCOL),
    Ending(Kind.CERTIFICATE, detail="self-signed"),
)
BEFORE_OPENING: Final = (
    *(Ending(Kind.HTTP, code) for code in BUSY),
    *(Ending(Kind.HTTP, code, retry_after=after) for code in (429, 503) for after in (3.0, 40.0)),
    Ending(Kind.HTTP, 401),
    Ending(Kind.LOST),
    Ending(Kind.UNRESOLVED),
    Ending(Kind.MALFORMED, detail="no address"),
    Ending(Kind.TOKEN, detail="no token"),
)
JOURNALS: Final = (
    "rewritten",
    "killed while it is rewritten",
    "adopted though its owner lives",
    "of an equal process id on another machine",
    "adopted by two who start together",
)
"""What must happen to journals somewhere."""
NEVER: Final[dict[tuple[Phase, type], str]] = {
    **{
        (phase, event): "a process of the simulation has one client"
        for phase in Phase
        for event in (ev.Inherited, ev.HandedOver)
    },
    **{
        (phase, ev.AccountRecalled): "a process of the simulation recalls it before all else"
        for phase in Phase
        if phase is not Phase.IDLE
    },
}


def name_of(ending: Ending) -> str:
    """The name of its row here."""
    return f"{ending.kind.value} {ending.code}".removesuffix(" 0")


def is_misdirected(ending: Ending) -> bool:
    """Whether its row is that of wrong addresses, whatever its detail."""
    return name_of(ending) in map(name_of, MISDIRECTED)


def rows() -> Iterator[str]:
    """Every row of the table, once for each way in which it can be met."""
    yield "closed by the client itself"
    for code in (*RETRIED, 4401, 4429, *REFUSED):
        yield f"closed {code}"
    for code in (*BUSY, 401):
        yield f"http {code}"
    for kind in (Kind.LOST, Kind.UNRESOLVED, Kind.MALFORMED, Kind.TOKEN):
        yield kind.value
    yield from ("given up after silence", "given up while opening", "given up unacknowledged")
    yield from ("after a bye", "Retry-After")
    for ending in MISDIRECTED:
        yield f"{name_of(ending)}, before a welcome"
        yield f"{name_of(ending)}, after a welcome"
    for outcome in ("new", "none", "unreachable", "rubbish"):
        yield f"token {outcome}"
    yield "token refused twice"
    for code in POISONOUS:
        yield f"poison {code}: suspected"
        yield f"poison {code}: set aside"
    yield from ("poison without a frame: set aside", "set aside, but delivered")
    for nudge in ev.Nudge:
        yield f"nudge {nudge.name.lower()}: tries at once"
        yield f"nudge {nudge.name.lower()}: no sooner than asked"
    yield from ("a hole: the whole log is fetched", "known number, another id: the same")
    yield from ("the button leaves failed", "another nudge leaves failed alone")


def pairs() -> Iterator[tuple[Phase, type]]:
    """Every phase and event that the tables of the machine know."""
    for phase, transitions in TRANSITIONS.items():
        for event in {**transitions, **ANYWHERE}:
            if (phase, event) not in NEVER:
                yield phase, event


class Coverage:
    """What was met, how often."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.journals: Counter[str] = Counter()
        self.pairs: Counter[tuple[Phase, type]] = Counter()

    def add(self, other: Coverage) -> None:
        """What another run met counts, too."""
        self.rows.update(other.rows)
        self.journals.update(other.journals)
        self.pairs.update(other.pairs)

    def missing(self) -> list[str]:
        """What was never met."""
        missing = [f"row: {row}" for row in rows() if not self.rows[row]]
        missing += [f"journal: {what}" for what in JOURNALS if not self.journals[what]]
        return missing + [
            f"transition: {event.__name__} while {phase.name}"
            for phase, event in pairs()
            if not self.pairs[phase, event]
        ]

    def ended(self, ending: Ending, *, welcomed: bool, blamed: bool, proven: bool) -> set[Phase]:
        """Count the row that an ending falls under; the phases that may follow it.

        ``welcomed``: this session was ever welcomed. ``blamed``: messages were under
        way that may have caused it. ``proven``: no fresh token was refused.
        """
        name = name_of(ending)
        if is_misdirected(ending):
            self.rows[f"{name}, {'after' if welcomed else 'before'} a welcome"] += 1
            return {Phase.WAITING} if welcomed or blamed else {Phase.FAILED}
        self.rows[name] += 1
        if ending.kind is Kind.CLOSED and ending.code in REFUSED:
            return {Phase.FAILED}
        if ending.kind in (Kind.MALFORMED, Kind.TOKEN):
            return {Phase.FAILED}
        if (ending.kind, ending.code) in ((Kind.CLOSED, 4401), (Kind.HTTP, 401)):
            return {Phase.RENEWING} if proven else {Phase.RENEWING, Phase.FAILED}
        return {Phase.WAITING}
