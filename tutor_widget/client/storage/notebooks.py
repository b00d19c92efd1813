"""Which notebook is which: the ids of notebooks, and where each was last.

A notebook is identified by the id in its own metadata (`notebook_file`). The id goes along when the
file is renamed, moved or copied. A copy is known by this: the file in which the id was last still
holds it.

Where no page has written an id yet, or it is not saved yet, there are hints: the path, the state of
the file (device, inode, time of the last change), and the kernel, which keeps its name when it is
restarted.

    KEY.notebook     one `Record` in JSON; KEY is a digest of the id
    KEY.KIND.hint    the id of the notebook that had this path, inode or kernel last
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from tutor_widget.wire import is_id

from .files import write_whole
from .folders import data_folder, digest, user_name
from .notebook_file import Contents, Stamp, examine


class Record(msgspec.Struct, frozen=True):
    """A notebook, as it was known last."""

    id: str
    path: str = ""
    stamp: Stamp | None = None
    is_marked: bool = False
    """A page has its id in the metadata, and saves it with the notebook."""
    began_as: str | None = None
    """The path under which sessions may be remembered that are older than the id."""


class Notebooks:
    """All notebooks of one user. The methods block on the disk; what cannot be read is unknown."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = (folder or data_folder()) / "notebooks"

    def find(self, path: str, kernel: str | None = None) -> Record | None:
        """The notebook of a kernel that was started at this path, as far as its file and the hints
        tell; `Record.path` is where it is now.

        ``kernel`` names the kernel. When that is restarted, its notebook may have been renamed.
        """
        if kernel and (record := self._hinted("kernel", kernel)) is not None:
            return record
        here = examine(path)
        if here.id is not None and not self.is_elsewhere(here.id, path):
            return self.seen(here.id, path)
        for hint in (("path", path),) if here.stamp is None else (("path", path), _inode(here)):
            record = self._hinted(*hint)
            if record is not None and record.id != here.id and _fits(record, path, here):
                return record if here.stamp is None else self.seen(record.id, path)
        return None

    def is_elsewhere(self, id: str, path: str) -> bool:
        """Whether another file than the one at this path is the notebook of this id."""
        record = self.record(id)
        if record is None or not path or _is_same_file(record.path, path):
            return False
        there = examine(record.path)
        is_unsaved = there.stamp is not None and there.stamp == record.stamp
        return there.id == id or is_unsaved

    def record(self, id: str) -> Record | None:
        """What is known of the notebook of this id."""
        with contextlib.suppress(OSError, ValueError, RecursionError):
            record = msgspec.json.decode(self._file(id).read_bytes(), type=Record)
            return record if record.id == id else None
        return None

    def seen(self, id: str, path: str, *, is_marked: bool = False) -> Record:
        """The record of a notebook that is at this path now; "": it is not known where."""
        known = self.record(id)
        if known is None:
            is_first = bool(path) and self._hinted("path", path) is None
            known = Record(id, began_as=path if is_first else None)
        path = path or known.path
        return msgspec.structs.replace(
            known,
            path=path,
            stamp=examine(path).stamp,
            is_marked=known.is_marked or is_marked,
        )

    def remember(self, record: Record, kernel: str | None = None) -> None:
        """Keep the record, with what hints at it."""
        _keep(self._file(record.id), msgspec.json.encode(record))
        hints = [("path", record.path)] if record.path else []
        if record.stamp is not None:
            hints.append(_inode(record))
        if kernel:
            hints.append(("kernel", kernel))
        for hint in hints:
            _keep(self._hint(*hint), record.id.encode("ascii"))

    # --- files ----------------------------------------------------------------------------------

    def _file(self, id: str) -> Path:
        return self._folder / f"{digest('id', id, user_name())}.notebook"

    def _hint(self, kind: str, of: str) -> Path:
        return self._folder / f"{digest(kind, of, user_name())}.{kind}.hint"

    def _id_hinted(self, kind: str, of: str) -> str | None:
        with contextlib.suppress(OSError, ValueError):
            id = self._hint(kind, of).read_text("ascii")
            return id if is_id(id) else None
        return None

    def _hinted(self, kind: str, of: str) -> Record | None:
        id = self._id_hinted(kind, of)
        return None if id is None else self.record(id)


def _keep(path: Path, data: bytes) -> None:
    """Write the file, unless it holds this: then show that it is in use (`expiry`)."""
    with contextlib.suppress(OSError):
        if path.read_bytes() == data:
            os.utime(path)
            return
    write_whole(path, data)


def _fits(record: Record, path: str, here: Contents) -> bool:
    """Whether a notebook that was hinted at may be the one at this path.

    A file that is gone was renamed: only a kernel that was restarted still has its path. A file
    that has not changed is the same, with the id unsaved. Else the path counts as long as nothing
    better is to be expected: where a page has written the id, a file without it is another one.
    """
    if here.stamp is None or here.stamp == record.stamp:
        return True
    return record.path == path and not (here.is_notebook and record.is_marked)


def _inode(of: Contents | Record) -> tuple[str, str]:
    assert of.stamp is not None
    device, inode, _ = of.stamp
    return "inode", f"{device} {inode}"


def _is_same_file(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):
        return False
