"""What a text says once its disguise is taken off: base64, hex, codes of characters, ROT13. Pure.

Each reading is of bounded size and number. What is decoded may be disguised once more.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import unquote

__all__ = ["decoded", "mirrored", "singles", "spelt"]

_DEPTH: Final = 2
_MOST_TOKENS: Final = 40
_BASE64: Final = re.compile(r"(?<![\w+/])[A-Za-z0-9+/_-]{2,600}={0,2}(?![\w+/=])")
_HEX: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[\s,:;-]{0,2}){1,300}(?![0-9A-Za-z])"
)
_HEX_SIGNS: Final = re.compile(r"0x|\\x|[\s,:;-]")
_CODES: Final = re.compile(r"(?<!\d)(?:\d{2,3}[^\w\n]{1,6}(?:chr\()?){1,60}\d{2,3}(?!\d)")
_CODE: Final = re.compile(r"\d{2,3}")
_BITS: Final = re.compile(r"(?<!\d)(?:[01]{7,8}[\s,]{0,2}){1,80}(?!\d)")
_CHR: Final = re.compile(r"chr\((\d{2,3})\)")
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\U([0-9A-Fa-f]{8})")
_TOPMOST: Final = 0x10FFFF
_WORD: Final = re.compile(r"\w+")
_SINGLE: Final = re.compile(r"(?<![^\W_])[^\W_](?![^\W_])")
_SPELT: Final = re.compile(
    r"(?<![^\W_])[^\W_](?:(?:[\s,;:.·•|/\\*_~`'\"+→>–—-]{1,6}|\Z)[^\W_](?![^\W_])){1,60}"
)


def decoded(text: str, depth: int = _DEPTH) -> Iterator[str]:
    """What is hidden in the text by a code; the code's own text is not among it."""
    if not depth:
        return
    for found in dict.fromkeys(islice(_codes(text), _MOST_TOKENS)):
        if found != text:
            yield found
            yield from decoded(found, depth - 1)


def mirrored(text: str) -> Iterator[str]:
    """The text in ROT13, backwards, and with each of its words backwards."""
    yield codecs.encode(text, "rot13")
    yield text[::-1]
    yield _WORD.sub(lambda match: match[0][::-1], text)


def spelt(text: str) -> Iterator[str]:
    """What single letters or digits side by side make up: "b-r-e-a-k", "b, r, e, a, k"."""
    for match in islice(_SPELT.finditer(text), _MOST_TOKENS):
        yield "".join(char for char in match[0] if char.isalnum())


def singles(text: str) -> list[str]:
    """The letters and digits that stand alone, in order: those of "B as in Bravo, R as in …"."""
    return _SINGLE.findall(text)


def _codes(text: str) -> Iterator[str]:
    yield from _escapes(text)
    for match in _HEX.finditer(text):
        yield from _text_of(_unhex(match[0]))
    for match in _BASE64.finditer(text):
        # A word of letters only is mostly a word, and may be anything in UTF-8 by chance.
        yield from (
            t for t in _text_of(_unbase64(match[0])) if t.isascii() or not match[0].isalpha()
        )
    for match in _BITS.finditer(text):
        yield from _text_of(bytes(int(bits, 2) for bits in re.findall(r"[01]{7,8}", match[0])))
    for match in _CODES.finditer(text):
        codes = [int(code) for code in _CODE.findall(match[0])]
        if all(32 <= code < 127 for code in codes):
            yield "".join(map(chr, codes))
    if found := _CHR.findall(text):
        yield "".join(chr(int(code)) for code in found)


def _escapes(text: str) -> Iterator[str]:
    """Words with escapes in them, without."""
    words = (word for word in text.split() if "%" in word or "\\" in word)
    for word in islice(words, _MOST_TOKENS):
        yield unquote(word, errors="replace")
        yield _ESCAPE.sub(_char, word)
    if "\\" in text:
        yield _ESCAPE.sub(_char, text)


def _char(match: re.Match[str]) -> str:
    code = int(match[1] or match[2] or match[3], 16)
    return chr(code) if code <= _TOPMOST and not 0xD800 <= code < 0xE000 else " "


def _unhex(text: str) -> bytes:
    is_marked = "0x" in text or "\\x" in text
    digits = _HEX_SIGNS.sub("", text)
    # One byte alone is a number, as it is mostly meant.
    return bytes.fromhex(digits) if len(digits) > 2 or is_marked else b""


def _unbase64(text: str) -> bytes:
    core = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(core + "=" * (-len(core) % 4))
    except (binascii.Error, ValueError):
        return b""


def _text_of(data: bytes) -> Iterator[str]:
    """The text that the bytes are, if people can read it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    if text.strip() and all(char.isprintable() or char in "\n\t\r" for char in text):
        yield text
