"""`TutorChat()` in real kernels: the embedded tutor, a kernel that is killed, two at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.support.kernels import WITHIN, Kernel

SET_UP = """
from tutor_widget import TutorChat
chat = TutorChat(session="two-kernels-one-conversation")
"""


def answered_once(log: list[dict[str, Any]]) -> bool:
    """Whether every message of the learner has exactly one answer, and nothing is there twice."""
    asked = [item["id"] for item in log if item["role"] == "learner"]
    answers = Counter(item["re"] for item in log if item.get("re"))
    ids = [item["id"] for item in log]
    return answers == Counter(asked) and len(set(ids)) == len(ids)


def test_two_kernels_share_one_conversation(start_kernel: Callable[[], Kernel]) -> None:
    """Each starts a tutor of its own on the same file, and still each message is answered once."""
    one, other = start_kernel(), start_kernel()
    for kernel in (one, other):
        kernel.run(SET_UP)
    # Both at once: neither waits for its answers before it has said everything.
    for kernel in (one, other):
        kernel.run("ids = [chat.say('hint') for _ in range(3)]")
    for kernel in (one, other):
        kernel.run(
            "import threading\n"
            "done = threading.Event()\n"
            "def look(_=None):\n"
            "    if sum(1 for e in chat.history if e.get('re') and 'seq' in e) == 6: done.set()\n"
            "chat.observe(look, 'history'); look()\n"
            f"assert done.wait({WITHIN}), chat.history"
        )
    first, second = one.log(), other.log()
    assert first == second
    assert answered_once(first)


def test_a_killed_kernel_goes_on_where_it_was(start_kernel: Callable[[], Kernel]) -> None:
    """History, lesson and what was typed just before the kill are there in the next kernel."""
    first = start_kernel()
    first.run(SET_UP)
    first.run(f"answer = await chat.ask('3', timeout={WITHIN})")
    before = first.log()
    state = first.run("print(json.dumps(chat.session_state))")
    first.run("chat.disconnect(); ids = [chat.say(text) for text in ('hint', 'again')]")
    first.run(
        "import threading\n"
        "done = threading.Event()\n"
        "look = lambda _=None: [m['status'] for m in chat.queue] == ['queued'] * 2 and done.set()\n"
        f"chat.observe(look, 'queue'); look()\nassert done.wait({WITHIN}), chat.queue"
    )
    first.kill()
    second = start_kernel()
    second.run(SET_UP)
    second.run(
        "import threading, json\n"
        "done = threading.Event()\n"
        "def look(_=None):\n"
        f"    if sum('seq' in e for e in chat.history) == {len(before) + 4}: done.set()\n"
        f"chat.observe(look, 'history'); look()\nassert done.wait({WITHIN}), chat.history"
    )
    after = second.log()
    assert after[: len(before)] == before
    assert [item["text"] for item in after if item["role"] == "learner"] == ["3", "hint", "again"]
    assert answered_once(after)
    assert (
        json.loads(second.run("print(json.dumps(chat.session_state))"))["step"]
        == (json.loads(state)["step"])
    )


def test_a_running_cell_is_never_blocked(start_kernel: Callable[[], Kernel]) -> None:
    """Making a chat on a dead address and talking to it waits for nothing and prints nothing."""
    kernel = start_kernel()
    kernel.run("from tutor_widget import TutorChat, TutorError")
    said = kernel.run(
        "dead = TutorChat('ws://127.0.0.1:1', session='nobody-is-there-to-answer')\n"
        "id = dead.say('hello')\n"
        "try:\n"
        "    await dead.ask('anyone?', timeout=0.2)\n"
        "except TimeoutError as error:\n"
        "    print(error)\n"
        "import asyncio\n"
        "while len(dead.queue) < 2:\n"
        "    await asyncio.sleep(0.01)\n"
        "print(dead.status, len(dead.queue))"
    )
    assert said.splitlines()[-1] == "connecting 2"
    assert "stays queued" in said
