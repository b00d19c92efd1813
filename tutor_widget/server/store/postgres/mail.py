"""Letters between nodes: what one tells another, in payloads of notifications.

A payload has fewer than 8,000 bytes, so a letter (a JSON array of all that is told at one time) is
cut. Its parts are sent in one transaction. PostgreSQL delivers these in their order, and no other's
between them. Each part bears its place, because two equal payloads would be delivered as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from msgspec import Struct

from tutor_widget.server.store.peers import Piece, Wanted
from tutor_widget.server.store.records import SessionKey
from tutor_widget.wire import Delta

__all__ = ["MOST_NOTIFIED", "Inbox", "Letter", "Outbox"]

Letter = list[Piece | Wanted]
MOST_NOTIFIED: Final = 7_900
"""Bytes of a notification; PostgreSQL takes fewer than 8,000."""
_PLACE: Final = 32
"""Bytes for the place of a part."""
_MOST_WAITING: Final = 1 << 22
"""Code points that wait to be sent. What is more is lost, and asked for where it is missed."""
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Letter)


class Outbox:
    """What waits to be told, by the node that is to have it."""

    def __init__(self) -> None:
        self._letters: dict[str, Letter] = {}
        self._size = 0

    def put(self, node: str, message: Piece | Wanted) -> None:
        if isinstance(message, Piece) and isinstance(message.frame, Delta):
            self._size += len(message.frame.text)
        if self._size > _MOST_WAITING:
            self.clear()
        else:
            self._letters.setdefault(node, []).append(message)

    def clear(self) -> None:
        self._letters, self._size = {}, 0

    def take(self) -> list[tuple[str, str]]:
        """All that waits, as nodes and payloads, in the order in which they are to be sent."""
        letters = self._letters
        self.clear()
        return [
            (node, part)
            for node, letter in letters.items()
            for part in _parts(_encoder.encode(_coalesced(letter)))
        ]


class Inbox:
    """Puts the parts of letters together again."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def take(self, payload: str) -> Letter:
        """The letter that this part completes. Empty if it completes none, or none known here."""
        place, _, part = payload.partition(" ")
        number, _, count = place.partition("/")
        if number == "1":
            self._parts = []
        elif number != str(len(self._parts) + 1):  # those before it were lost
            return []
        self._parts.append(part)
        if number != count:
            return []
        parts, self._parts = self._parts, []
        try:
            return _decoder.decode("".join(parts))
        except ValueError:  # of a newer version
            return []


class _Run(Struct):
    """Messages that are told as one: a delta, and the deltas that continue it."""

    first: Piece | Wanted
    texts: list[str]
    end: int

    @classmethod
    def of(cls, message: Piece | Wanted) -> _Run:
        if isinstance(message, Piece) and isinstance(message.frame, Delta):
            delta = message.frame
            return cls(message, [delta.text], delta.from_ + len(delta.text))
        return cls(message, [], 0)

    def extend(self, message: Piece | Wanted) -> bool:
        """Add the message if it continues this one."""
        mine = self.first
        if not isinstance(mine, Piece) or not isinstance(message, Piece):
            return False
        one, next_ = mine.frame, message.frame
        if not isinstance(one, Delta) or not isinstance(next_, Delta):
            return False
        if (mine.fence, one.id, self.end) != (message.fence, next_.id, next_.from_):
            return False
        self.texts.append(next_.text)
        self.end += len(next_.text)
        return True

    def message(self) -> Piece | Wanted:
        if len(self.texts) < 2 or not isinstance(self.first, Piece):
            return self.first
        whole = msgspec.structs.replace(self.first.frame, text="".join(self.texts))
        return msgspec.structs.replace(self.first, frame=whole)


def _coalesced(letter: Iterable[Piece | Wanted]) -> Letter:
    """The letter with one delta where several join. Sessions may change their places."""
    runs: list[_Run] = []
    last: dict[SessionKey, _Run] = {}
    for message in letter:
        if message.key not in last or not last[message.key].extend(message):
            last[message.key] = _Run.of(message)
            runs.append(last[message.key])
    return [run.message() for run in runs]


def _parts(data: bytes) -> Iterator[str]:
    ends = [*_ends(data)]
    begins = [0, *ends]
    for number, (begin, end) in enumerate(zip(begins, ends, strict=False), 1):
        yield f"{number}/{len(ends)} {data[begin:end].decode()}"


def _ends(data: bytes) -> Iterator[int]:
    """Where the parts of UTF-8 end, none in the middle of a character."""
    end = 0
    while end < len(data):
        end = min(end + MOST_NOTIFIED - _PLACE, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        yield end
