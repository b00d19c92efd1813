"""How long does a conversation of thousands of messages hold up its page?

    python3 dev.py bench transcript [--messages 0 1000 5000]

The real bundle in a real Chromium, with a stand-in for the kernel (js/test/support/mock.mjs), opens
a history, takes what is typed, and lets a reply of 300 tokens stream, 50 a second. Beside it the
plain way to draw the same messages: all at once, in one list that follows its end. Times are of
Chromium's own tracing: the tasks of the page's main thread, by the clock on the wall and by the
thread's own, which stands still while other programs have the processor. The exit status is 1 if a
task of ours takes more than 50 ms of the thread's time.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, sync_playwright

from tests.support.browser.chromium import SWITCHES, program
from tests.support.browser.harness import Harness

LONG = 50.0
TYPED = "How do I take the last two items of a list? " * 2
AT = 1_760_000_000_000
SCRIPT = Path(__file__).with_name("transcript.js")


@dataclass
class Tasks:
    """The tasks of a page's main thread in one act, in ms."""

    wall: list[float]
    thread: list[float]

    def row(self) -> str:
        """Of each clock: the longest, and how many were too long."""
        parts = (f"{max(t, default=0):6.0f} ms {sum(x > LONG for x in t):4} " for t in self.clocks)
        return "│".join(parts)

    @property
    def clocks(self) -> tuple[list[float], list[float]]:
        """By the wall's clock, by the thread's."""
        return self.wall, self.thread


@contextmanager
def traced(browser: Browser, harness: Harness) -> Iterator[Tasks]:
    """The tasks that run meanwhile."""
    tasks = Tasks([], [])
    kinds = ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"]
    browser.start_tracing(page=harness.page, categories=kinds)
    yield tasks
    events = json.loads(browser.stop_tracing())["traceEvents"]
    names = [e for e in events if e["name"] == "thread_name"]
    main = {(e["pid"], e["tid"]) for e in names if e["args"]["name"] == "CrRendererMain"}
    # Several pages may be there: ours is the busiest.
    busy: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for event in events:
        place = (event["pid"], event["tid"])
        if event["name"] == "RunTask" and event["ph"] == "X" and place in main:
            busy.setdefault(place, []).append(event)
    ours = max(busy.values(), key=lambda run: sum(e["dur"] for e in run), default=[])
    tasks.wall += [e["dur"] / 1000 for e in ours]
    tasks.thread += [e.get("tdur", e["dur"]) / 1000 for e in ours]


def history(count: int) -> list[dict[str, Any]]:
    """Questions, and answers with some Markdown."""
    said = []
    for n in range(count):
        asked = n % 2 == 0
        text = f"Question {n}: what is `x[{n}]`?"
        if not asked:
            code = f"```\nx = list(range({n}))\nprint(x)\n```"
            text = f"Answer {n}: it is **{n}**.\n\n{code}\n\nbecause *indexes* begin at 0."
        event = {"seq": n + 1, "id": f"e{n}", "role": "learner" if asked else "tutor", "text": text}
        re = {} if asked else {"re": f"e{n - 1}"}
        said.append({**event, **re, "at": AT + n * 60_000, "status": "complete"})
    return said


def measure(browser: Browser, way: str, count: int) -> dict[str, Tasks]:
    """Open, type, stream; the tasks of each."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    harness = Harness(context.new_page(), SCRIPT)
    page = harness.page
    harness.show({})
    page.evaluate("said => { bench.said = said; }", history(count))

    def show(way: str) -> None:
        page.evaluate(f"bench.{way}()")
        page.wait_for_function("n => bench.drawn() === n", arg=count, timeout=300_000)

    if way == "plain":
        show("widget")
        page.evaluate("bench.copy()")
    done = {}
    with traced(browser, harness) as done["open"]:
        show(way)
    page.evaluate("bench.field().focus()")
    with traced(browser, harness) as done["type"]:
        for char in TYPED:
            page.keyboard.type(char)
    with traced(browser, harness) as done["stream"]:
        page.evaluate("bench.stream(300, 50)")
    context.close()
    return done


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, nargs="+", default=[100, 1_000, 5_000])
    given = parser.parse_args()
    worst = 0.0
    print("messages  act      drawn     │ longest, >50 ms │ thread's time  ")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=SWITCHES)
        print(f"Chromium {browser.version}")
        for count in given.messages:
            for way in ("widget", "plain"):
                for act, tasks in measure(browser, way, count).items():
                    print(f"{count:8}  {act:7}  {way:8}  │{tasks.row()}", flush=True)
                    if way == "widget":
                        worst = max(worst, *tasks.thread)
        browser.close()
    return int(worst > LONG)


if __name__ == "__main__":
    sys.exit(main())
