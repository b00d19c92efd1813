"""A message without what people cannot see, or do not mean.

Format characters, Markdown around the whole message, kinds of quotes, dashes and spaces, full-width
forms. Only the first `MOST` characters are read. Everything here takes linear time.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final

__all__ = ["MOST", "clean", "session", "tidy", "words"]

MOST: Final = 1_000
"""Characters of a message that are judged."""
_SAME: Final = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\uff07", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02\u300c\u300d", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-")
    | {"\u2044": "/", "\u3002": ". ", "\uff0c": ", ", "\u3001": ", "}
)
_MARKS: Final = ("```", "**", "__", "~~", "*", "_", "`")
_FRACTION: Final = re.compile(r"(?<=\d)(?=[\u00bc-\u00be\u2150-\u215e])")
"""Between a whole number and the character of a fraction."""
_PROMPT: Final = re.compile(r"(?:>>>|In ?\[\d{1,4}\]:)(?: |$)")
_CONTINUED: Final = re.compile(r" *\.\.\.:?(?: |$)")
_RESULT: Final = re.compile(r"Out ?\[\d{1,4}\]: ?")
_WORD: Final = re.compile(r"[^\W_]+(?:['\-_][^\W_]+)*")


def clean(text: str) -> str:
    """The message as it is read: one kind of quotes, dashes and spaces, nothing around it."""
    return _clean(text[:MOST])


@functools.lru_cache(1024)  # the answers of lessons again and again
def _clean(text: str) -> str:
    # NFKC would make eleven halves of "1½".
    text = unicodedata.normalize("NFKC", _FRACTION.sub(" ", text))[:MOST]
    visible = (c for c in text.translate(_SAME) if unicodedata.category(c) != "Cf")
    text = "".join(" " if unicodedata.category(c) == "Zs" else c for c in visible).strip()
    return _bare(text)


@functools.lru_cache(256)  # the same texts again and again, while one message is read
def tidy(text: str) -> str:
    """A cleaned text for comparing: upper case is kept, spaces count between words only."""
    text = text.replace("`", "").replace('"', "'").strip()
    if text[-1:] in (".", "!", "?") and text[-2:-1] != ".":
        text = text[:-1]
    text = " ".join(text.split())
    return re.sub(r"(?<!\w) | (?!\w)", "", text)


def words(text: str) -> list[str]:
    """The words of a text, in lower case; a Chinese sentence is one word."""
    return list(_words(text))


@functools.lru_cache(256)  # the same texts again and again, while one message is read
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def session(message: str) -> tuple[str, str] | None:
    """What the last input of a pasted interpreter session showed, and all that was typed; None if
    it is no session, or shows nothing."""
    lines = [line for line in message[:MOST].splitlines() if line.strip(" `")]
    if not lines or not _PROMPT.match(lines[0]):
        return None
    typed, shown = list[str](), list[str]()
    for line in lines:
        if prompt := _PROMPT.match(line) or _CONTINUED.match(line):
            typed.append(line[prompt.end() :])
            shown = []
        else:
            shown.append(_RESULT.sub("", line, count=1))
    return ("\n".join(shown), "\n".join(typed)) if shown else None


def _bare(text: str) -> str:
    """Take off Markdown around the whole text, and a prompt before it."""
    for _ in range(4):
        before = text
        for mark in _MARKS:
            size = len(mark)
            if len(text) > 2 * size and text.startswith(mark) and text.endswith(mark):
                inner = text[size:-size]
                if mark not in inner:
                    text = _without_language(inner) if mark == "```" else inner.strip()
        text = text.removeprefix(">>>").strip()
        if text == before:
            break
    return text


def _without_language(fenced: str) -> str:
    first, newline, rest = fenced.partition("\n")
    is_language = newline and (not first.strip() or first.strip().isalnum())
    return (rest if is_language else fenced).strip()
