"""Where a user's files are: journals, remembered sessions, the embedded tutor's database."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from pathlib import Path
from typing import Final

_FOLDER_VARIABLES: Final = (
    "JUPYTER_DATA_DIR", "JUPYTER_PLATFORM_DIRS", "HOME", "XDG_DATA_HOME", "APPDATA", "USERPROFILE"
)  # fmt: skip
"""The environment variables that `jupyter_core` reads."""


def data_folder() -> Path:
    """The folder of this package in Jupyter's data folder; it may not exist yet.

    The first call in an environment may wait for the disk, and for the service that knows the
    user's home. The result is cached for each environment.
    """
    return _data_folder(tuple(os.environ.get(name) for name in _FOLDER_VARIABLES))


@functools.lru_cache(8)
def _data_folder(_environment: tuple[str | None, ...]) -> Path:
    from jupyter_core.paths import jupyter_data_dir

    try:
        return Path(jupyter_data_dir()) / "tutor_widget"
    except RuntimeError:  # a user without a home has no folder; writing there fails, and says so
        return Path(os.devnull) / "tutor_widget"


def user_name() -> str:
    """The hub's name for the user; empty where there is no hub."""
    return os.environ.get("JUPYTERHUB_USER") or ""


def digest(*parts: str) -> str:
    """A name made of these parts that reveals none of them: 32 hexadecimal digits."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def private_folder(folder: Path) -> Path:
    """Make the folder, and the one around it, with mode 0700 if needed; return it.

    Raises OSError.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def sync_folder(folder: Path) -> None:
    """Make a new name in the folder durable, where the file system and the system can do so."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
