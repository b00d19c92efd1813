"""The embedded server that a kernel starts."""

from __future__ import annotations

from pathlib import Path

from tests.support.children import Child

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
        reason = kernel.run("chat.connection['reason']")
        assert reason.startswith("The tutor built into this notebook cannot start: ")
        # Shown: what kind of error, for whoever sees the notebook. The rest is the log's, once.
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


def test_chats_share_one_embedded_tutor(tmp_path: Path) -> None:
    """Two conversations use one server, and nothing is printed when the kernel ends."""
    with Child(tmp_path) as kernel:
        kernel.run(BEGIN)
        kernel.run("other = TutorChat(session='another')")
        kernel.run("until(lambda: chat.status == other.status == 'connected')")
        kernel.run("from tutor_widget.client.loop import get_loop")
        kernel.run("run = asyncio.run_coroutine_threadsafe")
        locate = "run(c._client.target.locate(), get_loop()).result()"
        urls = kernel.run(f"[{locate} for c in (chat, other)]")
        assert urls[0] == urls[1]
        assert kernel.leave() == 0
    assert kernel.said.read_text() == ""
