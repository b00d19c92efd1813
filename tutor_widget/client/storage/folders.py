"""Where a user's files are: journals, remembered sessions, the embedded tutor's database."""

from __future__ import annotations

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
