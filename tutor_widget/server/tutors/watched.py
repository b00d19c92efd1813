"""What was loaded from files that a teacher may change while the server runs.

A message that comes looks whether the files have changed, at most once in `INTERVAL`, and is then
answered with what they hold now. Nothing looks while nobody writes. A faulty file leaves in place
what was loaded before; the log says so once for each change. A half-written file is one, too: it
is loaded when it has changed again.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, Generic, TypeVar

from tutor_widget.server.logs import log, where
from tutor_widget.server.settings import BadSetting

from .tables import toml_files

__all__ = ["INTERVAL", "Watched"]

INTERVAL: Final = 1.0
"""Seconds between two looks at the files."""
T = TypeVar("T")
_Stamp = frozenset[tuple[str, int, int, int]]
"""Of each file: its path, inode, size, and the time of its last change in ns."""


class Watched(Generic[T]):
    """What ``load`` returns, loaded anew when a file of ``places`` has changed.

    ``places`` are files, and folders with their subfolders. ``named`` returns further files, which
    those name; each look calls it, on another thread. ``name`` says in the log what is loaded:
    *lessons*. Raises BadSetting as the first ``load`` does.
    """

    def __init__(
        self,
        load: Callable[[], T],
        places: Iterable[Path],
        name: str,
        named: Callable[[], Iterable[Path]] = tuple,
    ) -> None:
        self._load = load
        self._places = tuple(places)
        self._name = name
        self._named = named
        self._stamp = self._look()  # before loading: what changes meanwhile is loaded again
        self._value = load()
        self.fault = ""
        """Why what the files hold now is not in force; "" if it is."""
        self._next_look = -math.inf if self._places else math.inf

    async def current(self) -> T:
        """What the files hold, as of `INTERVAL` ago at most. Reads them on another thread."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = math.inf  # messages that come meanwhile do not wait for the disk
            try:
                await self._look_again()
            finally:
                self._next_look = now + INTERVAL
        return self._value

    async def _look_again(self) -> None:
        stamp = await asyncio.to_thread(self._look)
        if stamp == self._stamp:
            return
        try:
            self._value = await asyncio.to_thread(self._load)
        except (BadSetting, OSError) as error:
            self.fault = str(error)
            log(f"{self._name} refused", level="warning", reason=str(error))
        except Exception as error:  # noqa: BLE001 - the files are foreign, and no message may fail
            self.fault = type(error).__name__
            log(f"{self._name} refused", level="error", **where(error))
        else:
            self.fault = ""
            log(f"{self._name} read anew")
        self._stamp = stamp

    def _look(self) -> _Stamp:
        try:
            places = (*self._places, *self._named())
            files = [(path, path.stat()) for place in places for path in _files(place)]
        except OSError:
            return frozenset()  # something is gone: `load` will name it
        return frozenset((str(p), f.st_ino, f.st_size, f.st_mtime_ns) for p, f in files)


def _files(place: Path) -> Iterator[Path]:
    """The files of a place, with those of its subfolders: the translations of lessons. None of a
    place that is not there."""
    if not place.exists():
        return
    folders = [] if place.is_file() else [path for path in place.iterdir() if path.is_dir()]
    yield from toml_files(place)
    for folder in folders:
        with contextlib.suppress(PermissionError):  # such as the `lost+found` of a disk
            yield from toml_files(folder)
