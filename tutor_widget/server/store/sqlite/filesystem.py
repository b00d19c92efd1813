"""The file of the database, and the type of its file system."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["default_database", "is_on_network", "make_private"]

_NETWORK: Final = frozenset(
    "9p afs beegfs ceph cifs glusterfs gpfs lustre ncpfs nfs nfs4 orangefs pvfs2 smb3 smbfs".split()
)


def is_on_network(path: Path) -> bool:
    """Whether the file is, or would be, on a network file system. Known on Linux only.

    FUSE counts as one, because the file system behind it is unknown.
    """
    try:
        mounts = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return False
    return kind_of_mount(path.absolute().resolve(), mounts) in _NETWORK


def kind_of_mount(path: Path, mountinfo: list[str]) -> str:
    """The type of the path's file system, by the lines of ``/proc/self/mountinfo`` (proc(5))."""
    kind, depth = "", -1
    for line in mountinfo:
        mount, separator, source = line.partition(" - ")
        fields = mount.split()
        if not separator or len(fields) < 5:
            continue
        place = Path(fields[4].replace("\\040", " "))
        # A later mount hides an earlier one.
        if path.is_relative_to(place) and len(place.parts) >= depth:
            kind, depth = source.split()[0], len(place.parts)
    return "nfs" if kind.startswith("fuse.") else kind


def make_private(path: Path) -> None:
    """Make the file, if there is none, readable by its owner only (SQLite would not)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def default_database() -> Path:
    """The database in Jupyter's data folder. Finding the folder may read the disk."""
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "tutor_widget" / "tutor.sqlite"
