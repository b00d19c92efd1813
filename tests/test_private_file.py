"""A file for its owner only, written to its end or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tutor_widget.private_file import private_file

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a matter of POSIX modes")


def write(path: Path, *, replaces: bool = True) -> None:
    with private_file(path, replaces=replaces) as file:
        file.write(b"new")


def test_it_is_private_whatever_it_replaces(tmp_path: Path) -> None:
    """Also behind a symbolic link, which stays one."""
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o666)
    link.symlink_to(path)
    for each in (tmp_path / "fresh", path, link):
        write(each)
        assert each.read_bytes() == b"new"
        assert each.stat().st_mode & 0o777 == 0o600
    assert link.is_symlink()


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    """Nothing of the new file is left, under any name."""
    path = tmp_path / "file"
    path.write_text("old")
    writing = private_file(path)
    writing.__enter__().write(b"half")
    error = RuntimeError()
    assert writing.__exit__(RuntimeError, error, None) is False
    assert [one.read_text() for one in tmp_path.iterdir()] == ["old"]


def test_what_exists_is_replaced_only_if_that_is_said(tmp_path: Path) -> None:
    """Also if it came meanwhile. A folder or a pipe is never replaced."""
    path, folder, pipe = (tmp_path / name for name in ("file", "folder", "pipe"))
    with pytest.raises(FileExistsError), private_file(path, replaces=False):
        path.write_text("of another program")
    with pytest.raises(FileExistsError):
        write(path, replaces=False)
    assert path.read_text() == "of another program"
    folder.mkdir()
    os.mkfifo(pipe)
    for each in (folder, pipe):
        with pytest.raises(OSError, match="no file that could be replaced"):
            write(each)
    assert {one.name for one in tmp_path.iterdir()} == {"file", "folder", "pipe"}


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    """Not the one that is written first."""
    path = tmp_path / "nowhere" / "file"
    with pytest.raises(FileNotFoundError) as caught:
        write(path)
    assert caught.value.filename == str(path)
