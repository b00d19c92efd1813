"""The embedded server that a kernel starts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.children import Child
from tutor_widget import embedded
from tutor_widget.errors import Unreachable

BEGIN = """
import asyncio
from tests.support.children import until
from tutor_widget import TutorChat
chat = TutorChat()
"""


def test_a_start_that_failed_is_tried_again(tmp_path: Path) -> None:
    """The connection shows why the start failed; the next dial starts the server again."""
    (tmp_path / "tutor_widget").write_text("in the way")
    with Child(tmp_path) as kernel:
        kernel.run(BEGIN)
        kernel.run("until(lambda: chat.connection['reason'])")
        connection = kernel.run("chat.connection")
        shown = connection["args"]["file"]
        assert (connection["code"], shown) == ("database_unusable", "tutor.sqlite")
        assert connection["reason"].startswith("The database tutor.sqlite cannot be opened: ")
        # Shown: what kind of error, to everyone who sees the notebook. The log has the rest, once.
        assert str(tmp_path) not in str(kernel.run("chat.get_state()['connection']"))
        failed = kernel.run("chat.connection['attempt']")
        kernel.run("chat.reconnect()")
        kernel.run(f"until(lambda: chat.connection['attempt'] > {failed})")
        assert kernel.said.read_text().count("The embedded tutor cannot start") == 1
        assert str(tmp_path) in kernel.said.read_text()
        (tmp_path / "tutor_widget").unlink()
        kernel.run("chat.reconnect()")
        kernel.run("until(lambda: chat.status == 'connected')")
        assert kernel.run("chat.ask_blocking('hello', 60).role") == "tutor"
        assert kernel.leave() == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
def test_where_the_folder_is_anothers_nothing_stays(tmp_path: Path) -> None:
    """The tutor answers, from a database of this process that goes when it ends."""
    folder = tmp_path / "tutor_widget"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    (temporary := tmp_path / "tmp").mkdir()
    with Child(tmp_path, TMPDIR=str(temporary)) as kernel:
        kernel.run(BEGIN)
        assert kernel.run("chat.ask_blocking('hello', 60).role") == "tutor"
        (own,) = temporary.iterdir()
        assert (own / "tutor.sqlite").exists()
        assert kernel.leave() == 0
    assert list(temporary.iterdir()) == []
    assert list(folder.iterdir()) == []


async def test_a_start_that_fails_for_an_unknown_reason_says_what_was_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The code is that of the embedded server; the exception is named, its text is not shown."""

    async def fail() -> NoReturn:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(embedded, "_running", [])
    monkeypatch.setattr(embedded, "_start", fail)
    with pytest.raises(Unreachable) as found:
        await embedded.Embedded().locate()
    assert (found.value.code, found.value.params) == (
        "embedded_failed",
        {"detail": "RuntimeError"},
    )


def test_chats_share_one_embedded_tutor(tmp_path: Path) -> None:
    """Two conversations use one server, and nothing is printed when the kernel ends."""
    with Child(tmp_path) as kernel:
        kernel.run(BEGIN)
        kernel.run("other = TutorChat(session='another')")
        kernel.run("until(lambda: chat.status == other.status == 'connected')")
        kernel.run("from tutor_widget.client.loop import get_loop")
        kernel.run("run = asyncio.run_coroutine_threadsafe")
        locate = "run(c._client.target.locate(), get_loop()).result()"
        kernel.run(f"one, other = ({locate} for c in (chat, other))")
        assert kernel.run("one == other")
        assert kernel.leave() == 0
    assert kernel.said.read_text() == ""
