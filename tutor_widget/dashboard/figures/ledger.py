"""When the figures of a family may be published anew. Pure.

A ledger holds what was published of one family, and of whom: for each published value, whose
contributions differed from the value before, as digests. So the next value can be compared with all
of them. Digests are short. Two contributions with one digest count as the same, which is the safe
side: less is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

__all__ = ["ABSENT", "LEAST", "Ledger", "Unreadable"]

LEAST: Final = 5
"""Learners of whom a figure is at least, and by whom two values of it differ at least."""
ABSENT: Final = ""
"""The digest of a learner who contributes nothing."""
_SHARE: Final = 20
"""Of a large family a twentieth must differ, so that not every fifth answer of thousands of
learners is written."""
_MOST: Final = 20_000
"""Contributions that a ledger holds. A full one publishes no further value."""
_ID: Final = 8
_DIGEST: Final = 4
"""Characters of a learner's digest, and of that of a contribution."""
_GONE: Final = "." * _DIGEST
"""Stands for `ABSENT`."""

Value = tuple[int, ...]
"""How many learners contribute, and the sums of what they contribute."""


class Unreadable(ValueError):
    """What was stored is no ledger: another version has written it."""


class Ledger:
    """What was published of one family. ``shown`` is its value now, None if it is hidden."""

    def __init__(self) -> None:
        self.shown: Value | None = None
        self.is_full = False
        """Whether a value was not published because no more changes are kept."""
        self.standing: dict[str, str] = {}
        """By learner, the digests of the contributions in the value that was published last."""
        self._log: list[dict[str, tuple[str, str]]] = []
        """For each published value, what differed from the one before: the digests before and
        after, by learner."""
        self._size = 0

    def differs(self, learner: str, digest: str) -> bool:
        """Whether the learner's contribution is another one than in the value published last."""
        return self.standing.get(learner, ABSENT) != digest

    def is_due(self, count: int, different: int) -> bool:
        """Whether `next` may have something to say. This costs nothing.

        ``count``: learners who contribute; ``different``: those whose contribution differs.
        """
        if self.shown is None:
            return count >= LEAST
        return different >= max(LEAST, count // _SHARE)

    def next(self, current: Mapping[str, str], different: Iterable[str], value: Value) -> bool:
        """Publish ``value`` in this ledger, or hide what is shown, if that may be. Whether it was.

        ``current``: by learner, the digests of all contributions; ``different``: the learners whose
        contribution `differs`.
        """
        changed = {id_: current.get(id_, ABSENT) for id_ in different}
        if not self.is_due(len(current), len(changed)):
            return False
        if len(current) < LEAST:
            self.shown = None
            return True
        self.is_full = self._size + len(changed) > _MOST
        if self.is_full or not self._is_apart(current, changed):
            return False
        if changed:
            self._append(changed)
        self.shown = value
        return True

    def _is_apart(self, current: Mapping[str, str], changed: Iterable[str]) -> bool:
        """Whether it differs from each published value by none or by at least `LEAST`."""
        return all(n == 0 or n >= LEAST for n in self._differences(current, changed))

    def _differences(self, current: Mapping[str, str], changed: Iterable[str]) -> Iterator[int]:
        """By how many learners it differs from each published value, the last one first."""
        if not self._log:
            return
        apart = set(changed)
        yield len(apart)
        for differed in reversed(self._log[1:]):
            for learner, (before, _) in differed.items():
                if current.get(learner, ABSENT) == before:
                    apart.discard(learner)
                else:
                    apart.add(learner)
            yield len(apart)

    def _append(self, changed: Mapping[str, str]) -> None:
        before = self.standing
        self._log.append({id_: (before.get(id_, ABSENT), now) for id_, now in changed.items()})
        self._size += len(changed)
        for id_, now in changed.items():
            if now == ABSENT:
                before.pop(id_, None)
            else:
                before[id_] = now

    # --- as it is stored --------------------------------------------------------------------------

    def kept(self) -> dict[str, Any]:
        """The ledger as JSON, for `read`. It holds digests and sums, no names and no words."""
        logged = ("".join(id_ + (now or _GONE) for id_, (_, now) in e.items()) for e in self._log)
        return {"shown": self.shown and list(self.shown), "log": list(logged)}

    @classmethod
    def read(cls, kept: object) -> Ledger:
        """The ledger that was `kept`. Raises Unreadable."""
        match kept:
            case {"shown": None | list() as shown, "log": list(log)}:
                ledger = cls()
            case _:
                raise Unreadable("no ledger")
        for entry in log:
            ledger._append(dict(_changes(entry)))
        ledger.shown = None if shown is None else _value(shown)
        return ledger


def _changes(entry: object) -> Iterator[tuple[str, str]]:
    size = _ID + _DIGEST
    if not isinstance(entry, str) or len(entry) % size:
        raise Unreadable("no entry of a ledger")
    for start in range(0, len(entry), size):
        now = entry[start + _ID : start + size]
        yield entry[start : start + _ID], ABSENT if now == _GONE else now


def _value(shown: list[object]) -> Value:
    if not shown or not all(type(number) is int and number >= 0 for number in shown):
        raise Unreadable("no value")
    return tuple(number for number in shown if isinstance(number, int))
