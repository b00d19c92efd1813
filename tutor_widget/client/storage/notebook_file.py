"""A notebook's file: the id in it, and where the file is that a page means.

A page writes the notebook's id into its metadata:

    {"metadata": {"tutor_widget": {"notebook": ID}, …}, …}

The id is no secret, and gives nobody access to anything.
"""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

import msgspec

from tutor_widget.wire import is_id

LARGEST: Final = 64 << 20
"""Bytes of the largest file that is read for its id."""
LONGEST_PATH: Final = 4_096

Stamp = tuple[int, int, int]
"""Device, inode, and time of the last change in ns. A renamed file keeps it; a file that is written
anew, even under the same inode, has another."""


class Contents(NamedTuple):
    """What a file is."""

    stamp: Stamp | None = None
    """None: there is no such file."""
    is_notebook: bool = False
    """It was read as a notebook: an id that it held would be known."""
    id: str | None = None


def locate(server_path: str, near: str, id: str | None) -> str:
    """The file that a page means by a path, which its server counts from a folder of its own.

    ``near`` is a file below the same folder, ``id`` what the page's notebook holds. "": there is no
    such file here, or this is no path.
    """
    if len(server_path) > LONGEST_PATH:
        return ""
    inside = PurePosixPath(server_path.lstrip("/"))
    if not inside.name or ".." in inside.parts:
        return ""
    paths = (str(folder / inside) for folder in Path(near).parents)
    found = {path: here for path in paths if (here := examine(path)).stamp is not None}
    holding = [path for path, here in found.items() if id is not None and here.id == id]
    return next(iter([*holding, *found]), "")


def examine(path: str) -> Contents:
    """Read a file for the id of a notebook."""
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            return Contents()
        stamp = status.st_dev, status.st_ino, status.st_mtime_ns
        if status.st_size > LARGEST:
            return Contents(stamp)
        data = Path(path).read_bytes()
    except (OSError, ValueError):
        return Contents()
    try:
        mark = msgspec.json.decode(data, type=_Notebook).metadata.tutor_widget
    except (ValueError, RecursionError):
        return Contents(stamp)
    return Contents(stamp, is_notebook=True, id=id_in(mark))


def id_in(mark: object) -> str | None:
    """The notebook's id in what its metadata holds under ``tutor_widget``, or None."""
    return checked(mark.get("notebook")) if isinstance(mark, dict) else None


def checked(id: object) -> str | None:
    """The id, if it may be one. Whatever stands in a notebook was written by anybody."""
    return id if isinstance(id, str) and is_id(id) else None


class _Metadata(msgspec.Struct):
    tutor_widget: Any = None


class _Notebook(msgspec.Struct):
    nbformat: int
    metadata: _Metadata
