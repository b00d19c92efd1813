"""Which store a URL opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tutor_widget.server import SQLiteStore, StoreError, open_store


@pytest.mark.parametrize(
    "url", ["sqlite:///{}/t.sqlite", "sqlite:///t.sqlite", "{}/t.sqlite", "t.sqlite"]
)
async def test_database_urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """They are written as for SQLAlchemy, or as a plain path."""
    monkeypatch.chdir(tmp_path)
    store = await open_store(url.format(tmp_path))
    assert isinstance(store, SQLiteStore)
    assert (tmp_path / "t.sqlite").exists()
    await store.close()


async def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    """Also one that looks like a URL."""
    store = await open_store(tmp_path / "a://b")
    assert isinstance(store, SQLiteStore)
    await store.close()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://ada:secret@host/db", "no database that this server knows"),
        ("sqlite://secret.sqlite", "no database that this server knows"),
        ("sqlite:///", "no database that this server knows"),
    ],
)
async def test_what_is_no_database_is_a_sentence(url: str, why: str) -> None:
    """It says what to name instead, and quotes no URL, which may hold a password."""
    with pytest.raises(StoreError, match=why) as found:
        await open_store(url)
    assert "sqlite:////absolute/path" in str(found.value)
    assert "secret" not in str(found.value)
