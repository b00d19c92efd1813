"""Files that another process or thread may delete while a test looks at them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def contents(folder: Path, pattern: str = "**/*") -> list[bytes]:
    """What the files of a folder hold, by a glob pattern; one deleted meanwhile is left out."""
    found = []
    for path in sorted(folder.glob(pattern)):
        with suppress(FileNotFoundError, IsADirectoryError):
            found.append(path.read_bytes())
    return found
