"""A page without anywidget cannot draw a chat: a sentence in the output says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.kernels import Kernel

CHAT = """
from tutor_widget import TutorChat
from tutor_widget.notebook.unseen import unseen
unseen.wait = {wait}
TutorChat("ws://127.0.0.1:1", session="a-session-for-this-test", lang="{lang}")
""".strip()
AT_ONCE, NEVER = 0, 1e6


@pytest.fixture
def kernel(start_kernel: Callable[[], Kernel]) -> Kernel:
    return start_kernel()


def test_a_chat_that_no_page_draws_is_explained(kernel: Kernel) -> None:
    """In the output of its cell, though another ran since, in the chat's language, once; it goes
    when a page draws the chat after all."""
    kernel.run(CHAT.format(wait=NEVER, lang="de"), "first")
    kernel.run("unseen.wait = 0", "second")
    said = hint(kernel, 0)
    assert said["msg_type"] == "display_data"
    assert "pip install anywidget" in said["content"]["data"]["text/plain"]
    assert "Kernels" in said["content"]["data"]["text/html"]
    assert said["parent_header"]["msg_id"] == kernel.run_ids[0]
    kernel.ask("view", view="v1", shown=True, n=0)
    gone = hint(kernel, 1)
    assert gone["msg_type"] == "update_display_data"
    assert gone["content"]["data"] == {"text/plain": "", "text/html": ""}
    assert gone["content"]["transient"] == said["content"]["transient"]
    kernel.run(CHAT.format(wait=AT_ONCE, lang="en"), "third")
    assert not unexplained(kernel)


def hints(kernel: Kernel) -> list[dict[str, Any]]:
    """What was displayed, and was not the chat itself."""
    return [
        message
        for message in kernel.displays
        if "application/vnd.jupyter.widget-view+json" not in message["content"]["data"]
    ]


def hint(kernel: Kernel, number: int) -> dict[str, Any]:
    """The first, the second and so on, when it comes."""
    while len(hints(kernel)) <= number:
        kernel.next_display()
    return hints(kernel)[number]


def unexplained(kernel: Kernel) -> str:
    """What still waits to be told, or is told, once the loop has done what it was asked."""
    return kernel.run(
        "from tutor_widget.client.loop import call_on_loop\n"
        "print(call_on_loop(lambda: unseen._waiting + unseen._told) or '', end='')"
    )


def test_a_program_that_executes_a_notebook_is_told_nothing(kernel: Kernel) -> None:
    """It names no cell, and draws nothing."""
    kernel.run(CHAT.format(wait=AT_ONCE, lang="en"))
    assert not unexplained(kernel)
    assert hints(kernel) == []


def test_a_view_that_was_reported_in_time_is_enough(kernel: Kernel) -> None:
    """Nothing is said, of this chat and of others, which may be out of sight."""
    kernel.run(CHAT.format(wait=NEVER, lang="en"), "first")
    kernel.ask("view", view="v1", shown=True, n=0)
    kernel.run(CHAT.format(wait=AT_ONCE, lang="en"), "second")
    assert not unexplained(kernel)
    assert hints(kernel) == []


def test_nothing_is_said_while_a_cell_runs(kernel: Kernel) -> None:
    """On an older kernel the page's report waits for the end of the cell."""
    kernel.run(CHAT.format(wait=NEVER, lang="en"), "first")
    kernel.run(
        "from tutor_widget.client.loop import call_on_loop\ncall_on_loop(unseen._tell)", "second"
    )
    assert hints(kernel) == []
