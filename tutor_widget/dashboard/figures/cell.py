"""A cell: a cohort at a step. Its families are judged at one moment, and published together. Pure.

What is published is one text, JSON, under one number: the store writes it only if the number is
still the one that it was judged against. So two dashboards never publish side by side.

What changes costs nothing until enough of it has come together: digests are made when a family may
be due, and only those of the learners who have changed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import msgspec

from .contribution import Contribution
from .ledger import ABSENT, LEAST, Ledger, Unreadable, Value

__all__ = ["Cell"]

_VERSION: Final = 1
_NAMED: Final = ("wrong ", "error ")
"""Kinds of families whose names hold words of learners: a digest stands for them."""


class _Family:
    """What the learners of a cell contribute to one family now."""

    __slots__ = ("current", "different", "digests", "sums", "unjudged")

    def __init__(self) -> None:
        self.current: dict[str, tuple[int, ...]] = {}
        self.sums: list[int] = []
        self.unjudged: set[str] = set()
        """Learners whose contribution has changed since the family was judged."""
        self.digests: dict[str, str] = {}
        """By digest of the learner, those of the contributions when it was judged …"""
        self.different: set[str] = set()
        """… and the learners whose contribution differed from the published one."""

    def set(self, learner: str, given: tuple[int, ...] | None) -> None:
        """The learner contributes this now."""
        before = self.current.pop(learner, None)
        if given is not None:
            self.current[learner] = given
        if given != before:
            self._add(before or (), -1)
            self._add(given or (), 1)
            self.unjudged.add(learner)

    def _add(self, given: tuple[int, ...], sign: int) -> None:
        self.sums += [0] * (len(given) - len(self.sums))
        for place, number in enumerate(given):
            self.sums[place] += sign * number

    @property
    def value(self) -> Value:
        return (len(self.current), *self.sums)


class Cell:
    """``name`` is what it is known by in the store; ``secret`` is the store's."""

    def __init__(self, name: str, secret: bytes) -> None:
        self.name = name
        self.number = 0
        """Of the publication that stands; 0 for none."""
        self.is_full = False
        """Whether a figure of it has changed too often to be published anew."""
        self._key = hashlib.blake2b(name.encode(), key=secret, person=b"figures").digest()
        self._families: dict[str, _Family] = {}
        """By name as it is stored."""
        self._ledgers: dict[str, Ledger] = {}
        self._stored: dict[str, str] = {}
        """By the family's own name, the one that is stored."""
        self._contributions: dict[str, Contribution] = {}
        self._ids: dict[str, str] = {}
        self._data = ""
        self._is_readable = True

    # --- what learners contribute -----------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether no learner contributes to it."""
        return not self._contributions

    def set(self, learner: str, given: Contribution) -> None:
        """The learner contributes this now, and nothing else."""
        before = self._contributions.pop(learner, {})
        if given:
            self._contributions[learner] = given
        for family in before.keys() - given.keys():
            self._family(family).set(learner, None)
        for family, numbers in given.items():
            self._family(family).set(learner, numbers)

    def _family(self, name: str) -> _Family:
        stored = self._stored.get(name)
        if stored is None:
            stored = self._stored[name] = self._stored_name(name)
        return self._families.setdefault(stored, _Family())

    def _stored_name(self, name: str) -> str:
        kind = next((kind for kind in _NAMED if name.startswith(kind)), None)
        return name if kind is None else kind + self._hash(12, name)

    # --- what is shown ----------------------------------------------------------------------------

    def shown(self, name: str) -> Value | None:
        """The published value of a family; None if none is shown."""
        ledger = self._ledgers.get(self._stored.get(name, name))
        return ledger.shown if ledger else None

    def shown_names(self, kind: str) -> Iterator[tuple[str, Value]]:
        """What stands behind ``kind`` in the names of such families, and their published values.

        Names stand in no publication. Those that are known are told by the conversations.
        """
        for name in self._stored:
            if name.startswith(kind) and (value := self.shown(name)) is not None:
                yield name.removeprefix(kind), value

    # --- what is published ------------------------------------------------------------------------

    def stands(self, number: int, data: str) -> None:
        """This publication stands in the store. One that cannot be read is of another version: then
        the cell shows nothing, and publishes nothing."""
        self.number, self._data = number, data
        try:
            self._ledgers, self._is_readable = _read(data), True
        except Unreadable:
            self._ledgers, self._is_readable = {}, False
        for name in self._ledgers:
            self._families.setdefault(name, _Family())
        for name, family in self._families.items():
            standing = self._ledgers[name].standing if name in self._ledgers else {}
            family.different = {id_ for id_, _ in standing.items() ^ family.digests.items()}

    def next(self) -> str | None:
        """What is to be published in place of what stands, or None. What is shown stays."""
        due = [name for name, family in self._families.items() if self._is_due(name, family)]
        if not due or not self._is_readable:
            return None
        ledgers = _read(self._data)
        found = [self._publish(name, ledgers.setdefault(name, Ledger())) for name in due]
        return _kept(ledgers) if any(found) else None

    def _publish(self, name: str, ledger: Ledger) -> bool:
        family = self._families[name]
        is_new = ledger.next(family.digests, family.different, family.value)
        self.is_full |= ledger.is_full
        return is_new

    def _is_due(self, name: str, family: _Family) -> bool:
        ledger = self._ledgers.get(name, _NOTHING)
        if ledger.shown is None and len(family.current) < LEAST:
            return False
        self._judge(name, family, ledger)
        return ledger.is_due(len(family.current), len(family.different))

    def _judge(self, name: str, family: _Family, ledger: Ledger) -> None:
        for learner in family.unjudged:
            id_, given = self._id(learner), family.current.get(learner)
            digest = ABSENT if given is None else self._hash(3, name, learner, *map(str, given))
            if digest == ABSENT:
                family.digests.pop(id_, None)
            else:
                family.digests[id_] = digest
            note = set.add if ledger.differs(id_, digest) else set.discard
            note(family.different, id_)
        family.unjudged.clear()

    def _id(self, learner: str) -> str:
        if (id_ := self._ids.get(learner)) is None:
            id_ = self._ids[learner] = self._hash(6, learner)
        return id_

    def _hash(self, size: int, *parts: str) -> str:
        """A keyed digest of so many bytes, a multiple of 3."""
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        made = hashlib.blake2b(text, key=self._key, digest_size=size).digest()
        return base64.urlsafe_b64encode(made).decode()


_NOTHING: Final = Ledger()
_encode: Final = partial(msgspec.json.encode, order="deterministic")


def _kept(ledgers: dict[str, Ledger]) -> str:
    families = {name: ledger.kept() for name, ledger in ledgers.items()}
    return _encode({"version": _VERSION, "families": families}).decode()


def _read(data: str) -> dict[str, Ledger]:
    """The ledgers by name. Raises Unreadable."""
    if not data:
        return {}
    try:
        found: Any = msgspec.json.decode(data)
    except msgspec.DecodeError:
        raise Unreadable("no JSON") from None
    match found:
        case {"version": int(version), "families": dict(families)} if version == _VERSION:
            return {name: Ledger.read(kept) for name, kept in families.items()}
    raise Unreadable("another version")
