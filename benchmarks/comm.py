"""What does a chat cost between kernel and page? Bytes on the WebSocket, both ways.

    python3 dev.py bench comm [--messages 0 1000 5000]

Each chat is shown by a real JupyterLab in a real Chromium with so many messages in its history;
then a reply of tokens of four letters comes, 50 a second, and then ten messages of 40 letters, one
after the other. Beside `TutorChat`: Panel's `ChatFeed`, and what one writes first with anywidget, a
list of messages that is set anew for each token. The peers' packages are installed on first use
into .bench_cache. At last ten chats in one notebook: what their opening costs, what a file holds.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import BrowserContext, Error, expect, sync_playwright

from benchmarks.faulty import packages
from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.chromium import SWITCHES, program
from tests.support.browser.jupyter import Lab, Notebook
from tests.support.servers.processes import Learner, Tutor

ROOT: Final = Path(__file__).resolve().parent.parent
PANEL: Final = ["panel==1.9.4", "jupyter_bokeh==4.1.0"]
HOST: Final = ["jupyterlab==4.6.6", "ipykernel==7.4.0", "anywidget==0.11.0"]
OUR_NEEDS: Final = ["markdown-it-py>=3", "msgspec>=0.20", "psutil>=6", "websockets>=17"]
RATE, EVENTS = 50, 10
WORDS: Final = "a message of exactly forty letters, yes."


@dataclass(frozen=True)
class Peer:
    """How another chat is made, streams, and takes a message; `tokens`: of how many to measure."""

    name: str
    tokens: int
    first: str
    make: str
    stream: str
    event: str


PEERS: Final = [
    Peer(
        "Panel's ChatFeed",
        100,
        """
import asyncio
import panel as pn
pn.extension(inline=True)  # its code comes with it, not from a network of others
""",
        """
texts = ["{words}"] * {count}
feed = pn.chat.ChatFeed(*[pn.chat.ChatMessage(text, user="Tutor") for text in texts])
feed
""",
        """
message = None
for n in range({tokens}):
    message = feed.stream(f"{{n:03}} ", user="Tutor", message=message)
    await asyncio.sleep(1 / {rate})
""",
        """
for n in range({events}):
    feed.send("{words}", user="You", respond=False)
    await asyncio.sleep(0.2)
""",
    ),
    Peer(
        "anywidget, list reassigned",
        20,
        """
import asyncio
import anywidget, traitlets
""",
        """
class Plain(anywidget.AnyWidget):
    _esm = \"\"\"export default {{ render({{ model, el }}) {{
      const draw = () => {{ el.textContent = model.get("history").at(-1)?.text ?? ""; }};
      model.on("change:history", draw);
      draw();
    }} }}\"\"\"
    history = traitlets.List().tag(sync=True)
def message(n, text):
    who = "tutor" if n % 2 else "learner"
    more = dict(at=1_760_000_000_000, status="complete")
    return dict(seq=n, id=f"{{n:016}}", role=who, text=text, **more)
chat = Plain(history=[message(n, "{words}") for n in range({count})])
chat
""",
        """
text = ""
for n in range({tokens}):
    text += f"{{n:03}} "
    chat.history = [*chat.history[:{count}], message({count}, text)]
    await asyncio.sleep(1 / {rate})
""",
        """
for n in range({events}):
    chat.history = [*chat.history, message(len(chat.history), "{words}")]
    await asyncio.sleep(0.2)
""",
    ),
]


class Bench:
    """A JupyterLab with all of them, and one browser."""

    def __init__(self, lab: Lab, context: BrowserContext, folder: Path) -> None:
        self.lab = lab
        self.context = context
        self.folder = folder
        self.count = 0

    def notebook(self, *cells: str) -> Notebook:
        """A fresh one, open."""
        self.count += 1
        path = self.lab.write(f"bench-{self.count}.ipynb", *cells)
        notebook = Notebook(self.lab, self.context.new_page(), path, self.folder)
        notebook.open()
        return notebook

    def tutor(self, name: str) -> Tutor:
        """A server of its own."""
        tutor = Tutor(self.folder / f"{name}.sqlite", "--tutor=tests.support.servers.tutors:Tokens")
        tutor.start()
        return tutor

    def ours(self, history: int, tokens: int = 100) -> tuple[float, float]:
        """Bytes a token, bytes an event."""
        tutor = self.tutor(f"tutor-{history}")
        session = "a-session-whose-bytes-count"
        with Learner(tutor.url, session) as learner:
            for _ in range(history // 2):
                learner.say("10 1000")  # ten tokens are 40 letters
        notebook = self.notebook(chat_cell(tutor.url, session), f"print(chat.older({history}))")
        try:
            notebook.run(0)
            chat = Chat(notebook)
            expect(chat.badge).to_have_text("Connected")
            if history:
                notebook.run(1)
            chat.settle(history, seconds=180)
            chat.composer.fill(f"{tokens} {RATE}")
            notebook.wait_until_quiet()
            since = time.monotonic()
            chat.composer.press("Enter")
            expect(chat.messages.last).to_contain_text(f"{tokens - 1:03}", timeout=60_000)
            expect(chat.messages.last).to_have_attribute("data-state", "said", timeout=60_000)
            notebook.wait_until_quiet()
            token = bytes_since(notebook, since) / tokens
            since = time.monotonic()
            for n in range(EVENTS // 2):
                chat.say("10 1000")
                chat.settle(history + 4 + 2 * n, seconds=60)
            notebook.wait_until_quiet()
            return token, bytes_since(notebook, since) / EVENTS
        finally:
            notebook.close()
            tutor.kill()

    def peer(self, peer: Peer, history: int) -> tuple[float, float]:
        """Bytes a token, bytes an event."""
        given = {"count": history, "tokens": peer.tokens, "rate": RATE, "events": EVENTS}
        cells = (peer.first, peer.make, peer.stream, peer.event)
        notebook = self.notebook(*(cell.strip().format(words=WORDS, **given) for cell in cells))
        try:
            notebook.run(0)
            notebook.run(1)
            notebook.wait_until_quiet(3)
            costs = []
            for cell, number in ((2, peer.tokens), (3, EVENTS)):
                since = time.monotonic()
                notebook.run(cell)
                notebook.wait_until_quiet(3)
                costs.append(bytes_since(notebook, since) / number)
                if not costs[-1]:
                    said = notebook.page.locator(".jp-Notebook .jp-OutputArea").all_inner_texts()
                    raise OSError(f"nothing came: {' '.join(said)[:300]}")
            return costs[0], costs[1]
        finally:
            notebook.close()

    def ten(self) -> dict[str, int]:
        """Ten chats of 20 messages each in one notebook: bytes by what they are for."""
        tutor = self.tutor("ten")
        for n in range(10):
            with Learner(tutor.url, f"chat-{n}") as learner:
                for _ in range(10):
                    learner.say("10 1000")
        show = "from tutor_widget import TutorChat\nfrom IPython.display import display\n"
        show += f"for n in range(10): display(TutorChat({tutor.url!r}, session=f'chat-{{n}}'))"
        keep = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
        toggle = f"jupyterapp.commands.execute({keep!r})"

        def run(notebook: Notebook) -> None:
            notebook.run(0)
            for n in range(10):
                Chat(notebook, n).settle(20, seconds=120)

        def saved(notebook: Notebook) -> int:
            notebook.save()
            notebook.wait_until_saved()
            return notebook.path.stat().st_size

        try:
            with closing(self.notebook(show)) as notebook:
                since = time.monotonic()
                run(notebook)
                notebook.wait_until_quiet()
                found = {"on the wire as they open": bytes_since(notebook, since)}
                found["in the saved notebook"] = saved(notebook)
                notebook.page.evaluate(toggle)
                found["... with Jupyter's setting to save widgets"] = saved(notebook)
                notebook.page.evaluate(toggle)
                run(notebook)
                found["... without it, once the cell ran again"] = saved(notebook)
            return found
        finally:
            tutor.kill()


def bytes_since(notebook: Notebook, since: float) -> int:
    """All comm messages, whole, both ways."""
    return sum(message.size for message in notebook.traffic.comm(since))


def main() -> int:
    """Run it and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, nargs="+", default=[0, 1_000, 5_000])
    given = parser.parse_args()
    python = packages.environment("comm", [*HOST, *PANEL, *OUR_NEEDS])
    # The kernel finds this checkout beside the peers.
    os.environ["PYTHONPATH"] = str(ROOT)
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=program(), args=SWITCHES)
        context = browser.new_context(viewport={"width": 1000, "height": 900})
        context.set_default_timeout(60_000)
        with Lab(folder, (str(python), "-m", "jupyterlab")) as lab:
            bench = Bench(lab, context, folder)
            for what, size in bench.ten().items():
                print(f"ten chats, 20 messages each, {what}: {size / 1000:,.0f} KB", flush=True)
            print("\n| chat | messages | bytes a token | bytes an event |\n|---|---|---|---|")
            for history in given.messages:
                row("tutor_widget", history, *bench.ours(history))
                for peer in PEERS:
                    try:
                        row(peer.name, history, *bench.peer(peer, history))
                    except (AssertionError, Error, OSError) as error:
                        print(f"| {peer.name} | {history:,} | no result: {short(error)} | |")
        browser.close()
    return 0


def row(name: str, history: int, token: float, event: float) -> None:
    """One line of the table."""
    print(f"| {name} | {history:,} | {token:,.0f} | {event:,.0f} |", flush=True)


def short(error: BaseException) -> str:
    """Its first line."""
    return f"{type(error).__name__}: {str(error).replace(chr(10), ' ')[:200]}"


if __name__ == "__main__":
    sys.exit(main())
