"""The data folder: whose it is, and who may read it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from tests.support.chats import chat_on, wait_for
from tests.support.servers.scripted import Scripted, be_idle
from tutor_widget.client.storage import folders
from tutor_widget.client.storage.folders import data_folder, is_anothers
from tutor_widget.client.storage.session_memory import SessionMemory

pytestmark = [
    pytest.mark.usefixtures("own_home"),
    pytest.mark.skipif(os.name == "nt", reason="a matter of POSIX modes"),
]
SOMEBODY = 65_534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder, which another program has made."""
    made = tmp_path / "data" / "tutor_widget"
    made.mkdir(parents=True, mode=0o700)
    return made


@pytest.fixture
def anothers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder, which belongs to another user, who has put a session into it."""
    memory = SessionMemory("ws://127.0.0.1:1/", "notebook", folder)
    memory.remember("planted")
    monkeypatch.setenv("JPY_SESSION_NAME", "notebook")
    if os.geteuid() == 0:
        os.chown(folder, SOMEBODY, SOMEBODY)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
    folders._data_folder.cache_clear()
    return folder


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o770, 0o777, 0o701, 0o710])
def test_a_folder_that_is_open_to_others_is_closed(
    folder: Path, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    """And that is said, without the path: a notebook shows the kernel's log."""
    folder.chmod(mode)
    folders._data_folder.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert data_folder() == folder
    assert folder.stat().st_mode & 0o777 == 0o700
    (record,) = caplog.records
    assert f"(mode {mode:03o}). It is private now." in record.getMessage()
    assert str(folder.parent) not in record.getMessage()


def test_a_private_folder_is_no_news(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is said of it, nor of one that is not there yet."""
    folders._data_folder.cache_clear()
    assert data_folder() == folder
    folder.rmdir()
    folders._data_folder.cache_clear()
    assert data_folder() == folder
    assert not is_anothers()
    assert caplog.records == []


def test_a_mode_that_cannot_be_changed_is_said(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems have none: the folder is used, for messages must outlive the kernel."""
    folder.chmod(0o777)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    folders._data_folder.cache_clear()
    assert data_folder() == folder
    assert "cannot be made private" in caplog.text


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(("owner", "is_used"), [(0, True), (SOMEBODY, False)])
def test_root_makes_no_folder_in_the_home_of_another(
    folder: Path, owner: int, is_used: bool
) -> None:
    """The user of the home could not use it then; one that root has made before stays root's."""
    os.chown(folder.parent, owner, owner)
    folders._data_folder.cache_clear()
    assert data_folder() == folder
    folder.rmdir()
    folders._data_folder.cache_clear()
    assert (data_folder() == folder) is is_used
    assert is_anothers() is not is_used


def test_a_folder_of_another_user_is_not_used(anothers: Path) -> None:
    """Neither read, where something may have been planted, nor written to."""
    assert is_anothers()
    before = sorted(anothers.rglob("*"))
    with Scripted(be_idle) as server, chat_on(server.url) as chat:
        chat.say("kept in memory")
        found = wait_for(chat, "_view", lambda view: view["warning_code"])
        assert found["warning_code"] == "folder_of_another"
        assert "belongs to another user" in found["warning"]
        assert str(anothers.parent) not in str(found)
    assert SessionMemory("ws://127.0.0.1:1/", "notebook").recall().session != "planted"
    assert sorted(anothers.rglob("*")) == before


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
def test_a_folder_that_another_user_makes_meanwhile_is_not_written_to(folder: Path) -> None:
    """It was not there when this process looked whose it is; others may write around it."""
    folder.rmdir()
    folders._data_folder.cache_clear()
    assert data_folder() == folder
    folder.mkdir(mode=0o777)
    os.chown(folder, SOMEBODY, SOMEBODY)
    (folder / "outbox").mkdir(mode=0o777)
    os.chown(folder / "outbox", SOMEBODY, SOMEBODY)
    with Scripted(be_idle) as server, chat_on(server.url) as chat:
        chat.say("kept in memory")
        found = wait_for(chat, "_view", lambda view: view["warning_code"])
    assert found["warning_code"] == "not_saved"
    assert list((folder / "outbox").iterdir()) == []
