"""What IPython knows of the notebook: its name, and what the learner ran last.

Cells and errors belong to the learner. Their content stays in the kernel until a page asks for it,
which a page does when the learner clicks the chip that offers it.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from tutor_widget.markup.plain import printable
from tutor_widget.wire import MAX_CONTEXT, without_surrogates

_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_KERNEL: Final = re.compile(r"kernel-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$")
"""The connection file of a kernel that a Jupyter server started. Other names may come again."""
_MAX_NAME: Final = 200
_MAX_MESSAGE: Final = 2_000
"""Characters. The traceback gets the rest of the 16 KiB."""
_name_of: Final[Callable[[type], str]] = type.__dict__["__name__"].__get__
_CUT: Final = "[…]\n"


def shell() -> Any | None:
    """IPython's shell, or None outside of one. Does not import IPython."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def name() -> str | None:
    """The notebook's path as the front end gives it, or None outside of a notebook."""
    here = shell()
    if here is not None and (path := here.user_ns.get("__vsc_ipynb_file__")):
        return str(path)
    # In marimo's editor the kernel serves one person. An app that it runs serves many.
    marimo = getattr(sys.modules.get("marimo"), "app_meta", None)
    if marimo is not None and marimo().mode == "edit":
        return getattr(sys.modules["__main__"], "__file__", None)
    return os.environ.get("JPY_SESSION_NAME") or None


def kernel() -> str | None:
    """The name of the kernel, which it keeps when it is restarted, or None."""
    app = getattr(getattr(shell(), "kernel", None), "parent", None)
    found = _KERNEL.search(str(getattr(app, "connection_file", "")))
    return found and found[1]


def publish(data: dict[str, Any], id: str, *, update: bool = False) -> None:
    """Display data in the output of the running cell; with ``update`` in place of all that was
    displayed under this id. Call it on the thread that runs cells.

    A terminal replaces nothing, and would print it once more.
    """
    here = shell()
    if here is not None and (_has_outputs(here) or not update):
        here.display_pub.publish(data, {}, transient={"display_id": id}, update=update)


def sender() -> Callable[..., object] | None:
    """A function that calls another where messages to the page must be sent, in order.

    None: any thread may send. Colab is reported to drop messages that are not sent on the kernel's
    main thread. There they wait while a cell runs.
    """
    if "google.colab" not in sys.modules:
        return None
    loop = getattr(getattr(shell(), "kernel", None), "io_loop", None)
    return None if loop is None else cast("Callable[..., object]", loop.add_callback)


class Output:
    """The output of one cell. It may be written to when the cell has ended, from any thread."""

    def __init__(self, publisher: Any, cell: Any) -> None:
        self._publisher = publisher
        self._cell = cell  # the message that has run it
        self._id = secrets.token_hex(8)

    def write(self, sentence: str) -> None:
        """Add a paragraph at its end."""
        self._publish("display_data", {"text/plain": sentence, "text/html": f"<p>{sentence}</p>"})

    def erase(self) -> None:
        """Empty what was written."""
        self._publish("update_display_data", {"text/plain": "", "text/html": ""})

    def _publish(self, kind: str, data: dict[str, str]) -> None:
        # Not by `publish`: it writes to the cell that runs, or ran last.
        publisher = self._publisher
        content = {"data": data, "metadata": {}, "transient": {"display_id": self._id}}
        with contextlib.suppress(OSError):  # a kernel that ends closes its sockets first
            publisher.session.send(
                publisher.pub_socket, kind, content, parent=self._cell, ident=publisher.topic
            )


def output_of_cell() -> Output | None:
    """The output of the running cell, if a page has run it; None if a program executes it.

    Call it on the thread that runs cells.
    """
    here = shell()
    if here is None or not _has_outputs(here):
        return None
    cell = here.get_parent()
    return Output(here.display_pub, cell) if cell.get("metadata", {}).get("cellId") else None


def _has_outputs(shell: Any) -> bool:
    """Whether cells have outputs that can be written to later: a terminal has none."""
    return hasattr(shell.display_pub, "pub_socket")


@dataclass(frozen=True, slots=True)
class Ran:
    """What the learner ran last."""

    cell: str = ""
    """The source of the newest cell that neither made nor displayed a chat, or ""."""
    error: dict[str, str] | None = None
    """The newest error: ``name``, ``message``, ``traceback``. It ends when its cell runs without
    an error."""
    error_in: str | None = None
    """The id of the cell that raised it, if the front end gives cells ids."""


class Watch:
    """Follows what the learner runs, by IPython's own hooks, while there are listeners.

    Any thread may call its methods. Listeners are called on the thread that runs cells.
    """

    def __init__(self) -> None:
        self.ran = Ran()
        self.has_page = False
        """A page has reported a view of a chat. Until then a program may be executing the notebook,
        which stores what it hears by the end of each cell."""
        self.is_running = False
        """Whether a cell is running, as far as it is followed."""
        self._shell: Any = None
        self._listeners: list[Callable[[], object]] = []
        self._shows_chat = False

    def follow(self, changed: Callable[[], object]) -> Callable[[], None]:
        """Call ``changed`` after each cell that was run; returns a function that ends it."""
        self._listeners.append(changed)
        if self._shell is None and (here := shell()) is not None:
            self._shell = here
            here.events.register("pre_run_cell", self._cell_begins)
            here.events.register("post_run_cell", self._cell_ended)
            # A learner opens a chat because of an error: that came before the chat.
            if (last := getattr(here, "last_execution_result", None)) is not None:
                self._take(last)

        def undo() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(changed)
            if not self._listeners:
                self._stop()

        return undo

    def shows_chat(self) -> None:
        """Note that the running cell makes or displays a chat. Learners do not ask about it."""
        self._shows_chat = True

    def _stop(self) -> None:
        here, self._shell = self._shell, None
        if here is not None:
            hooks = {"pre_run_cell": self._cell_begins, "post_run_cell": self._cell_ended}
            for event, hook in hooks.items():
                with contextlib.suppress(ValueError):
                    here.events.unregister(event, hook)
        self.ran = Ran()

    def _cell_begins(self, _info: Any) -> None:
        self._shows_chat = False
        self.is_running = True

    def _cell_ended(self, result: Any) -> None:
        self.is_running = False
        self._take(result)
        for changed in list(self._listeners):
            changed()

    def _take(self, result: Any) -> None:
        info = result.info
        if not info.store_history:
            return  # code of the front end's own
        cell = getattr(info, "cell_id", None)
        if not self._shows_chat:
            self.ran = replace(self.ran, cell=without_surrogates(str(info.raw_cell)))
        self._shows_chat = False
        before, raised = result.error_before_exec, result.error_in_exec
        raised = raised if before is None else before
        if raised is not None:
            self.ran = replace(self.ran, error=_described(raised, self._shell), error_in=cell)
        elif cell is not None and cell == self.ran.error_in:
            self.ran = replace(self.ran, error=None, error_in=None)


watch: Final = Watch()
"""The process has one IPython, and one watch of it."""


def _described(error: BaseException, here: Any) -> dict[str, str]:
    """An error as the learner saw it, without colours, cut to what a context may hold.

    Its class is the learner's, and may fail in any way: then only its name is told.
    """
    # Not by the class itself: its metaclass may say otherwise.
    name = printable(_name_of(type(error)).replace("\n", " "))[:_MAX_NAME]
    try:
        return _told(error, name, here)
    except Exception:  # noqa: BLE001 - see above
        return {"name": name, "message": "", "traceback": ""}


def _told(error: BaseException, name: str, here: Any) -> dict[str, str]:
    # The text of a SyntaxError also names the file. For a cell that name is made up.
    message = str(error.msg) if isinstance(error, SyntaxError) else _text(error)
    message = without_surrogates(message)[:_MAX_MESSAGE]
    # ipykernel keeps the lines that it has just sent to the page.
    seen = getattr(here, "_last_traceback", None)
    text = "\n".join(seen) if seen else "".join(traceback.format_exception(error))
    text = without_surrogates(_ESCAPES.sub("", text)).rstrip()
    size = MAX_CONTEXT - len((name + message).encode())
    return {"name": name, "message": message, "traceback": _end(text, size)}


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the class is the learner's
        return ""


def _end(text: str, size: int) -> str:
    """The last ``size`` bytes of a text, with a mark of the cut. The end says what happened."""
    encoded = text.encode()
    if len(encoded) <= size:
        return text
    return _CUT + encoded[len(encoded) - size + len(_CUT.encode()) :].decode(errors="ignore")
