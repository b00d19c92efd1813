"""A kernel that is interrupted, as by "Interrupt kernel" in the menu, while the tutor talks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.support.kernels import WITHIN, Kernel
from tests.support.servers.processes import Tutor

WAIT = """
import threading
def wait_until(holds):
    done = threading.Event()
    look = lambda _=None: holds() and done.set()
    for name in ("history", "queue", "connection"):
        chat.observe(look, name)
    look()
    assert done.wait({within}), (chat.history, chat.queue, chat.connection)
"""
ALL_ANSWERED = """
wait_until(lambda: not chat.queue and chat.status == "connected" and
    {i["id"] for i in chat.history if i["role"] == "learner"}
    == {i["re"] for i in chat.history if i.get("re") and "seq" in i})
"""


def test_an_interrupted_kernel_goes_on(
    start_kernel: Callable[..., Kernel],
    start_tutor: Callable[..., Tutor],
    tmp_path: Path,
) -> None:
    """Ten times during a reply and ten times during an outage, waiting for the tutor or for
    something else: nothing is lost, doubled or out of order, and nothing of ours complains."""
    tutor = start_tutor("--tutor=echo", "--pace=100")
    said = tmp_path / "stderr"
    with said.open("wb") as stderr:
        kernel = start_kernel(stderr.fileno())
    kernel.run(f"from tutor_widget import TutorChat; chat = TutorChat({tutor.url!r}, session='s')")
    kernel.run(WAIT.format(within=WITHIN))
    endless = "and so on, " * 2000
    kernel.run(f"id = chat.say({endless!r})")
    kernel.run("wait_until(lambda: chat.history and chat.history[-1]['status'] == 'streaming')")
    for number in range(10):
        interrupt(kernel, f"reply {number}", asks=number % 2 == 1)
    kernel.run("assert chat.history[-1]['status'] == 'streaming'; chat.stop()")
    kernel.run(ALL_ANSWERED)
    tutor.kill()
    kernel.run("wait_until(lambda: chat.status == 'reconnecting')")
    for number in range(10):
        interrupt(kernel, f"outage {number}", asks=number % 2 == 1)
    tutor.start()
    kernel.run(ALL_ANSWERED)
    log = tutor.events("s")
    assert [item["id"] for item in kernel.log()] == [event.id for event in log]
    asked = {event.id: event.text for event in log if event.role == "learner"}
    texts = [endless, *(f"{when} {n}" for when in ("reply", "outage") for n in range(10))]
    # A cell that asks may be interrupted before it has asked.
    missing = [text for text in texts if text not in asked.values()]
    assert all(int(text.split()[-1]) % 2 == 1 for text in missing)
    assert list(asked.values()) == [text for text in texts if text not in missing]
    assert Counter(event.re for event in log if event.re) == Counter(asked.keys())
    stopped, *others = [event for event in log if event.re]
    assert stopped.status == "stopped"
    assert [event.text for event in others] == list(asked.values())[1:]
    kernel.kill()
    assert "tutor_widget" not in said.read_text()


def interrupt(kernel: Kernel, text: str, *, asks: bool) -> None:
    """Interrupt a cell that says something and waits, or that asks and waits for the answer."""
    cell = f"print('ready', flush=True); chat.ask_blocking({text!r}, {WITHIN})"
    if not asks:
        cell = f"""
id = chat.say({text!r})
print("ready", flush=True)
threading.Event().wait({WITHIN})
"""
    assert kernel.interrupt(cell) == "KeyboardInterrupt"
