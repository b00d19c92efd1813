"""A program on a terminal, as a person has it before them: keys go in, text comes out."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

WITHIN = 60.0
UP, LEFT, CTRL_C, CTRL_D = "\x1b[A", "\x1b[D", "\x03", "\x04"
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>])|\r")

_DRAWN = re.compile(
    r"(\x1b(?:\[[?]?(\d*)[\d;]*[ -/]*([@-~])|\][^\x07]*\x07|[=>]))|([^\x1b])", re.DOTALL
)
"""An escape code, or a character."""


def pasted(text: str) -> str:
    """What a terminal sends for a pasted text to a program that asked for bracketed paste."""
    return f"\x1b[200~{text}\x1b[201~"


class OnTerminal:
    """Runs a command on a pseudo-terminal, from the start of the block to its end."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None):
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", **(environment or {})},
        )
        os.close(theirs)
        self._raw = b""
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait(WITHIN)
        os.close(self._ours)

    @property
    def shown(self) -> str:
        """All that was written so far, without escape codes."""
        return _ESCAPES.sub("", self._raw.decode(errors="ignore"))

    @property
    def screen(self) -> list[str]:
        """The lines that a person sees, those that have scrolled away too."""
        return _drawn(self._raw.decode(errors="ignore"))

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def interrupt(self) -> None:
        """What the terminal makes of Ctrl+C, unless the program reads single keys."""
        self.process.send_signal(signal.SIGINT)

    def until(self, words: str) -> str:
        """What comes up to and with these words, after what the last call returned."""
        while (found := self.shown.find(words, self._read)) < 0:
            self._more(words)
        start, self._read = self._read, found + len(words)
        return self.shown[start : self._read]

    def end(self) -> int:
        """The exit status, once the program has ended by itself."""
        while True:
            try:
                self._more("the end")
            except (OSError, AssertionError):
                return self.process.wait(WITHIN)

    def _more(self, awaited: str) -> None:
        piece = os.read(self._ours, 4096)
        assert piece, f"{awaited!r} never came: {self.shown}"
        self._raw += piece


def _drawn(raw: str) -> list[str]:
    """What a terminal makes of this: an endless one, on which no line is wrapped."""
    rows: list[list[str]] = [[]]
    y = x = 0
    for escape, count, letter, character in _DRAWN.findall(raw):
        moved = int(count or 1)
        match f"{'CSI ' if escape else ''}{letter}{character}":
            case "\r":
                x = 0
            case "\n" | "CSI B":
                y += moved
                rows += [[] for _ in range(y + 1 - len(rows))]
            case "\b" | "CSI D":
                x = max(0, x - moved)
            case "CSI A":
                y -= moved
            case "CSI C":
                x += moved
            case "CSI K":
                del rows[y][x:]
            case "CSI J":
                del rows[y][x:], rows[y + 1 :]
            case _ if not escape:
                rows[y] += " " * (x + 1 - len(rows[y]))
                rows[y][x] = character
                x += 1
    return ["".join(row).rstrip() for row in rows]
