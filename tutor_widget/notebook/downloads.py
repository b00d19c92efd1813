"""The files that pages fetch from the kernel piece by piece."""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from tutor_widget.errors import Refused

PIECE: Final = 200_000
"""Characters in one message. The output of a cell must get through between two of them."""
MAX_DOWNLOADS: Final = 4
"""Files of one chat that may be fetched at the same time. One more ends the least recently used."""
ABANDONED_AFTER: Final = 180.0
"""Seconds without a request after which a file is dropped. A page whose link to the kernel was cut
asks again within a minute of its return."""
_END: Final = "end"


@dataclass
class _Download:
    text: str
    expiry: asyncio.TimerHandle


class Downloads:
    """The files of a chat that pages are fetching. All methods run on the loop.

    A file is dropped when the page has all of it, when the chat closes, and `ABANDONED_AFTER`
    seconds after the last request. ``next`` names the file and the place in it, so that two
    downloads never mix.
    """

    def __init__(self) -> None:
        self._files: OrderedDict[str, _Download] = OrderedDict()
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self._files)

    def begin(self, text: str) -> dict[str, Any]:
        """The first piece of a file: ``{"text", "next"}``; ``next`` is None if it is the last."""
        if len(text) <= PIECE:
            return {"text": text, "next": None}
        number = str(next(self._numbers))
        self._files[number] = _Download(text, self._expire_later(number))
        if len(self._files) > MAX_DOWNLOADS:
            self._drop(next(iter(self._files)))
        return self._piece(number, 0)

    def resume(self, following: str) -> dict[str, Any]:
        """The piece that ``next`` named.

        Raises Refused if the file was dropped, and ValueError for what was never a ``next``.
        """
        number, _, start = following.partition("-")
        if not number.isdecimal() or not (start == _END or start.isdecimal()):
            raise ValueError(f"from: {following!r} names no piece")
        if start == _END:  # the page has all of it; a repeated request gets the same answer
            self._drop(number)
            return {"text": "", "next": None}
        return self._piece(number, int(start))

    def clear(self) -> None:
        """Drop all files."""
        for number in list(self._files):
            self._drop(number)

    def _piece(self, number: str, start: int) -> dict[str, Any]:
        download = self._files.get(number)
        if download is None:
            raise Refused(code="download_expired")
        download.expiry.cancel()
        download.expiry = self._expire_later(number)
        self._files.move_to_end(number)
        end = start + PIECE
        # The text is kept for one more request: the last piece may have to be sent again, too.
        return {
            "text": download.text[start:end],
            "next": f"{number}-{end if end < len(download.text) else _END}",
        }

    def _expire_later(self, number: str) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(ABANDONED_AFTER, self._drop, number)

    def _drop(self, number: str) -> None:
        if (download := self._files.pop(number, None)) is not None:
            download.expiry.cancel()
