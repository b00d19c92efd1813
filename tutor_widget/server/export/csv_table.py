"""The table for studies as CSV (RFC 4180), in UTF-8.

Times are ISO 8601 in UTC, truths ``true`` and ``false``, groups stand with ``;`` between them, and
what is not known is empty.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Final

from tutor_widget.server.store import Entry, Head, Listed

from .names import Names
from .study import COLUMNS, Turn, Turns

__all__ = ["CsvTable"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9999, 12, 31, tzinfo=UTC)
_FORMULA: Final = tuple("=+-@\t\r")
"""What a spreadsheet takes for the beginning of a formula."""


class CsvTable:
    """The form ``csv``."""

    def __init__(self, names: Names) -> None:
        self._turns = Turns(names)
        self._has_begun = False

    def session(self, _: Listed, __: Head) -> bytes:
        """The names of the columns, before the first conversation."""
        self._turns.begin()
        head = b"" if self._has_begun else _line(list(COLUMNS))
        self._has_begun = True
        return head

    def entry(self, session: Listed, entry: Entry) -> bytes:
        turn = self._turns.entry(session, entry)
        return b"" if turn is None else _line(_cells(turn))

    def end(self) -> bytes:
        return b""


def _cells(turn: Turn) -> list[str]:
    row = turn._replace(groups=(";".join(turn.groups),))
    return [_time(turn.at) if name == "at" else _cell(v) for name, v in row._asdict().items()]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | (str(),):
            text = value if isinstance(value, str) else value[0]
            return f"'{text}" if text.startswith(_FORMULA) else text
    return str(value)


def _time(at: int) -> str:
    try:
        moment = _EPOCH + timedelta(milliseconds=at)
    except OverflowError:
        moment = _LATEST
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8", "replace")
