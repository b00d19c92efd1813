"""A file that only its owner may read, written to its end or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["private_file"]


@contextlib.contextmanager
def private_file(path: Path, *, replaces: bool = True) -> Iterator[BinaryIO]:
    """Write a file that takes the name ``path`` when the block ends, with mode 0600.

    If the block raises, what had the name stays as it was. A process that is killed meanwhile
    leaves a file ``.….draft`` beside it. A symbolic link is followed. Raises OSError, also for what
    is no file; without ``replaces`` FileExistsError if there is one.
    """
    target = Path(os.path.realpath(path))
    _check(target, path, replaces)
    try:
        fd, draft = tempfile.mkstemp(".draft", f".{target.name[:64]}.", target.parent)
    except OSError as error:
        error.filename = str(path)
        raise
    try:
        with os.fdopen(fd, "wb") as file:
            yield file
            file.flush()
            os.fsync(fd)
        _check(target, path, replaces)
        os.replace(draft, target)  # noqa: PTH105  # mkstemp gives a string
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _check(target: Path, path: Path, replaces: bool) -> None:
    if not target.exists():
        return
    if not replaces:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    if not target.is_file():
        raise OSError(errno.EINVAL, "This is no file that could be replaced", str(path))
