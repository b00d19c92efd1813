"""Messages of the largest size allowed, in the shapes that a reader of text may be slow on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

LARGEST: Final = 32_768
"""Bytes of UTF-8 that a message may have."""
PIECES: Final = {
    "letters": "x",
    "words": "word ",
    "backticks": "`",
    "fences": "```\n",
    "spaces": " ",
    "letters apart": "x ",
    "new lines": "\n",
    "commas": ",",
    "thousands": "1,",
    "please": "please ",
    "I think": "i think it is ",
    "because": "8 because ",
    "digits": "9",
    "decimals": "1.",
    "fractions": "1/",
    "signs": "-",
    "brackets": "[",
    "pairs of brackets": "[]",
    "parentheses": "(",
    "braces": "{",
    "quotes": "'",
    "curly quotes": "“",
    "stars": "*",
    "not": "not ",
    "powers": "9**",
    "comparisons": "1<",
    "calls": "f(",
    "lambdas": "lambda:",
    "indentation": "if x:\n ",
    "prompts": ">>> ",
    "question marks": "?",
    "tracebacks": "Traceback (most recent call last):\n",
    "errors": "Error: ",
    "error names": "KeyError",
    "colours": "\x1b[31m",
    "zero-width": "\u200b",
    "combining": "e\u0301\u0323",
    "ligatures": "\ufdfa",
    "emoji": "🙂",
    "lessons": "lesson 1 ",
    "hint": "hint ",
}
"""What each shape repeats."""


def messages(size: int = LARGEST) -> Iterator[tuple[str, str]]:
    """Each shape's name and message of at most ``size`` bytes: as it is, and between letters."""
    for name, piece in PIECES.items():
        text = piece * ((size - 2) // len(piece.encode()))
        if text.strip():
            yield name, text
        yield f"{name} between letters", f"a{text}a"
