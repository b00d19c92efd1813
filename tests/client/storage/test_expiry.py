"""What is kept for long goes at last."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tutor_widget.client.storage.expiry import expire
from tutor_widget.client.storage.notebooks import Notebooks
from tutor_widget.client.storage.session_memory import SessionMemory

DAY = 86_400


def put(path: Path, days: float) -> Path:
    """A file that was used so many days ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return path


@pytest.mark.parametrize(
    ("name", "lasts", "most"),
    [
        ("sessions/{}.json", 400, 1_000),
        ("sessions/{}.left", 400, 1_000),
        ("notebooks/{}.notebook", 400, 1_000),
        ("notebooks/{}.path.hint", 400, 1_000),
        ("notebooks/{}.inode.hint", 400, 1_000),
        ("notebooks/{}.kernel.hint", 30, 1_000),
        ("outbox/{}.damaged", 30, 20),
    ],
)
def test_age_and_number_have_bounds(tmp_path: Path, name: str, lasts: int, most: int) -> None:
    """The newest stay."""
    old = put(tmp_path / name.format("old"), lasts + 1)
    files = [put(tmp_path / name.format(n), n / most * (lasts - 1)) for n in range(most + 5)]
    expire(tmp_path)
    assert not old.exists()
    assert [path.exists() for path in files] == [True] * most + [False] * 5


def test_what_waits_to_be_sent_stays(tmp_path: Path) -> None:
    """However old: journals, drafts of one, and whatever else lies there."""
    kept = [
        put(tmp_path / name, 5_000)
        for name in ("outbox/a.b.journal", "outbox/a.b.draft", "owners.key", "accounts/a.account")
    ]
    expire(tmp_path)
    assert all(path.exists() for path in kept)
    expire(tmp_path / "nowhere")  # raises nothing


def test_a_session_in_use_is_new(tmp_path: Path) -> None:
    """Each use writes it anew."""
    memory = SessionMemory("server", "notebook", tmp_path)
    memory.remember("s")
    (file,) = (tmp_path / "sessions").glob("*.json")
    put(file, 399)
    memory.remember("another")
    expire(tmp_path)
    assert memory.recall().session == "another"


def test_a_notebook_in_use_is_new(tmp_path: Path) -> None:
    """Its record and hints, also where nothing in them has changed."""
    known = Notebooks(tmp_path)
    known.remember(known.seen("one", str(put(tmp_path / "a.ipynb", 0))), "kernel")
    files = list((tmp_path / "notebooks").iterdir())
    assert len(files) == 4
    for file in files:
        put(file, 399)
    known.remember(known.seen("one", str(tmp_path / "a.ipynb")), "kernel")
    assert all(time.time() - file.stat().st_mtime < DAY for file in files)
