"""What a chat knows of secrets is shown nowhere, whatever is done with the chat."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.chats import chat_on, wait_for, wait_for_status
from tests.support.servers.scripted import Scripted, be_idle
from tutor_widget.secret import Secret

TOKEN = "hunter2hunter2"
SESSION = "f" * 32


def reached_from(start: object) -> list[object]:
    """All that hangs together with an object, as far as it is of this package or holds its data.

    A secret is a leaf: what it holds is shown by nothing but `reveal`.
    """
    found: dict[int, object] = {}
    waiting = [start]
    while waiting:
        one = waiting.pop()
        plain = isinstance(one, dict | list | tuple | set | frozenset | str | bytes)
        ours = type(one).__module__.split(".")[0] in ("tutor_widget", "websockets")
        if id(one) in found or not (plain or ours) or isinstance(one, type):
            continue
        found[id(one)] = one
        if not isinstance(one, Secret):
            waiting += gc.get_referents(one)
    return list(found.values())


def test_nothing_that_a_chat_holds_shows_the_token() -> None:
    """Neither its variables, nor theirs, nor the request that carried it."""
    word = "".join(TOKEN)
    with Scripted(be_idle) as server, chat_on(server.url, token=word) as chat:
        wait_for_status(chat, "connected")
        assert server.handshakes[0].headers["Authorization"] == f"Bearer {TOKEN}"
        held = reached_from(vars(chat))
        assert len(held) > 200
        kinds = {type(one).__name__ for one in held}
        assert {"Chat", "Client", "Remote", "Credentials", "Connection", "_Socket"} <= kinds
        shown = [one for one in held if TOKEN in repr(one)]
        assert shown == []
        assert TOKEN not in str(vars(chat))
        assert TOKEN not in str(chat.__getstate__())


@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_chat_cannot_be_taken_along(take: Callable[[Any], Any]) -> None:
    """A copy would hold the token, and be a second owner of the connection."""
    with Scripted(be_idle) as server, chat_on(server.url, token=TOKEN) as chat:
        with pytest.raises((TypeError, NotImplementedError), match="cannot be copied"):
            take(chat)
        wait_for_status(chat, "connected")  # and it goes on


FAULTY = {
    "a keyword that does not exist": 'TutorChat(word("U"), token=word("T"), colour=1)',
    "a name that is none": 'TutorChat(word("U"), token=word("T"), session="?")',
    "a layout that is none": 'TutorChat(word("U"), token=word("T"), layout=1)',
    "a token that is none": 'TutorChat(word("U"), token=word("T") + " ")',
    "a function's": 'TutorChat(word("U"), token=lambda: word("T"), layout=1)',
    "without protection": 'TutorChat("ws://tutor.example/", token=word("T"))',
    "in the address": 'TutorChat("wss://learner:%s@tutor.example/" % word("T"))',
    "in the port": 'TutorChat("wss://tutor.example:%s/" % word("T"))',
    "in a host": 'TutorChat("wss://[%s/" % word("T"))',
    "the environment's": "TutorChat()",
    "a chat that is closed": 'c = TutorChat(word("U"), token=word("T")); c.close(); c.say("x")',
}
NOTEBOOK = """\
import sys
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell
from tutor_widget import TutorChat

shell = InteractiveShell.instance(colors="nocolor")
shell.user_ns |= {"TutorChat": TutorChat, "word": lambda name: Path(name).read_text()}
shell.run_line_magic("xmode", "Verbose")
for cell in sys.argv[1:]:
    print("CELL")
    shell.run_cell(cell)
"""


def test_a_traceback_with_all_variables_shows_no_secret(tmp_path: Path) -> None:
    """``%xmode Verbose`` prints the values of variables in all frames, ours too."""
    (tmp_path / "T").write_text(TOKEN)
    (tmp_path / "U").write_text("ws://127.0.0.1:1/")
    given = {
        "TUTOR_CHAT_URL": f"wss://learner:{TOKEN}@tutor.example/",
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    ran = subprocess.run(
        [sys.executable, "-c", NOTEBOOK, *FAULTY.values()],
        env=os.environ | given,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    said = dict(zip(FAULTY, ran.stdout.split("CELL\n")[1:], strict=True))
    for fault, text in said.items():
        assert "Traceback" in text, fault
        assert "tutor_widget/notebook" in text, fault  # frames of ours are shown
        assert TOKEN not in text, (fault, text)
    assert TOKEN not in ran.stderr


def warns_of(kind: str) -> Callable[[dict[str, Any]], bool]:
    return lambda view: kind in str(view["warning_args"])


def test_no_trait_names_a_folder_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither does a fault of the disk, nor one of this program, whose text holds the path."""
    faults = {
        "ValueError": ValueError(f"no such file: {tmp_path}"),
        "OSError": OSError(f"cannot write {tmp_path}"),
        "Input/output error": OSError(5, "Input/output error", str(tmp_path)),
    }
    kind = ""

    def fail(*_: object) -> None:
        raise faults[kind]

    monkeypatch.setattr("tutor_widget.client.outbox.journal.write_draft", fail)
    with Scripted(be_idle) as server, chat_on(server.url) as chat:
        for kind in faults:  # `fail` reads it
            chat.say("one")
            found = wait_for(chat, "_view", warns_of(kind))
            assert found["warning_code"] == "not_saved"
            assert str(tmp_path) not in str(chat.get_state())
