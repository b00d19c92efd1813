"""Publications: one in each cell, replaced by those who know which one stands.

They belong to no session, so no change is told, and a commit whose result was lost runs again. Then
the cell has the next number already, and the call returns what it has written before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tutor_widget.server.store.records import Publication

from .connections import Reads
from .transaction import Transaction

__all__ = ["publications", "publish"]

_FIRST: Final = "INSERT INTO publications VALUES ($1, $2 + 1, $3) ON CONFLICT (cell) DO NOTHING"
_NEXT: Final = "UPDATE publications SET number = $2 + 1, data = $3 WHERE cell = $1 AND number = $2"


async def publications(db: Reads) -> Mapping[str, Publication]:
    rows = await db.fetch("SELECT cell, number, data FROM publications")
    return {cell: Publication(number, data) for cell, number, data in rows}


async def publish(tx: Transaction, cell: str, number: int, data: str) -> Publication:
    # Both wait for another node that writes to the cell, and compare with what it has written.
    await tx.db.execute(_NEXT if number else _FIRST, cell, number, data)
    row = await tx.db.fetchrow("SELECT number, data FROM publications WHERE cell = $1", cell)
    return Publication(*row) if row else Publication(0, "")
