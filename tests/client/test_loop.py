"""The chats' thread, the disk executor and the shutdown hooks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from tutor_widget.client.loop import call_on_loop, post_to_loop
from tutor_widget.client.storage.disk import run_on_disk

WITHIN = 60.0


async def test_a_write_that_is_cancelled_while_it_waits_its_turn_is_made() -> None:
    """A chat that closes cancels its waiters; what it had begun to keep is still kept."""
    hold, begun, made = threading.Event(), threading.Event(), threading.Event()

    def busy() -> None:
        begun.set()
        hold.wait(WITHIN)

    first = asyncio.create_task(run_on_disk(busy))
    second = asyncio.create_task(run_on_disk(made.set))
    await asyncio.to_thread(begun.wait, WITHIN)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    hold.set()
    await first
    assert await asyncio.to_thread(made.wait, WITHIN)


async def test_the_disk_is_waited_for_in_order_and_its_errors_are_told() -> None:
    """One after the other, in the order asked for; an error is its asker's alone."""
    made: list[int] = []

    def fail() -> None:
        raise OSError("full")

    failing = asyncio.create_task(run_on_disk(fail))
    await asyncio.gather(*(run_on_disk(made.append, n) for n in range(50)))
    assert made == list(range(50))
    with pytest.raises(OSError, match="full"):
        await failing


def test_a_call_returns_and_raises_what_the_function_does() -> None:
    """From any thread, and on the thread itself, where waiting for it would never end."""

    def twice() -> int:
        return call_on_loop(lambda: 21) * 2

    assert call_on_loop(twice) == 42
    with pytest.raises(ZeroDivisionError):
        call_on_loop(lambda: 1 // 0)


def test_whatever_a_callback_raises_the_thread_goes_on() -> None:
    """An exit asked for on it was meant for another thread."""
    for error in (SystemExit, KeyboardInterrupt):

        def leave(error: type[BaseException] = error) -> None:
            raise error

        post_to_loop(leave)
        assert call_on_loop(lambda: 42) == 42


HOOKS = """
import asyncio
from tutor_widget.client.loop import call_on_loop
from tutor_widget.client.shutdown import on_shutdown

async def wave() -> None:
    print("bye", flush=True)

async def fail() -> None:
    raise ValueError("a fault at the end")

async def hang() -> None:
    await asyncio.Event().wait()

for hook in (fail, wave, wave, hang):
    on_shutdown(hook)
call_on_loop(lambda: None)
"""


def test_a_process_ends_in_time_whatever_its_shutdown_hooks_do() -> None:
    """Each runs once, beside one that raises and one that hangs; nothing is printed of them."""
    done = subprocess.run(
        [sys.executable, "-c", HOOKS],
        capture_output=True,
        text=True,
        timeout=3 * WITHIN,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "bye\n", "")


def test_the_loop_is_asyncios_own() -> None:
    """A program may have set a policy whose loops know no happy eyeballs."""
    program = """
import asyncio, warnings
warnings.simplefilter("ignore")

class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        raise NotImplementedError

asyncio.set_event_loop_policy(Policy())
from tutor_widget.client.loop import call_on_loop
print(call_on_loop(lambda: "it runs"))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout == "it runs\n"
