"""Whole numbers below ten thousand, written out in each language as its schools teach it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["SPELT"]

_ENGLISH: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_ENGLISH_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_GERMAN: Final = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
    "fünfzehn sechzehn siebzehn achtzehn neunzehn"
).split()
_GERMAN_TENS: Final = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
_FRENCH: Final = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
    "dix-sept dix-huit dix-neuf"
).split()
_FRENCH_TENS: Final = "vingt trente quarante cinquante soixante".split()
_SPANISH: Final = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro "
    "veinticinco veintiséis veintisiete veintiocho veintinueve"
).split()
_SPANISH_TENS: Final = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_SPANISH_HUNDREDS: Final = (
    "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos "
    "novecientos"
).split()
_CHINESE: Final = "零一二三四五六七八九"


def _english(n: int) -> str:
    if n < 20:
        return _ENGLISH[n]
    if n < 100:
        return _ENGLISH_TENS[n // 10 - 2] + (f"-{_ENGLISH[n % 10]}" if n % 10 else "")
    unit, name = (100, "hundred") if n < 1000 else (1000, "thousand")
    many, rest = divmod(n, unit)
    joint = " and " if rest < 100 else " "
    return f"{_english(many)} {name}" + (joint + _english(rest) if rest else "")


def _german(n: int) -> str:
    if n < 20:
        return _GERMAN[n]
    if n < 100:
        tens, unit = divmod(n, 10)
        one = "ein" if unit == 1 else _GERMAN[unit]
        return (f"{one}und" if unit else "") + _GERMAN_TENS[tens - 2]
    unit, name = (100, "hundert") if n < 1000 else (1000, "tausend")
    many, rest = divmod(n, unit)
    count = "ein" if many == 1 else _german(many)
    return count + name + (_german(rest) if rest else "")


def _french(n: int) -> str:
    if n < 20:
        return _FRENCH[n]
    if n < 100:
        tens, unit = (n // 20 * 2, n % 20) if n >= 60 else divmod(n, 10)
        if tens == 8:
            return f"quatre-vingt-{_FRENCH[unit]}" if unit else "quatre-vingts"
        joint = " et " if unit in (1, 11) else "-"
        return _FRENCH_TENS[tens - 2] + (joint + _FRENCH[unit] if unit else "")
    unit, name = (100, "cent") if n < 1000 else (1000, "mille")
    many, rest = divmod(n, unit)
    plural = "s" if name == "cent" and many > 1 and not rest else ""
    count = "" if many == 1 else f"{_french(many)} "
    return count + name + plural + (f" {_french(rest)}" if rest else "")


def _spanish(n: int) -> str:
    if n < 30:
        return _SPANISH[n]
    if n < 100:
        return _SPANISH_TENS[n // 10 - 3] + (f" y {_SPANISH[n % 10]}" if n % 10 else "")
    if n == 100:
        return "cien"
    many, rest = divmod(n, 100 if n < 1000 else 1000)
    more = f" {_spanish(rest)}" if rest else ""
    if n < 1000:
        return _SPANISH_HUNDREDS[many - 1] + more
    return ("mil" if many == 1 else f"{_spanish(many)} mil") + more


def _chinese(n: int, *, is_inner: bool = False) -> str:
    if n < 10:
        return _CHINESE[n]
    power, name = next((p, c) for p, c in ((1000, "千"), (100, "百"), (10, "十")) if n >= p)
    many, rest = divmod(n, power)
    count = "" if n < 20 and not is_inner else _CHINESE[many]
    gap = "零" if 0 < rest < power // 10 else ""
    return count + name + gap + (_chinese(rest, is_inner=True) if rest else "")


SPELT: Final[dict[str, Callable[[int], str]]] = {
    "en": _english, "de": _german, "fr": _french, "es": _spanish, "zh": _chinese,
}  # fmt: skip
"""By language: writes a number below 10,000 out."""
