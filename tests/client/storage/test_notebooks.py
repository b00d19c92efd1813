"""Which notebook a file is: by the id in it, and by hints where that is missing."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.support.notebooks import rewrite, write
from tutor_widget.client.storage import notebook_file
from tutor_widget.client.storage.notebook_file import examine, locate
from tutor_widget.client.storage.notebooks import Notebooks

KERNEL = "8e2b1a90-1f0e-4a34-9c5a-7c1c0b6f2a11"


@pytest.fixture
def known(tmp_path: Path) -> Notebooks:
    """What a user's kernels remember together."""
    return Notebooks(tmp_path / "data")


def keep(known: Notebooks, id: str, path: Path, *, marked: bool = False, kernel: str = "") -> None:
    """A kernel has run the notebook at this path; ``marked``: with a page that wrote its id."""
    known.remember(known.seen(id, str(path), is_marked=marked), kernel or None)


def found(known: Notebooks, path: Path, kernel: str = "") -> str | None:
    record = known.find(str(path), kernel or None)
    return None if record is None else record.id


# --- what is found ------------------------------------------------------------------------------


def test_a_file_that_holds_an_id_is_that_notebook(known: Notebooks, tmp_path: Path) -> None:
    """Also one that no kernel here has seen: it came from another machine, or from a teacher."""
    assert found(known, write(tmp_path / "a.ipynb", "one")) == "one"


@pytest.mark.parametrize("place", ["b.ipynb", "folder/a.ipynb"])
def test_a_moved_file_takes_its_id_along(known: Notebooks, tmp_path: Path, place: str) -> None:
    """Renamed, or into a folder, by whatever program; its record follows."""
    path = write(tmp_path / "a.ipynb", "one")
    keep(known, "one", path, marked=True)
    moved = tmp_path / place
    moved.parent.mkdir(exist_ok=True)
    path.rename(moved)
    record = known.find(str(moved))
    assert record is not None
    assert (record.id, record.path) == ("one", str(moved))


def test_a_copy_is_none_that_is_known(known: Notebooks, tmp_path: Path) -> None:
    """While the file where the id was last still holds it; and that file keeps it."""
    path = write(tmp_path / "a.ipynb", "one")
    keep(known, "one", path, marked=True)
    copy = write(tmp_path / "copy.ipynb", "one")
    assert found(known, copy) is None
    assert found(known, path) == "one"
    keep(known, "two", copy)  # its id, until a page writes it
    assert found(known, copy) == "two"
    assert found(known, path) == "one"


def test_one_file_with_two_names_is_no_copy(known: Notebooks, tmp_path: Path) -> None:
    """A link to a folder, as homes often have them."""
    path = write(tmp_path / "home" / "a.ipynb", "one")
    keep(known, "one", path, marked=True)
    (tmp_path / "link").symlink_to(tmp_path / "home")
    assert found(known, tmp_path / "link" / "a.ipynb") == "one"


def test_a_new_file_of_an_old_name_is_another_notebook(known: Notebooks, tmp_path: Path) -> None:
    """Whether the old one was opened under its new name yet or not."""
    path = write(tmp_path / "a.ipynb", "one")
    keep(known, "one", path, marked=True)
    moved = path.rename(tmp_path / "b.ipynb")
    write(path)
    assert found(known, path) is None
    assert found(known, moved) == "one"
    keep(known, "one", moved, marked=True)
    assert found(known, path) is None


def test_a_deleted_notebook_leaves_nothing_to_a_new_one_of_its_name(
    known: Notebooks, tmp_path: Path
) -> None:
    """Even if the file system uses its inode again."""
    path = write(tmp_path / "a.ipynb", "one")
    keep(known, "one", path, marked=True)
    inode = path.stat().st_ino
    rewrite(path)  # as a new file of the same inode
    assert path.stat().st_ino == inode
    assert found(known, path) is None


def test_an_id_that_is_not_saved_yet_is_known_by_the_file(known: Notebooks, tmp_path: Path) -> None:
    """The kernel ends, and the notebook may be renamed, before the page saves it."""
    path = write(tmp_path / "a.ipynb")
    keep(known, "one", path, marked=True)
    assert found(known, path) == "one"
    moved = path.rename(tmp_path / "b.ipynb")
    assert found(known, moved) == "one"
    write(path)
    assert found(known, path) is None


def test_a_copy_of_what_is_not_saved_yet_leaves_the_original_its_id(
    known: Notebooks, tmp_path: Path
) -> None:
    """*Save as* writes the id to the new file alone."""
    path = write(tmp_path / "a.ipynb")
    keep(known, "one", path, marked=True)
    copy = write(tmp_path / "copy.ipynb", "one")
    assert found(known, copy) is None
    assert found(known, path) == "one"


def test_without_a_page_the_path_says_it(known: Notebooks, tmp_path: Path) -> None:
    """As in VS Code: no id is ever written, and the file is saved again and again."""
    path = write(tmp_path / "a.ipynb")
    keep(known, "one", path)
    rewrite(path)
    assert found(known, path) == "one"


@pytest.mark.parametrize("content", ["# %%\nTutorChat()\n", "{", '{"nbformat": 4}', "[" * 100_000])
def test_what_is_no_notebook_goes_by_its_path(
    known: Notebooks, tmp_path: Path, content: str
) -> None:
    """A text that holds no metadata (Jupytext, marimo), and what cannot be read."""
    path = tmp_path / "a.py"
    path.write_text(content)
    keep(known, "one", path, marked=True)
    path.write_text(content + " ")
    assert found(known, path) == "one"


def test_a_path_without_a_file_says_it(known: Notebooks, tmp_path: Path) -> None:
    """The file lies on another machine, or was renamed and this kernel restarted."""
    keep(known, "one", tmp_path / "nowhere.ipynb", marked=True)
    assert found(known, tmp_path / "nowhere.ipynb") == "one"


def test_a_restarted_kernel_is_its_notebooks(known: Notebooks, tmp_path: Path) -> None:
    """Its path is of its first start, where another notebook may be by now."""
    path = write(tmp_path / "a.ipynb")
    keep(known, "one", path, kernel=KERNEL)
    moved = path.rename(tmp_path / "b.ipynb")
    keep(known, "one", moved, marked=True, kernel=KERNEL)
    keep(known, "two", write(path, "two"), marked=True)
    record = known.find(str(path), KERNEL)
    assert record is not None
    assert (record.id, record.path) == ("one", str(moved))
    assert found(known, path) == "two"


# --- what is remembered -------------------------------------------------------------------------


def test_the_first_at_a_path_has_what_was_remembered_for_the_path(
    known: Notebooks, tmp_path: Path
) -> None:
    """Before there were ids. The next notebook of that name has not."""
    path = str(write(tmp_path / "a.ipynb"))
    keep(known, "one", Path(path))
    assert known.seen("one", path).began_as == path
    assert known.seen("two", path).began_as is None
    assert known.seen("three", "").began_as is None


def test_records_are_private_and_few(known: Notebooks, tmp_path: Path) -> None:
    """A notebook's record and its hints."""
    path = write(tmp_path / "a.ipynb", "one")
    for n in range(3):
        keep(known, "one", path, kernel=f"{KERNEL}{n}")
    files = list((tmp_path / "data" / "notebooks").iterdir())
    assert len(files) == 3 + 3
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_users_of_one_home_share_nothing(
    known: Notebooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one of them knows of a file is nothing to the other."""
    path = write(tmp_path / "a.ipynb")
    keep(known, "one", path, kernel=KERNEL)
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert found(known, path, KERNEL) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"id": 7}', b'{"id": "two"}', b"\xff"])
def test_a_spoilt_record_is_none(known: Notebooks, tmp_path: Path, content: bytes) -> None:
    """Whatever the files hold, the chat begins; the id in the file still counts."""
    path = write(tmp_path / "a.ipynb", "one")
    keep(known, "one", path, kernel=KERNEL)
    for file in (tmp_path / "data" / "notebooks").iterdir():
        file.write_bytes(content)
    assert found(known, path, KERNEL) == "one"
    assert found(known, write(tmp_path / "b.ipynb"), KERNEL) is None


def test_without_a_disk_nothing_is_raised(tmp_path: Path) -> None:
    """Then only the ids in notebooks count."""
    (tmp_path / "data").write_text("no folder")
    known = Notebooks(tmp_path / "data")
    keep(known, "one", tmp_path / "a.ipynb", kernel=KERNEL)
    assert found(known, write(tmp_path / "a.ipynb", "two"), KERNEL) == "two"


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mark",
    [None, 7, "one", [], {}, {"notebook": 7}, {"notebook": "a/b"}, {"notebook": "x" * (1 << 20)}],
    ids=lambda mark: repr(mark)[:30],
)
def test_a_mark_that_holds_no_id_counts_as_none(tmp_path: Path, mark: Any) -> None:
    """Whatever stands in a notebook was written by anybody."""
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "metadata": {"tutor_widget": mark}, "cells": []}))
    assert examine(str(path))[1:] == (True, None)


def test_what_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, a folder, a pipe that nobody writes to, an impossible name, a file that is huge."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "none", tmp_path, tmp_path / "pipe", tmp_path / ("x" * 5_000), "a\0b"):
        assert examine(str(path)) == notebook_file.Contents()
    path = write(tmp_path / "a.ipynb", "one")
    monkeypatch.setattr(notebook_file, "LARGEST", 10)
    assert examine(str(path))[1:] == (False, None)


def test_a_servers_path_is_found_below_the_same_folder(tmp_path: Path) -> None:
    """Near a file whose place is known; of several, the one that holds the id."""
    near = str(write(tmp_path / "deep" / "a.ipynb"))
    there = write(tmp_path / "other" / "b.ipynb", "one")
    assert locate("other/b.ipynb", near, None) == str(there)
    assert locate("/other/b.ipynb", near, None) == str(there)
    assert locate("deep/a.ipynb", near, None) == near
    top = write(tmp_path / "a.ipynb", "one")
    assert locate("a.ipynb", near, "one") == str(top)
    assert locate("a.ipynb", near, None) == near
    assert locate("on/a/drive.ipynb", near, None) == ""


@pytest.mark.parametrize(
    "path",
    ["", "/", "..", "../a.ipynb", "b/../../a.ipynb", "a\0b", "x" * 5_000, "x" * (1 << 20)],
    ids=lambda path: repr(path)[:30],
)
def test_what_is_no_path_of_a_server(tmp_path: Path, path: str) -> None:
    """No page leads the kernel out of its folders."""
    write(tmp_path / "a.ipynb")
    assert locate(path, str(tmp_path / "folder" / "c.ipynb"), None) == ""
