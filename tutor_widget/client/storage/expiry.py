"""What is kept for long goes at last: remembered sessions and notebooks, and damaged lines of
journals.

Nothing that waits to be sent is among it. A session that is forgotten lives on at its server, where
an id that was random is not found again: so it takes more than a school year.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from .files import delete, modified
from .folders import data_folder

_DAY: Final = 86_400.0
_BOUNDS: Final = (
    ("sessions/*.json", 400 * _DAY, 1_000),
    ("sessions/*.left", 400 * _DAY, 1_000),
    ("notebooks/*.notebook", 400 * _DAY, 1_000),
    ("notebooks/*.path.hint", 400 * _DAY, 1_000),
    ("notebooks/*.inode.hint", 400 * _DAY, 1_000),
    ("notebooks/*.kernel.hint", 30 * _DAY, 1_000),  # each notebook that is opened has a new one
    ("outbox/*.damaged", 30 * _DAY, 20),
)
"""Of each kind of file: for how many seconds after its last use it is kept, and how many are."""


def expire(folder: Path | None = None) -> None:
    """Delete what is too old or too much, the oldest first. Blocks on the disk, raises nothing."""
    for pattern, age, most in _BOUNDS:
        files = sorted((folder or data_folder()).glob(pattern), key=modified, reverse=True)
        for place, path in enumerate(files):
            if place >= most or time.time() - modified(path) > age:
                delete(path)
