"""Earlier releases, run from their wheels, and one conversation that any of them may hold.

The wheel is the one that was released. Its code runs in processes of its own, with the wheel's
folder before the checkout on their path; the packages that it needs are those of this environment.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.children import Child
from tests.support.paths import GOLDEN, ROOT

WHEEL_0_1: Final = GOLDEN / "0.1" / "tutor_widget-0.1.0-py3-none-any.whl"


@dataclass(frozen=True)
class Release:
    """Code that processes can run: a release, or the checkout."""

    folder: Path
    """Where its `tutor_widget` is."""

    @classmethod
    def unpack(cls, wheel: Path, folder: Path) -> Release:
        """The release in the wheel."""
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(folder)
        return cls(folder)

    @property
    def environment(self) -> dict[str, str]:
        """What has a Python process import this code; `tests` is always the checkout's."""
        path = dict.fromkeys([str(self.folder), str(ROOT)])
        # Without the second one `python -m` would look in its working directory first.
        return {"PYTHONPATH": os.pathsep.join(path), "PYTHONSAFEPATH": "1"}


CHECKOUT: Final = Release(ROOT)

_SET_UP: Final = """
import threading
import tutor_widget
from tutor_widget import TutorChat

_SYNCED = ["status", "connection", "queue", "history", "session_state"]

def wait(condition):
    holds = threading.Event()
    def look(_=None):
        if condition():
            holds.set()
    chat.observe(look, _SYNCED)
    look()
    assert holds.wait(45), (chat.status, chat.connection, chat.queue, chat.history)
    chat.unobserve(look, _SYNCED)

def log():
    return [event for event in chat.history if "seq" in event]

def queued(*statuses):
    return [message["status"] for message in chat.queue] == list(statuses)

def is_answered(id):
    return any(event.get("re") == id for event in log())

def is_safe(id):
    known = {m["id"] for m in chat.queue if m["status"] != "saving"} | {e["id"] for e in log()}
    return id in known

def is_settled(count):
    asked = {event["id"] for event in log() if event["role"] == "learner"}
    answered = {event["re"] for event in log() if event.get("re")}
    settled = chat.status == "connected" and not chat.queue and asked <= answered
    return settled and len(asked) == count
"""


class Notebook:
    """A notebook's kernel that runs one release: one chat in a process that can be killed.

    ``home``: whatever shares it shares journals and remembered sessions. ``lesson.ipynb`` there is
    the notebook.
    """

    def __init__(
        self, home: Path, release: Release, *arguments: object, **keywords: object
    ) -> None:
        """What stands behind the release is passed to `TutorChat`."""
        home.mkdir(exist_ok=True)
        path = home / "lesson.ipynb"
        path.touch()
        self._child = Child(home, JPY_SESSION_NAME=str(path), **release.environment)
        self._child.run(_SET_UP)
        where = self._child.run("tutor_widget.__file__")
        assert Path(where).is_relative_to(release.folder), where
        given = [repr(argument) for argument in arguments]
        given += [f"{name}={value!r}" for name, value in keywords.items()]
        self._child.run(f"chat = TutorChat({', '.join(given)})")

    def __enter__(self) -> Notebook:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def run(self, code: str) -> Any:
        """Evaluate or execute it where ``chat`` is the chat."""
        return self._child.run(code)

    def wait(self, condition: str) -> None:
        """Until the expression holds; it is looked at whenever the chat changes."""
        self._child.run(f"wait(lambda: {condition})")

    def say(self, text: str, context: dict[str, Any] | None = None) -> str:
        """Queue a message, and wait until it is shown as safe; its id."""
        id: str = self._child.run(f"chat.say({text!r}, {context!r})")
        self.wait(f"is_safe({id!r})")
        return id

    def ask(self, text: str) -> str:
        """Say it, and wait for its answer's text."""
        id = self.say(text)
        self.wait(f"is_answered({id!r})")
        answer: str = self._child.run(f"next(e['text'] for e in log() if e.get('re') == {id!r})")
        return answer

    def settle(self, count: int) -> list[dict[str, Any]]:
        """Wait until the learner's ``count`` messages are answered and none is queued; the log."""
        self.wait(f"is_settled({count})")
        return self.log()

    def log(self) -> list[dict[str, Any]]:
        """The events it holds."""
        events: list[dict[str, Any]] = self._child.run("log()")
        return events

    @property
    def queue(self) -> list[dict[str, Any]]:
        """What is not acknowledged yet."""
        messages: list[dict[str, Any]] = self._child.run("chat.queue")
        return messages

    @property
    def session(self) -> str:
        """The conversation's id."""
        session: str = self._child.run("chat.session")
        return session

    @property
    def state(self) -> dict[str, Any]:
        """The session's state."""
        state: dict[str, Any] = self._child.run("chat.session_state")
        return state

    def leave(self) -> None:
        """The kernel ends as programs do."""
        assert self._child.leave() == 0

    def kill(self) -> None:
        """The kernel is gone at once."""
        self._child.kill()


def is_in_order(log: list[dict[str, Any]], texts: list[str]) -> bool:
    """Whether the learner said this, each once and in this order, and each has one answer."""
    asked = [event["id"] for event in log if event["role"] == "learner"]
    answers = [event["re"] for event in log if event.get("re")]
    return (
        [event["text"] for event in log if event["role"] == "learner"] == texts
        and sorted(answers) == sorted(asked)
        and [event["seq"] for event in log] == list(range(1, len(log) + 1))
    )
