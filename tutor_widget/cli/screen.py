"""How a conversation is written to a terminal, or to a file or pipe.

A terminal gets Markdown drawn, block by block as a reply grows. Anything else gets the text as it
is, piece by piece. Each character of a message is written once.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, Final, TextIO

from tutor_widget.markup.plain import printable

if TYPE_CHECKING:  # loaded for the first message that is drawn
    from markdown_it.token import Token
    from rich.markdown import Markdown

MOST_DRAWN: Final = 20_000
"""Characters of one block beyond which the message is written as it is: drawing takes time."""


class Screen:
    """Writes lines and messages to ``out``. ``draws``: it is a terminal that shows styles."""

    def __init__(self, out: TextIO, *, draws: bool = False) -> None:
        self._out = out
        self.draws = draws
        self._at_start = True  # of a line

    def line(self, text: str) -> None:
        """Write a line, below what is there."""
        self.write(f"{text}\n" if self._at_start else f"\n{text}\n")

    def message(self, who: str) -> Message:
        """A message of the tutor's that is about to be written."""
        return Message(self, printable(who))

    def write(self, text: str) -> None:
        """Write text from a server or a learner: its control characters drive no terminal."""
        self._put(printable(text))

    def draw(self, who: str, text: str) -> None:
        """Write Markdown with styles, with an author above it unless that is ``""``."""
        from rich.console import Console
        from rich.text import Text

        # The width at this moment: a window changes its size.
        width = min(shutil.get_terminal_size().columns, 100)
        console = Console(file=self._out, force_terminal=True, width=width)
        with console.capture() as drawn:
            if who:
                console.print(Text(who, style="bold"))
            console.print(_markdown(printable(text)))
        self._put(drawn.get())

    def fresh_line(self) -> None:
        """Go to the start of a line."""
        if not self._at_start:
            self._put("\n")

    def _put(self, text: str) -> None:
        if text:
            self._at_start = text.endswith("\n")
            with contextlib.suppress(OSError):  # nobody looks any more
                self._out.write(text)
                self._out.flush()


class Message:
    """One message on a screen, written as it grows."""

    def __init__(self, screen: Screen, who: str) -> None:
        self._screen = screen
        self._who = who  # "" once it is written
        self._draws = screen.draws
        self._written = 0
        self._looked = 0
        """Up to where the text was searched for the end of a block."""

    def grow(self, text: str) -> None:
        """The message is this text so far. Write what can be written of it."""
        if not self._draws:
            self._write_plain(text)
        elif len(text) - self._written > MOST_DRAWN:
            self._draws = False
            self._write_plain(text)
        elif "\n\n" in text[max(0, self._looked - 1) :]:
            self._looked = len(text)
            whole = _whole_blocks(printable(text[self._written :]))
            self._draw(text[: self._written + whole])

    def end(self, text: str) -> None:
        """The message is complete, as this text."""
        if self._draws and len(text) - self._written <= MOST_DRAWN:
            self._draw(text)
        else:
            self._write_plain(text)
        self._screen.fresh_line()

    def _draw(self, text: str) -> None:
        if piece := self._piece(text).strip("\n"):
            self._screen.draw(self._who, piece)
            self._who = ""

    def _write_plain(self, text: str) -> None:
        if self._who:
            self._screen.fresh_line()
            self._screen.write(f"{self._who}: ")
            self._who = ""
        self._screen.write(self._piece(text))

    def _piece(self, text: str) -> str:
        piece, self._written = text[self._written :], len(text)
        return piece


def is_styled(out: TextIO) -> bool:
    """Whether ``out`` is a terminal that shows styles."""
    return out.isatty() and os.environ.get("TERM") != "dumb"


def _tokens(text: str) -> list[Token]:
    from tutor_widget.markup.parser import parser

    return parser().parse(text)


def _markdown(text: str) -> Markdown:
    from rich.markdown import Markdown

    drawn = Markdown("", hyperlinks=False)  # the address of a link is shown
    drawn.parsed = _tokens(text)
    return drawn


def _whole_blocks(text: str) -> int:
    """The length of the blocks that can grow no more: all but the last one."""
    starts = [token.map[0] for token in _tokens(text) if token.level == 0 and token.map]
    lines = text.split("\n")[: max(starts, default=0)]
    return sum(len(line) + 1 for line in lines)
