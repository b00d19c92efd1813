"""The grammar of numbers in words, one for every language.

Multiples of the powers of ten, the largest first; then tens, with units on either side; then a
decimal point or a fraction: "one hundred and five", "fünfundzwanzig", "soixante et onze",
"three and a half", "三又四分之一".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

__all__ = ["Atom", "read"]

_DECADES: Final = range(20, 100, 10)
_HUNDREDS: Final = range(200, 1000, 100)
_HALF: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Atom:
    """A word of a number. ``kind`` is the key of its table (`phrases`), or ``digits``."""

    kind: str
    value: Fraction
    start: int = 0
    end: int = 0


Atoms = Sequence[Atom]
Powers = tuple[int, ...]


def read(atoms: Atoms, powers: Powers) -> Fraction | None:
    """The number that all of the atoms are, or None.

    ``powers``: the powers of ten that the language multiplies by, the largest first.
    """
    kinds = [atom.kind for atom in atoms]
    for kind, form in (("points", _decimal), ("over", _quotient), ("parts", _with_part)):
        if kind in kinds:
            at = kinds.index(kind)
            return form(atoms[:at], atoms[at:], powers)
    return _whole(atoms, powers)


def _decimal(whole: Atoms, rest: Atoms, powers: Powers) -> Fraction | None:
    """Read "three point two five", and "drei Komma fünfundzwanzig"."""
    number, behind = _whole(whole, powers), rest[1:]
    is_spelt = all(atom.kind == "words" and atom.value < 10 for atom in behind)
    digits = "".join(str(a.value) for a in behind) if is_spelt else str(_whole(behind, powers))
    return number + Fraction(f"0.{digits}") if number is not None and digits.isdecimal() else None


def _quotient(before: Atoms, rest: Atoms, powers: Powers) -> Fraction | None:
    """Read 四分之三, whose denominator stands first, and 三又四分之一 with a whole number."""
    whole, under = _parted(before)
    values = [_whole(part, powers) if part else Fraction(0) for part in (whole, under, rest[1:])]
    match values:
        case [Fraction() as number, Fraction() as denominator, Fraction() as numerator]:
            return number + numerator / denominator if denominator else None
    return None


def _with_part(before: Atoms, rest: Atoms, powers: Powers) -> Fraction | None:
    """Read "half", "three quarters", "three and a half" and "dreieinhalb"."""
    whole, count = _parted(before)
    if len(count) == 2 and count[1].value == 1:
        whole, count = count[:1], count[1:]
    number = _whole(whole, powers) if whole else Fraction(0)
    numerator = _whole(count, powers) if count else Fraction(1)
    if number is None or numerator is None or len(rest) > 1:
        return None
    part = rest[0].value
    return number + numerator * part if count or part == _HALF else None  # "third" is a place


def _parted(atoms: Atoms) -> tuple[Atoms, Atoms]:
    """The atoms before and behind the last joint; all behind if there is none."""
    at = max((n for n, atom in enumerate(atoms) if atom.kind == "joints"), default=-1)
    return atoms[: max(at, 0)], atoms[at + 1 :]


def _whole(atoms: Atoms, powers: Powers) -> Fraction | None:
    """A number without a fraction, but for that of digits: "1.5 million"."""
    for power in powers:
        for at, atom in enumerate(atoms):
            if atom.kind == "words" and atom.value == power:
                return _multiple(power, atoms[:at], atoms[at + 1 :], powers)
    match [(atom.kind, atom.value) for atom in atoms]:
        case [("words" | "digits" | "articles", value)]:
            return value
        case [("words", hundreds), _, *_] if hundreds in _HUNDREDS:
            rest = _whole(atoms[1:], powers)
            return hundreds + rest if rest is not None and rest < 100 else None
        case [("words", one), ("words", other)] if _fit(one, other):
            return one + other
        case [("words", one), ("joints", _), ("words", other)]:
            return one + other if _fit(one, other) or _fit(other, one) else None
    return None


def _fit(tens: Fraction, units: Fraction) -> bool:
    """Whether they make one number. French counts to nineteen above sixty and eighty."""
    return tens in _DECADES and 0 < units < (20 if tens in (60, 80) else 10)


def _multiple(power: int, before: Atoms, behind: Atoms, powers: Powers) -> Fraction | None:
    """So many times the power, and what stands behind it."""
    is_joined = len(behind) > 1 and (behind[0].kind == "joints" or behind[0].value == 0)
    count = _whole(before, powers) if before else Fraction(1)
    rest = _whole(behind[is_joined:], powers) if behind else Fraction(0)
    if count is None or rest is None or not 0 < count < power or rest >= power:
        return None
    if len(behind) == 1 and 10 in powers and power > 10:
        rest *= power // 10  # 一百五 is 150, and 一百零五 is 105
    return count * power + rest
