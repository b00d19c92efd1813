"""The table for studies as Apache Parquet, with types. It needs the extra ``study``."""

from __future__ import annotations

import io
from typing import Any, Final

from tutor_widget.server.settings import BadSetting
from tutor_widget.server.store import Entry, Head, Listed

from .names import Names
from .study import COLUMNS, Turn, Turns

__all__ = ["ParquetTable"]

_ROWS: Final = 10_000
"""Rows that are written together, and in memory until then."""


class ParquetTable:
    """The form ``parquet``. Raises BadSetting if pyarrow is not installed.

    Each column has what it means (`COLUMNS`) as its metadata.
    """

    def __init__(self, names: Names) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise BadSetting(
                "--format parquet needs the package pyarrow: pip install 'tutor-widget[study]'. "
                "--format csv has the same table."
            ) from None
        self._arrow = pyarrow
        self._turns = Turns(names)
        self._rows: list[Turn] = []
        self._sink = _Sink()
        self._schema = _schema(pyarrow)
        self._writer: Any = pyarrow.parquet.ParquetWriter(self._sink, self._schema)

    def session(self, _: Listed, __: Head) -> bytes:
        self._turns.begin()
        return b""

    def entry(self, session: Listed, entry: Entry) -> bytes:
        if (turn := self._turns.entry(session, entry)) is not None:
            self._rows.append(turn)
        if len(self._rows) == _ROWS:
            self._write()
        return self._sink.taken()

    def end(self) -> bytes:
        if self._rows:
            self._write()
        self._writer.close()
        return self._sink.taken()

    def _write(self) -> None:
        rows = [turn._asdict() for turn in self._rows]
        self._writer.write_table(self._arrow.Table.from_pylist(rows, schema=self._schema))
        self._rows.clear()


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()
        self._before = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def tell(self) -> int:
        return self._before + len(self._written)

    def taken(self) -> bytes:
        """What was written since the last call."""
        data = bytes(self._written)
        self._before += len(data)
        self._written.clear()
        return data


def _schema(arrow: Any) -> Any:
    types = {
        "groups": arrow.list_(arrow.string()),
        "at": arrow.timestamp("ms", tz="UTC"),
        "step": arrow.int32(),
        "attempt": arrow.int32(),
        "hints": arrow.int32(),
        "unassisted": arrow.bool_(),
        "first": arrow.float64(),
        "whole": arrow.float64(),
    }
    return arrow.schema(
        arrow.field(name, types.get(name, arrow.string()), metadata={"about": about})
        for name, about in COLUMNS.items()
    )
