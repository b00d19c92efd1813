"""An answer in other forms, as somebody writes them who wants to get it past a filter.

Nothing here knows the guard: the forms are made from what the encodings are.
"""

from __future__ import annotations

import base64
import codecs
from typing import Final

_BOLD: Final = {ord("a") + n: chr(0x1D41A + n) for n in range(26)} | {
    ord("A") + n: chr(0x1D400 + n) for n in range(26)
}
_WIDE: Final = {n: chr(n + 0xFEE0) for n in range(0x21, 0x7F)}
_NAMES: Final = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar "
    "Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu"
).split()


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def hexed(text: str) -> str:
    return text.encode().hex()


def hex_apart(text: str) -> str:
    return text.encode().hex(" ")


def rot13(text: str) -> str:
    return codecs.encode(text, "rot13")


def backwards(text: str) -> str:
    return text[::-1]


def spelt(text: str, mark: str) -> str:
    return mark.join(char for char in text if not char.isspace())


def as_in(text: str) -> str:
    """ "B as in Bravo, …"; digits and signs are said as they are."""
    names = {name[0]: name for name in _NAMES}
    chars = (char.upper() for char in text if not char.isspace())
    return ", ".join(f"{c} as in {names[c]}" if c in names else c for c in chars)


def between(text: str, char: str) -> str:
    """With a character that nobody sees after each one."""
    return char.join(text)


def bold(text: str) -> str:
    return text.translate(_BOLD)


def wide(text: str) -> str:
    return text.translate(_WIDE)


def entities(text: str) -> str:
    return "".join(f"&#{ord(char)};" for char in text)


def percents(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def codes(text: str) -> str:
    return ", ".join(str(ord(char)) for char in text)


def escapes(text: str) -> str:
    return "".join(f"\\u{ord(char):04x}" for char in text)


def bits(text: str) -> str:
    return " ".join(f"{byte:08b}" for byte in text.encode())


def marked(text: str) -> str:
    """With emphasis in the middle of it."""
    half = max(1, len(text) // 2)
    return f"{text[:half]}**{text[half:]}**"


def halves(text: str) -> tuple[str, str]:
    half = max(1, len(text) // 2)
    return text[:half], text[half:]
