"""What the notebook tells us about itself: which one it is, what the learner ran last.

Cells and errors are the learner's own. They stay here until a page asks for what a chip of it
offers, which it does when the learner clicks.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from tutor_widget.wire import MAX_CONTEXT, without_surrogates

_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_MAX_NAME: Final = 200
_MAX_MESSAGE: Final = 2_000
"""Characters; the traceback has what they leave of 16 KiB."""
_CUT: Final = "[…]\n"


def shell() -> Any | None:
    """IPython's shell if this code runs in one; IPython is not imported for it."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def name() -> str | None:
    """Which notebook this is: its path as the front end says it, or None outside of one."""
    here = shell()
    if here is not None and (path := here.user_ns.get("__vsc_ipynb_file__")):
        return str(path)
    # In marimo's editor the kernel is one person's; an app that it runs serves anybody.
    marimo = getattr(sys.modules.get("marimo"), "app_meta", None)
    if marimo is not None and marimo().mode == "edit":
        return getattr(sys.modules["__main__"], "__file__", None)
    return os.environ.get("JPY_SESSION_NAME") or None


def sender() -> Callable[..., object] | None:
    """What calls a function where messages to the page must leave from, in order; None: anywhere.

    Colab is reported to drop those that do not leave from the kernel's main thread. There they wait
    for a running cell, as the learner's own do.
    """
    if "google.colab" not in sys.modules:
        return None
    loop = getattr(getattr(shell(), "kernel", None), "io_loop", None)
    return None if loop is None else cast("Callable[..., object]", loop.add_callback)


@dataclass(frozen=True, slots=True)
class Ran:
    """What the learner ran last, as far as there is any of it."""

    cell: str = ""
    """The source of the newest cell that neither made nor displayed a chat."""
    error: dict[str, str] | None = None
    """The newest error: ``name``, ``message``, ``traceback``. Running its cell without one ends it.
    """
    error_in: str | None = None
    """The id of the cell that raised it, where the front end tells ids."""


class Watch:
    """Follows what the learner runs, by IPython's own hooks, while anybody wants to know.

    Its methods may be called on any thread; listeners are called on the one that runs cells.
    """

    def __init__(self) -> None:
        self.ran = Ran()
        self._shell: Any = None
        self._listeners: list[Callable[[], object]] = []
        self._shows_chat = False

    def follow(self, changed: Callable[[], object]) -> Callable[[], None]:
        """Call it after each cell that was run. Returns its undo."""
        self._listeners.append(changed)
        if self._shell is None and (here := shell()) is not None:
            self._shell = here
            here.events.register("pre_run_cell", self._begins)
            here.events.register("post_run_cell", self._ended)
            # The error that a chat is opened about came before the chat.
            if (last := getattr(here, "last_execution_result", None)) is not None:
                self._take(last)

        def undo() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(changed)
            if not self._listeners:
                self._stop()

        return undo

    def shows_chat(self) -> None:
        """The cell that runs now makes or displays a chat: it is not what a learner asks about."""
        self._shows_chat = True

    def _stop(self) -> None:
        here, self._shell = self._shell, None
        if here is not None:
            for event, hook in (("pre_run_cell", self._begins), ("post_run_cell", self._ended)):
                with contextlib.suppress(ValueError):
                    here.events.unregister(event, hook)
        self.ran = Ran()

    def _begins(self, _info: Any) -> None:
        self._shows_chat = False

    def _ended(self, result: Any) -> None:
        self._take(result)
        for changed in list(self._listeners):
            changed()

    def _take(self, result: Any) -> None:
        info = result.info
        if not info.store_history:
            return  # a front end's own
        cell = getattr(info, "cell_id", None)
        if not self._shows_chat:
            self.ran = replace(self.ran, cell=without_surrogates(str(info.raw_cell)))
        self._shows_chat = False
        before, raised = result.error_before_exec, result.error_in_exec
        raised = raised if before is None else before
        if raised is not None:
            self.ran = replace(self.ran, error=_told(raised, self._shell), error_in=cell)
        elif cell is not None and cell == self.ran.error_in:
            self.ran = replace(self.ran, error=None, error_in=None)


watch: Final = Watch()
"""The one of this process."""


def _told(error: BaseException, here: Any) -> dict[str, str]:
    """An error as its reader saw it, without the colours, within what a context may hold."""
    name = type(error).__name__[:_MAX_NAME]
    # Of a SyntaxError the text also names the file, which for a cell is a made-up one.
    message = str(error.msg) if isinstance(error, SyntaxError) else _text(error)
    message = without_surrogates(message)[:_MAX_MESSAGE]
    # ipykernel keeps the lines that it has just sent to the page.
    seen = getattr(here, "_last_traceback", None)
    told = "\n".join(seen) if seen else "".join(traceback.format_exception(error))
    told = without_surrogates(_ESCAPES.sub("", told)).rstrip()
    room = MAX_CONTEXT - len((name + message).encode())
    return {"name": name, "message": message, "traceback": _end(told, room)}


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - it is the learner's class
        return ""


def _end(text: str, size: int) -> str:
    """The last ``size`` bytes of it, a mark of the cut included: the end says what happened."""
    encoded = text.encode()
    if len(encoded) <= size:
        return text
    return _CUT + encoded[len(encoded) - size + len(_CUT.encode()) :].decode(errors="ignore")
