"""What a learner hears who does not see: by itself, and on the way through the chat."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.golden import assert_golden
from tests.support.browser.harness import NOW, Harness, traits
from tests.support.browser.jupyter import Notebook
from tests.support.browser.reader import ScreenReader
from tests.support.servers.processes import Tutor

LESSON = """
title = "Loops"

[[steps]]
question = '''
What does this print last?

```python
for n in range(3):
    print(n)
```'''
number = 2
hints = ["`range(3)` begins at 0.", "It holds three numbers."]
explanation = "`range(3)` is 0, 1, 2: it ends *before* 3."

[[steps]]
question = "Which word leaves a loop at once?"
answers = ["break"]
hints = ["It begins with a b."]
explanation = "`break` leaves the innermost loop."
"""

HEARD = "words => window.spoken.some(([, text]) => text.startsWith(words))"
"""JavaScript: whether something was said that begins so."""


class Hearing:
    """Notes what is said aloud, a section for each turn of events."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._heard = 0
        self._lines: list[str] = []

    def note(self, turn: str, *, ordered: bool = True) -> None:
        """What the live regions announced since the last time."""
        said = [f"{voice}: {words}" for voice, words in self._notebook.spoken()[self._heard :]]
        self._heard += len(said)
        self._lines += ["", f"## {turn}", "", *(said if ordered else sorted(said))]

    def read(self, turn: str, phrases: list[str]) -> None:
        """What the screen reader says as the learner walks through the chat."""
        self._lines += ["", f"## {turn}", "", *phrases]

    @property
    def text(self) -> str:
        return "\n".join(self._lines).strip() + "\n"


def test_a_whole_conversation_with_an_outage_in_it_as_it_is_heard(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], tmp_path: Path
) -> None:
    """Word for word: each reply once and whole, the outage and the return, and nothing else."""
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    (lessons / "loops.toml").write_text(LESSON)
    tutor = start_tutor("--tutor=lesson", f"--lessons={lessons}", "--pace=100")
    notebook = open_notebook(chat_cell(tutor.url))
    tutor.freeze()  # "Connected" is spoken where the page is there before the connection
    notebook.run(0)
    chat = Chat(notebook)
    reader = ScreenReader(notebook.page)
    hearing = Hearing(notebook)
    expect(chat.badge).to_contain_text("Connecting")
    tutor.thaw()
    expect(chat.badge).to_have_text("Connected")
    chat.settle(1)
    hearing.note("The cell has run")

    chat.say("3")
    chat.settle(3)
    hearing.note("The learner answers: 3")

    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    hearing.note("The server is killed")
    chat.say("2")
    expect(chat.badge).to_have_text("Reconnecting, 1 message waiting")
    expect(chat.messages.last.get_by_text("Queued")).to_be_visible()
    hearing.note("The learner answers all the same: 2")
    hearing.read("… looks at how things stand", reader.walk(chat.root.locator("header")))
    hearing.read("… and at the message", reader.walk(chat.messages.last))

    tutor.start()
    chat.settle(5)
    expect(chat.badge).to_have_text("Connected")
    assert "Reconnected, 1 message sent" in [words for _, words in notebook.badges()]
    # Its answer begins while the return is announced: either may be first.
    hearing.note("The server is back, in any order", ordered=False)
    chat.say("break")
    chat.settle(7)
    hearing.note("The learner answers: break")
    expect(chat.root.get_by_role("button", name="Again")).to_be_enabled()
    hearing.read("… and walks through the chat", reader.walk(chat.root))
    assert_golden("spoken.txt", hearing.text)


def test_a_cell_run_again_and_two_conversations_on_a_page(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """How things stand is heard though nothing changed; of two conversations, which one speaks."""
    tutor = start_tutor("--tutor=lesson")
    notebook = open_notebook(chat_cell(tutor.url), chat_cell("ws://127.0.0.1:1/", session="other"))
    notebook.run(0)
    chat = Chat(notebook)
    chat.settle(1)
    chat.say("skip")
    chat.settle(3)
    begun = len(notebook.spoken())
    notebook.run(0)
    again = ("status", "Connected. Lists in Python, step 2 of 10")
    notebook.page.wait_for_function(HEARD, arg=again[1])
    assert notebook.spoken()[begun:] == [again]

    notebook.run(1)
    notebook.page.wait_for_function(HEARD, arg="Tutor chat 2: Connecting… Nothing answers")
    assert "correct it and run the cell again" in notebook.spoken()[-1][1]


def test_a_message_that_the_arrow_keys_lead_to_is_read(harness: Harness) -> None:
    """The browser gives a screen reader the message's text as its description."""
    said = {"role": "learner", "text": "Why `x`?", "at": NOW, "status": "complete"}
    answer = {"role": "tutor", "text": "Why not?", "at": NOW, "status": "complete"}
    history = [{"seq": 1, "id": "m1", **said}, {"seq": 2, "id": "m2", "re": "m1", **answer}]
    harness.show({**traits(), "history": history})
    chat = Chat(harness)
    chat.settle(2)
    chat.transcript.press("Home")
    expect(chat.messages.first).to_be_focused()
    expect(chat.messages.first).to_have_accessible_description("Why `x`?")
