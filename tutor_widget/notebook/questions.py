"""What a page asks of the kernel: parts of the front end, its words, earlier messages, a file, what
the learner may share.

A question is a command whose acknowledgement holds an ``answer`` (docs/comm.md). It may be asked
again.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tutor_widget import words
from tutor_widget.client import loop as background
from tutor_widget.conversation import SUFFIXES
from tutor_widget.errors import Closed, Refused

from . import ipython as notebook

if TYPE_CHECKING:
    from .widget import TutorChat

_PARTS: Final = Path(__file__).parents[1] / "static" / "parts"

_PIECE: Final = 200_000
"""Characters that one message carries: a cell's output must get through beside them."""
DOWNLOADS: Final = 4
"""Files of one chat that may be fetched at the same time; one more ends the least recently asked
for."""
ABANDONED_AFTER: Final = 180.0
"""Seconds after which a file that a page has not gone on fetching is let go. A page whose link to
the kernel was cut asks again within a minute of its return."""

Question = dict[str, Any]


@functools.cache
def part(name: str) -> str:
    """The code of a part of the front end. Raises KeyError if there is none of that name."""
    files = {path.stem: path for path in _PARTS.glob("*.js")}
    return files[name].read_text("utf-8")


async def _part(_chat: TutorChat, question: Question) -> str:
    return await background.on_disk(part, question["name"])


async def _words(chat: TutorChat, question: Question) -> None:
    tags = [str(tag) for tag in question["languages"]]
    chat._speak(*await background.on_disk(words.chosen, tags))


async def _older(chat: TutorChat, question: Question) -> int:
    return await chat._older(int(question["n"]))


@dataclass
class _Download:
    text: str
    expiry: asyncio.TimerHandle


class Downloads:
    """The files of a chat that pages are fetching piece by piece. On the loop.

    A file is let go when the page has all of it, when the chat closes, and when nobody has asked
    for a piece for `ABANDONED_AFTER` s. ``next`` names the file and where to go on in it, so that
    two downloads never mix.
    """

    def __init__(self) -> None:
        self._files: OrderedDict[str, _Download] = OrderedDict()
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self._files)

    def begin(self, text: str) -> dict[str, Any]:
        """The first piece of a file."""
        if len(text) <= _PIECE:
            return {"text": text, "next": None}
        number = str(next(self._numbers))
        self._files[number] = _Download(text, self._expire_later(number))
        if len(self._files) > DOWNLOADS:
            self._let_go(next(iter(self._files)))
        return self._piece(number, 0)

    def go_on(self, following: str) -> dict[str, Any]:
        """The piece that ``next`` named. Raises Refused if the file was let go, and ValueError for
        what was never a ``next``."""
        number, _, start = following.partition("-")
        if start == _END:  # the page has all of it; asked again, the answer is the same
            self._let_go(number)
            return {"text": "", "next": None}
        if not start.isdecimal():
            raise ValueError(following)
        return self._piece(number, int(start))

    def clear(self) -> None:
        """Let go of all."""
        for number in list(self._files):
            self._let_go(number)

    def _piece(self, number: str, start: int) -> dict[str, Any]:
        download = self._files.get(number)
        if download is None:
            raise Refused(code="download_expired")
        download.expiry.cancel()
        download.expiry = self._expire_later(number)
        self._files.move_to_end(number)
        end = start + _PIECE
        # The text is kept for one question more: the last piece, too, may have to be sent again.
        return {
            "text": download.text[start:end],
            "next": f"{number}-{end if end < len(download.text) else _END}",
        }

    def _expire_later(self, number: str) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(ABANDONED_AFTER, self._let_go, number)

    def _let_go(self, number: str) -> None:
        if (download := self._files.pop(number, None)) is not None:
            download.expiry.cancel()


_END: Final = "end"


async def _file(chat: TutorChat, question: Question) -> dict[str, Any]:
    """A piece of the conversation as a file: the page puts the pieces together."""
    suffix, start = f".{question['format']}", question["from"]
    if suffix not in SUFFIXES:
        raise ValueError(question)
    if start != 0:
        return chat._downloads.go_on(str(start))
    conversation = await chat._conversation()
    # Nothing in it ever changes, and writing down a long one takes seconds.
    text = await asyncio.to_thread(conversation.text, suffix)
    if chat._closed:  # meanwhile
        raise Closed(code="chat_closed")
    return chat._downloads.begin(text)


async def _context(_chat: TutorChat, question: Question) -> str | dict[str, str] | None:
    """What the learner is about to look at before sharing it; None: there is none any more."""
    ran = notebook.watch.ran
    return {"cell": ran.cell or None, "error": ran.error}[question["of"]]


ANSWERS: Final[dict[str, Callable[[TutorChat, Question], Awaitable[Any]]]] = {
    "part": _part,
    "words": _words,
    "older": _older,
    "file": _file,
    "context": _context,
}
"""How each is answered, on the loop."""
