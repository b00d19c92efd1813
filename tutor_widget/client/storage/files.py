"""How files are written here: privately, durably and atomically.

What is replaced is written as a draft first, whose name ends in ``.draft``. A process that is
killed meanwhile leaves the old file as it was, and a draft that the next process sweeps.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from pathlib import Path
from typing import Final

APPENDING: Final = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
"""Flags of `os.open` for a file that is written to at its end."""
DRAFT_LASTS: Final = 3600.0
"""Seconds after which the draft of a file counts as left by a killed process."""


def private_folder(folder: Path) -> Path:
    """Make the folder, and the one around it, with mode 0700 if needed; return it.

    Raises OSError, also if another user has made it first.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    # Whose it is was looked at when the process began (`folders`). It may not have been there yet.
    if os.name != "nt" and folder.stat().st_uid != os.geteuid():
        raise PermissionError(errno.EACCES, "The folder belongs to another user")
    return folder


def write_durably(fd: int, data: bytes) -> None:
    """Append the bytes; they are on the disk on return. Raises OSError."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
    os.fsync(fd)


def write_draft(draft: Path, data: bytes) -> None:
    """Write a durable draft, in a folder that is made if needed.

    Raises OSError, and leaves no draft.
    """
    private_folder(draft.parent)
    try:
        fd = os.open(draft, APPENDING | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            write_durably(fd, data)
        finally:
            os.close(fd)  # Windows renames no open file
    except OSError:
        delete(draft)
        raise


def replace_by(draft: Path, path: Path) -> None:
    """Replace the file by its draft, durably. Raises OSError, and leaves no draft."""
    try:
        draft.replace(path)
    except OSError:
        delete(draft)
        raise
    sync_folder(path.parent)


def write_whole(path: Path, data: bytes) -> bool:
    """Write or replace the file, durably and atomically. Returns whether that worked."""
    sweep_drafts(path.parent, path.name, DRAFT_LASTS)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.draft")
    try:
        write_draft(draft, data)
        replace_by(draft, path)
    except OSError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make a new name in the folder durable, where the file system and the system can do so."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def sweep_drafts(folder: Path, key: str, age: float) -> None:
    """Delete the key's drafts of processes that were killed while they wrote: those older than
    ``age`` seconds."""
    for draft in folder.glob(f"{key}.*.draft"):
        if time.time() - modified(draft) > age:
            delete(draft)


def modified(path: Path) -> float:
    """When the file was last written or touched (Unix s); 0.0 if there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def remove(path: Path) -> None:
    """Delete the file, if it is there. Raises OSError."""
    path.unlink(missing_ok=True)


def delete(path: Path) -> bool:
    """Delete the file. If that fails, it is found again later, and does no harm.

    Returns whether it is gone.
    """
    try:
        remove(path)
    except OSError:
        return False
    return True
