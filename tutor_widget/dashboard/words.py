"""The dashboard's sentences, of the catalogue's part ``dashboard``, in a teacher's language."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from tutor_widget import words

__all__ = ["Words", "iso", "now", "utc", "words_for"]

_LATEST: Final = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp() * 1000)
_TAG: Final = re.compile(r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([\d.]{1,5}))?\s*")
_MOST_TAGS: Final = 20


class Words:
    """The sentences in one language."""

    most_minutes: Final = 120
    """Minutes that are said as such."""

    def __init__(self, language: str) -> None:
        whole = words.catalogue(language)
        self.language = language
        self.direction: str = whole["browser"]["dir"]
        self._own: Mapping[str, Any] = whole["dashboard"]

    def say(self, path: str, /, **args: Any) -> str:
        """The sentence at the path, such as ``held.title``, with its places filled.

        ``n`` chooses between the form for one and that for many.
        """
        template = functools.reduce(lambda table, name: table[name], path.split("."), self._own)
        one, _, many = str(template).partition("|")
        return words.fill(one if args.get("n") == 1 or not many else many, args)

    def decimal(self, number: float) -> str:
        """The number with one decimal place."""
        return f"{number:.1f}".replace(".", self.say("class.decimal"))

    def minutes(self, since: int) -> str:
        """How long ago that was (Unix ms), roughly. `times.ts` says the same later on."""
        minutes = max(1, (now() - since) // 60_000)
        is_long = minutes > self.most_minutes
        return self.say("class.long") if is_long else self.say("class.minutes", n=minutes)

    def has(self, path: str) -> bool:
        """Whether there is a sentence at the path."""
        table: Any = self._own
        for name in path.split("."):
            if not isinstance(table, Mapping) or name not in table:
                return False
            table = table[name]
        return isinstance(table, str)


@functools.cache
def _words(language: str) -> Words:
    return Words(language)


def words_for(accept_language: str) -> Words:
    """Those for the header ``Accept-Language`` (RFC 9110 §12.5.4)."""
    found = [_TAG.fullmatch(part) for part in accept_language.split(",")[:_MOST_TAGS]]
    tags = [(_quality(tag[2]), tag[1]) for tag in found if tag is not None]
    # The sort keeps the order of those that are equally good.
    tags.sort(key=lambda tag: -tag[0])
    return _words(words.choose(tag for quality, tag in tags if quality > 0))


def _quality(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0


def now() -> int:
    """The time here, Unix ms. A page counts from it, whatever its reader's clock says."""
    return int(time.time() * 1000)


def iso(at: int) -> str:
    """The time ``at`` (Unix ms) for the attribute ``datetime``."""
    return f"{_moment(at):%Y-%m-%dT%H:%M:%SZ}"


def utc(at: int) -> str:
    """The time ``at`` for a page without scripts, which cannot know the reader's zone."""
    return f"{_moment(at):%Y-%m-%d %H:%M} UTC"


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(max(0, min(at, _LATEST)) / 1000, UTC)
