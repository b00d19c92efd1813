"""What a page asks of the kernel: parts of the front end, earlier messages, a file, what to share.

A question is a command whose acknowledgement holds an ``answer`` (docs/comm.md). It may be asked
again.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from . import notebook
from .conversation import SUFFIXES

if TYPE_CHECKING:
    from .widget import TutorChat

_PARTS: Final = Path(__file__).parent / "static" / "parts"

_PIECE: Final = 200_000
"""Characters that one message carries: a cell's output must get through beside them."""

Question = dict[str, Any]


@functools.cache
def part(name: str) -> str:
    """The code of a part of the front end. Raises KeyError if there is none of that name."""
    files = {path.stem: path for path in _PARTS.glob("*.js")}
    return files[name].read_text("utf-8")


async def _part(_chat: TutorChat, question: Question) -> str:
    return part(question["name"])


async def _older(chat: TutorChat, question: Question) -> int:
    return await chat._older(int(question["n"]))


async def _file(chat: TutorChat, question: Question) -> dict[str, Any]:
    """A piece of the conversation as a file: the page puts the pieces together."""
    suffix, start = f".{question['format']}", int(question["from"])
    if suffix not in SUFFIXES or start < 0:
        raise ValueError(question)
    if start == 0:
        chat._files[suffix] = (await chat._conversation()).text(suffix)
    file, end = chat._files[suffix], start + _PIECE
    return {"text": file[start:end], "next": end if end < len(file) else None}


async def _context(_chat: TutorChat, question: Question) -> str | dict[str, str] | None:
    """What the learner is about to look at before sharing it; None: there is none any more."""
    ran = notebook.watch.ran
    return {"cell": ran.cell or None, "error": ran.error}[question["of"]]


ANSWERS: Final[dict[str, Callable[[TutorChat, Question], Awaitable[Any]]]] = {
    "part": _part,
    "older": _older,
    "file": _file,
    "context": _context,
}
"""How each is answered, on the loop."""
