"""SQLite 3.34, the oldest version that must do (RHEL 9 has it)."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support.paths import ROOT

OLDEST = "3.34.0"
PACKAGE = "sqlite3@5.0.2"
"""A package of npm that has the sources of that version in it."""


def compile_oldest(folder: Path) -> Path:
    """Compile the library; the folder that it is in."""
    subprocess.run(["npm", "pack", PACKAGE], cwd=folder, check=True, capture_output=True)
    (package,) = folder.glob("*.tgz")
    with tarfile.open(package) as outer:
        name = next(n for n in outer.getnames() if "sqlite-autoconf-3340000" in n)
        with tarfile.open(fileobj=outer.extractfile(name)) as inner:
            inner.extractall(folder, filter="data")
    (source,) = folder.glob("*/sqlite3.c")
    library = folder / "lib" / "libsqlite3.so.0"
    library.parent.mkdir()
    options = ["-O1", "-shared", "-fPIC", "-DSQLITE_ENABLE_DESERIALIZE", "-DSQLITE_THREADSAFE=1"]
    command = ["gcc", *options, str(source), "-o", str(library), "-lpthread", "-ldl", "-lm"]
    subprocess.run(command, check=True)
    return library.parent


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_store_runs_on_the_oldest_version(tmp_path: Path) -> None:
    """The contract suite, and the engine's own tests but those of 0.1's STRICT tables."""
    folder = compile_oldest(tmp_path)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder)}
    ask = [sys.executable, "-c", "import sqlite3; print(sqlite3.sqlite_version)"]
    version = subprocess.run(ask, env=environment, capture_output=True, text=True, check=True)
    assert version.stdout.strip() == OLDEST
    tests = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    tests += ["-p", "no:xdist", "tests/server/store", "--deselect"]
    tests += ["tests/server/store/sqlite/test_migration.py"]
    done = subprocess.run(
        tests, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
