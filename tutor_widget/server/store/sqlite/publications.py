"""Publications: one in each cell, replaced by those who know which one stands.

They belong to no session, so no change is told, and a commit whose result was lost runs again. Then
the cell has the next number already, and the call returns what it has written before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from tutor_widget.server.store.records import Publication

from .transaction import Transaction

__all__ = ["publications", "publish"]


def publications(db: sqlite3.Connection) -> Mapping[str, Publication]:
    rows = db.execute("SELECT cell, number, data FROM publications")
    return {cell: Publication(number, data) for cell, number, data in rows}


def publish(tx: Transaction, cell: str, number: int, data: str) -> Publication:
    known = _find(tx, cell)
    if known.number != number:
        return known
    row = (cell, number + 1, data)
    tx.execute("INSERT OR REPLACE INTO publications VALUES (?, ?, ?)", row)
    return Publication(number + 1, data)


def _find(tx: Transaction, cell: str) -> Publication:
    query = "SELECT number, data FROM publications WHERE cell = ?"
    row = tx.execute(query, (cell,)).fetchone()
    return Publication(*row) if row else Publication(0, "")
