"""Where a user's files are: journals, remembered sessions, the embedded tutor's database."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import stat
from pathlib import Path
from typing import Final

_FOLDER_VARIABLES: Final = (
    "JUPYTER_DATA_DIR", "JUPYTER_PLATFORM_DIRS", "HOME", "XDG_DATA_HOME", "APPDATA", "USERPROFILE"
)  # fmt: skip
"""The environment variables that `jupyter_core` reads."""


_NOWHERE: Final = Path(os.devnull) / "tutor_widget"
"""A folder that does not exist: nothing is found there, and writing fails, and says so."""
_logger: Final = logging.getLogger("tutor_widget.client")


def data_folder() -> Path:
    """The folder of this package in Jupyter's data folder; it may not exist yet.

    Another user's folder is not used: what lies in it may be theirs, and they could read what is
    ours. Nor does root make one in another user's home, who could not use it then. One of
    the user's own that others may read or write is closed to them.

    The first call in an environment may wait for the disk, and for the service that knows the
    user's home. The result is cached for each environment.
    """
    return _look()[0]


def is_anothers() -> bool:
    """Whether `data_folder` is nowhere because the folder, or its home, is another user's."""
    return _look()[1]


def _look() -> tuple[Path, bool]:
    return _data_folder(tuple(os.environ.get(name) for name in _FOLDER_VARIABLES))


@functools.lru_cache(8)
def _data_folder(_environment: tuple[str | None, ...]) -> tuple[Path, bool]:
    from jupyter_core.paths import jupyter_data_dir

    try:
        folder = Path(jupyter_data_dir()) / "tutor_widget"
    except RuntimeError:  # a user without a home
        return _NOWHERE, False
    return (folder, False) if _is_ours(folder) else (_NOWHERE, True)


def _is_ours(folder: Path) -> bool:
    """Whether the folder is not another user's. If it is ours, it is made private."""
    if os.name == "nt":  # where folders in a user's profile are theirs alone
        return True
    try:
        found = folder.stat()
    except OSError:  # there is none yet
        return os.geteuid() != 0 or _owner_above(folder) == 0
    if found.st_uid != os.geteuid():
        return False
    if found.st_mode & 0o077:
        _close_to_others(folder, stat.S_IMODE(found.st_mode))
    return True


def _owner_above(folder: Path) -> int:
    """The owner of the nearest folder above that there is; only root makes one in another's."""
    for above in folder.parents:
        with contextlib.suppress(OSError):
            return above.stat().st_uid
    return 0


def _close_to_others(folder: Path, mode: int) -> None:
    """Make the folder private, and say so. Some file systems have no modes: that is said, too."""
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
    is_closed = not folder.stat().st_mode & 0o077
    now = "It is private now." if is_closed else "It cannot be made private."
    text = "tutor_widget's data folder was open to other users of this computer (mode %03o). %s"
    _logger.warning(text, mode, now)


def user_name() -> str:
    """The hub's name for the user; empty where there is no hub."""
    return os.environ.get("JUPYTERHUB_USER") or ""


def digest(*parts: str) -> str:
    """A name made of these parts that reveals none of them: 32 hexadecimal digits."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
