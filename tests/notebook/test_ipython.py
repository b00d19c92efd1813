"""What the learner ran last, in a real IPython kernel: offered, and sent only on request."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.children import Child
from tests.support.kernels import Kernel
from tutor_widget.notebook import ipython
from tutor_widget.wire import MAX_CONTEXT, context_fault

CHAT = """
from tutor_widget import TutorChat
chat = TutorChat("ws://127.0.0.1:1", session="a-session-for-this-test")
chat
""".strip()
HOOKS = """
import json
callbacks = get_ipython().events.callbacks
print(json.dumps([len(callbacks[name]) for name in ("pre_run_cell", "post_run_cell")]))
""".strip()


@pytest.fixture
def kernel(start_kernel: Callable[[], Kernel]) -> Kernel:
    return start_kernel()


def show(kernel: Kernel) -> None:
    """Make a chat, and report a view of it."""
    kernel.run(CHAT)
    kernel.ask("view", view="v1", shown=True, n=0)


def offers(kernel: Kernel) -> list[dict[str, object]]:
    """The changes of what there is to share, as the page got them.

    To be sure that all have come, ask for words: a page that reports its view anew may get the
    whole instead, if anything else has changed meanwhile.
    """
    views = [custom.get("view", {}) for custom in kernel.customs]
    keys = ("cell", "error")
    return [told for view in views if (told := {k: view[k] for k in keys if k in view})]


def test_no_word_leaves_the_kernel_before_the_learner_looks(kernel: Kernel) -> None:
    """The page gets whether there is a cell, and the error's name; the content only on request."""
    show(kernel)
    kernel.run("secretive_answer = 42")
    lines = kernel.fail("print(secretive_name)")
    kernel.ask("words", languages=["en"])
    assert offers(kernel) == [{"cell": True}, {"error": "NameError"}]
    assert "secretive" not in json.dumps(kernel.comm)
    assert kernel.ask("context", of="cell") == "print(secretive_name)"
    error = kernel.ask("context", of="error")
    assert (error["name"], error["message"]) == (
        "NameError",
        "name 'secretive_name' is not defined",
    )
    # As the learner sees it, without the colours.
    assert "\x1b" not in error["traceback"]
    assert "\x1b" in "".join(lines)
    assert len(error["traceback"].splitlines()) == len("\n".join(lines).splitlines())
    assert error["traceback"].splitlines()[-1] == "NameError: name 'secretive_name' is not defined"
    assert context_fault({"error": error}) is None


def test_a_cell_that_changes_no_offer_costs_no_message(kernel: Kernel) -> None:
    """A cell sends a change only if it alters what there is to share."""
    show(kernel)
    for n in range(3):
        kernel.run(f"x = {n}")
        kernel.fail("missing")
    kernel.ask("words", languages=["en"])
    assert offers(kernel) == [{"cell": True}, {"error": "NameError"}]
    kernel.fail("1 / 0")
    kernel.ask("words", languages=["en"])
    assert offers(kernel)[2:] == [{"error": "ZeroDivisionError"}]


def test_what_no_page_shows_is_told_of_nothing(kernel: Kernel) -> None:
    """Without a view nothing is sent; a view that returns gets the current offer."""
    show(kernel)
    kernel.ask("view", view="v1", shown=False, n=0)
    before = len(kernel.comm)
    kernel.run("x = 1")
    kernel.fail("1 / 0")
    kernel.run("pass")
    assert len(kernel.comm) == before
    kernel.ask("view", view="v2", shown=True, n=0)
    (state,) = [c["data"]["state"] for c in kernel.comm[before:] if "state" in c["data"]]
    assert (state["_view"]["error"], state["_view"]["cell"]) == ("ZeroDivisionError", True)


def test_the_chats_own_cells_are_not_what_is_asked_about(kernel: Kernel) -> None:
    """A cell that makes or displays a chat is not offered; the one before it still is."""
    kernel.run("first = 1")
    show(kernel)
    assert kernel.ask("context", of="cell") == "first = 1"
    kernel.run("second = 2")
    kernel.run("chat")
    kernel.run(CHAT)
    assert kernel.ask("context", of="cell") == "second = 2"
    kernel.run("chat.status")
    assert kernel.ask("context", of="cell") == "chat.status"


def test_an_error_from_before_the_chat_is_offered(kernel: Kernel) -> None:
    """The last error before the chat was made is offered."""
    kernel.fail("{'Ada': 1}['ada']")
    show(kernel)
    assert kernel.ask("context", of="cell") == "{'Ada': 1}['ada']"
    error = kernel.ask("context", of="error")
    assert (error["name"], error["message"]) == ("KeyError", "'ada'")
    assert error["traceback"].splitlines()[-1] == "KeyError: 'ada'"


def test_an_error_ends_when_its_own_cell_runs_without_one(kernel: Kernel) -> None:
    """Other cells leave the error on offer; its own cell ends it."""
    show(kernel)
    kernel.fail("print(total)", cell="a")
    kernel.run("total = 3", cell="b")
    assert kernel.ask("context", of="error")["name"] == "NameError"
    kernel.run("print(total)", cell="a")
    assert kernel.ask("context", of="error") is None
    kernel.ask("words", languages=["en"])
    assert offers(kernel) == [{"error": "NameError", "cell": True}, {"error": ""}]


def test_errors_before_and_in_the_run_are_told_alike(kernel: Kernel) -> None:
    """An error before the run has its message without the made-up file name."""
    show(kernel)
    for code, name, message in [
        ("if x\n    pass", "SyntaxError", "expected ':'"),
        ("for x in []:\nprint(x)", "IndentationError", "expected an indented block"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("%%time\nopen('nowhere')", "FileNotFoundError", "[Errno 2] No such file or directory"),
    ]:
        kernel.fail(code)
        error = kernel.ask("context", of="error")
        assert error["name"] == name
        assert error["message"].startswith(message)
        assert "ipy" not in error["message"]
        assert context_fault({"error": error}) is None
        assert kernel.ask("context", of="cell") == code


def test_a_long_traceback_keeps_its_end(kernel: Kernel) -> None:
    """A traceback is cut to what a context may hold, with a mark, and keeps its end."""
    show(kernel)
    kernel.fail("raise ValueError('ä' * 100_000 + 'the end')")
    error = kernel.ask("context", of="error")
    assert len("".join(error.values()).encode()) in range(MAX_CONTEXT - 3, MAX_CONTEXT + 1)
    assert context_fault({"error": error}) is None
    assert error["traceback"].startswith("[…]\n")
    assert error["traceback"].endswith("äthe end")


def test_the_hooks_go_with_the_last_chat(kernel: Kernel) -> None:
    """IPython's hooks are registered once for all chats, and removed with the last."""
    before = json.loads(kernel.run(HOOKS))
    kernel.run(CHAT)
    kernel.run(CHAT.replace("chat =", "other ="))
    assert json.loads(kernel.run(HOOKS)) == [n + 1 for n in before]
    kernel.run("chat.close()")
    assert json.loads(kernel.run(HOOKS)) == [n + 1 for n in before]
    kernel.run("other.close()")
    assert json.loads(kernel.run(HOOKS)) == before


def test_a_script_has_nothing_to_offer_and_can_share(tmp_path: Path) -> None:
    """Without IPython a chat works as ever; what the program itself shares is queued."""
    with Child(tmp_path) as script:
        script.run(
            "from tests.support.children import until\n"
            "from tutor_widget import TutorChat\n"
            "from tutor_widget.notebook import ipython as notebook\n"
            "chat = TutorChat('ws://127.0.0.1:1', session='a-session-for-this-test')\n"
            "chat.say('look', {'cell': 'x = 1'})\n"
            "until(lambda: [m.get('context') for m in chat.queue] == [{'cell': 'x = 1'}])"
        )
        assert script.run("[notebook.shell(), chat._view['error'], chat._view['cell']]") == [
            None,
            "",
            False,
        ]
        script.run("chat.close()")
        assert script.leave() == 0


def test_what_a_front_end_runs_is_no_cell_of_the_learners(kernel: Kernel) -> None:
    """As a debugger's or a variable viewer's code: neither offered nor an end of an error."""
    show(kernel)
    kernel.fail("print(total)", cell="a")
    kernel.run("front_end = 1", own=False)
    kernel.run("front_end = 2", cell="a", own=False)
    assert kernel.ask("context", of="cell") == "print(total)"
    assert kernel.ask("context", of="error")["name"] == "NameError"


def test_an_error_without_a_cells_id_stays(kernel: Kernel) -> None:
    """A front end that tells no ids: which cell ran again is not known, so nothing is over."""
    show(kernel)
    kernel.fail("print(total)")
    kernel.run("total = 3")
    assert kernel.ask("context", of="error")["name"] == "NameError"
    assert kernel.ask("context", of="cell") == "total = 3"


def test_a_cell_that_breaks_before_it_runs_hides_no_later_one(kernel: Kernel) -> None:
    """The cell that makes a chat may fail: what runs then is on offer all the same."""
    show(kernel)
    kernel.fail(CHAT + "\nraise ValueError('x' * 3_000)")
    assert kernel.ask("context", of="cell") is None
    error = kernel.ask("context", of="error")
    assert error["message"] == "x" * 2_000
    kernel.run("after = 1")
    assert kernel.ask("context", of="cell") == "after = 1"


def test_an_error_of_the_learners_own_class_is_told(kernel: Kernel) -> None:
    """Its name may be long."""
    show(kernel)
    kernel.fail("raise type('B' * 1_000, (Exception,), {})('no')")
    error = kernel.ask("context", of="error")
    assert (error["name"], error["message"]) == ("B" * 200, "no")
    assert context_fault({"error": error}) is None


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("raise type('A\\nB\\u202eC', (Exception,), {})()", "A B\ufffdC"),
        (
            (
                "class Odd(type):\n    __name__ = property(lambda self: 5)\n"
                "class Mine(Exception, metaclass=Odd): pass\nraise Mine()"
            ),
            "Mine",
        ),
        (
            (
                "class Text(str):\n    def __getitem__(self, at): return 5\n"
                "class Mine(Exception):\n    def __str__(self): return Text('x')\nraise Mine()"
            ),
            "Mine",
        ),
    ],
    ids=["name", "metaclass", "text"],
)
def test_a_class_that_lies_breaks_nothing(kernel: Kernel, code: str, name: str) -> None:
    """Its true name is offered on one line; whatever of it fails is left out, without a word."""
    show(kernel)
    kernel.fail(code)
    kernel.ask("words", languages=["en"])
    assert offers(kernel)[-1]["error"] == name
    assert kernel.ask("context", of="error")["name"] == name


def test_half_a_character_in_an_error_is_replaced() -> None:
    """ipykernel raises another error in its place; a host that can send it is read as well."""
    watch = ipython.Watch()
    info = SimpleNamespace(store_history=True, cell_id="a", raw_cell="run()")
    raised = ValueError("\ud83d!")
    watch._take(SimpleNamespace(info=info, error_before_exec=None, error_in_exec=raised))
    assert watch.ran.error is not None
    assert watch.ran.error["message"] == "\ufffd!"
    assert context_fault({"error": watch.ran.error}) is None


def test_what_is_known_of_cells_goes_with_the_last_chat(kernel: Kernel) -> None:
    """Nobody is there to be told, so nothing of the learner's is kept."""
    show(kernel)
    kernel.run("secret = 1")
    kernel.run("chat.close()")
    kernel.run("from tutor_widget.notebook import ipython as notebook")
    assert kernel.run("print(repr(notebook.watch.ran.cell))").strip() == "''"


@pytest.mark.parametrize(
    ("file", "is_named"),
    [
        ("/run/kernel-8e2b1a90-1f0e-4a34-9c5a-7c1c0b6f2a11.json", True),
        ("kernel-8e2b1a90-1f0e-4a34-9c5a-7c1c0b6f2a11.json", True),
        ("/run/kernel-1234.json", False),
        ("/run/tmpab12cd34.json", False),
        ("", False),
    ],
)
def test_a_kernel_has_the_name_that_its_server_gave_it(
    monkeypatch: pytest.MonkeyPatch, file: str, is_named: bool
) -> None:
    """It keeps that when it is restarted. A name that may come again, as a process id, is none."""
    app = SimpleNamespace(connection_file=file)
    here = SimpleNamespace(kernel=SimpleNamespace(parent=app))
    monkeypatch.setattr(ipython, "shell", lambda: here)
    assert ipython.kernel() == ("8e2b1a90-1f0e-4a34-9c5a-7c1c0b6f2a11" if is_named else None)
    monkeypatch.setattr(ipython, "shell", lambda: None)
    assert ipython.kernel() is None
