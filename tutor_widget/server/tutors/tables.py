"""Reads the TOML files of teachers. A mistake is reported with file, entry and key."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from tutor_widget.server.settings import BadSetting
from tutor_widget.textfile import UnreadableFile, read_text

__all__ = ["COURSE_FILE", "Reader", "load_table", "read_all", "toml_files"]

T = TypeVar("T")
COURSE_FILE: Final = "course.toml"
"""The file about a course as a whole. It lies beside the lessons, and is none."""
MOST_BYTES: Final = 1 << 20
"""Bytes of a file: tables in it take time, and the server waits for them."""
MOST_PARTS: Final = 200
"""Parts of a dotted key (`a.b.c`). Python's parser takes the square of their number."""
_PART: Final = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
_LONG_KEY: Final = re.compile(rf"(?<![\w.-])(?:{_PART}){{{MOST_PARTS - 1}}}")
_HIDDEN: Final = ".~#"
"""First characters of hidden and backup files."""
_SLIPS: Final = (
    (
        re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?![:\d])|=\s*\d{1,2}[./]\d{1,2}[./]\d{4}"),
        "a time is written with its seconds, as 2026-12-04T10:00:00",
    ),
    (re.compile(r"\{\s*$"), "what stands in braces stands on one line"),
    (re.compile(r"=[\s\[]*[“”„«»‘’]"), 'a text stands in straight quotes, as "loops"'),
    (re.compile(r"=\s*\d+,\d+\s*$"), "a number is written with a point, as 3.5"),
    (
        re.compile(r"=\s*(?!(?:true|false|inf|nan)\b)[^\W\d_]"),
        'a text stands in quotes, as "loops"',
    ),
)
"""What is often wrong in a line, and how it is written."""


def toml_files(place: Path) -> list[Path]:
    """The TOML files of a folder, in the order of their names; or the one file that it is.

    The course's file is none of them. Hidden files are passed over, which editors and macOS
    (``._loops.toml``) leave beside a file.
    Raises OSError if the folder cannot be read.
    """
    if place.is_file():
        return [place]
    return sorted(
        path
        for path in place.iterdir()
        if path.suffix.lower() == ".toml"
        and path.name[0] not in _HIDDEN
        and path.name.lower() != COURSE_FILE
        and not path.is_dir()
    )


def load_table(path: Path) -> dict[str, Any]:
    """Load a TOML file. Raises BadSetting, which names the file, if it cannot be read."""
    try:
        text = read_text(path, MOST_BYTES)
    except UnreadableFile as error:
        raise BadSetting(str(error)) from None
    if (found := _LONG_KEY.search(text)) is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise BadSetting(f"{path.name}: the key in line {line} has {MOST_PARTS} parts or more.")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise BadSetting(f"{path.name}: it is nested too deeply.") from None
    except ValueError as error:  # not only TOMLDecodeError: a number may have too many digits
        raise BadSetting(f"{path.name}: {error}.{_slip(text)}") from None


def _slip(text: str) -> str:
    """Names the first line of a faulty file that has a usual mistake, if there is one."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, advice in _SLIPS:
            if pattern.search(line):
                return f" See line {number}: {advice}."
    return ""


def read_all(readings: Iterable[Callable[[], T]]) -> tuple[T, ...]:
    """What each of them returns. Raises one BadSetting with the faults of all, one a line."""
    found, faults = [], []
    for read in readings:
        try:
            found.append(read())
        except BadSetting as fault:
            faults.append(str(fault))
    if faults:
        raise BadSetting("\n".join(faults))
    return tuple(found)


class Reader:
    """Reads typed values from a table. ``place`` names the table when a value is wrong.

    Its methods raise BadSetting for a value of another type.
    """

    def __init__(self, place: str, table: Mapping[str, Any]) -> None:
        self._place = place
        self._table = table

    def fault(self, key: str, problem: str) -> BadSetting:
        """An error about this key, to be raised by the caller."""
        return BadSetting(f"{self._place}, key {key!r}: {problem}.")

    def only(self, known: frozenset[str]) -> None:
        """Raise BadSetting if the table has a key that is not known."""
        for key in self._table:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                keys = ", ".join(sorted(known))
                meant = f"did you mean {near[0]!r}" if near else f"the keys are {keys}"
                raise self.fault(key, f"unknown; {meant}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self._table.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.fault(key, "a text is required")
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._table.get(key)
        if not isinstance(value, list) or not value:
            raise self.fault(key, "a list of at least one text is required")
        if not all(isinstance(text, str) and text.strip() for text in value):
            raise self.fault(key, "every entry must be a text, in quotes, and not empty")
        return tuple(text.strip() for text in value)

    def number(self, key: str) -> float:
        value = self._table.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            raise self.fault(key, "a number is required")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        value = self._table.get(key, default)
        if not isinstance(value, bool):
            raise self.fault(key, "true or false is required")
        return value


def _is_finite(value: float) -> bool:
    """Whether it is a number that a float can hold: TOML's integers have any size."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
