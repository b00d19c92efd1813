"""The widget's model as Jupyter sees it: synced traits that only the kernel writes.

The class holds what ipywidgets needs to be told otherwise, and nothing about chats:

- A page cannot write traits. Messages from a page are custom messages, handed to `_received` on the
  loop of `client.loop`, whatever thread the kernel handles them on.
- A page reads all traits at one moment, on the loop, where they are written.
- A change of a mirrored trait sends nothing by itself: `page.Page` sends it, with others.
- An observer that raises disturbs no other code.
- All messages to the page leave through `_send`, on the thread that the front end needs.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
from pathlib import Path
from typing import Any, Final, NoReturn

import anywidget
import traitlets

from tutor_widget.client.loop import call_on_loop, post_to_loop, report_error

from . import ipython

MIRRORED: Final = frozenset(
    {"_n", "status", "connection", "queue", "history", "session_state", "_view"}
)
"""The traits that travel as numbered changes (docs/comm.md)."""
_STATIC: Final = Path(__file__).parents[1] / "static"


@functools.cache
def bundle(name: str) -> str:
    """The text of a file of the front end. Raises ImportError if the package has none of it."""
    try:
        return (_STATIC / name).read_text("utf-8")
    except OSError as error:
        raise ImportError(
            f"tutor_widget was installed without its front end ({name} is missing). "
            "In a checkout, run: python3 dev.py watch"
        ) from error


class KernelModel(anywidget.AnyWidget):
    """A widget whose synced traits only the kernel writes, on the loop.

    ``connection`` and ``view`` are the first values of those traits. ``keywords`` go to ipywidgets.
    """

    # Read when the first model is made: the package can be imported without the bundle. The style
    # is inside: it goes into each view's shadow root, where a page's style sheet does not reach.
    _esm = property(lambda self: bundle("widget.js"))

    _n = traitlets.Int(0, read_only=True).tag(sync=True)
    status = traitlets.Unicode("connecting", read_only=True).tag(sync=True)
    connection = traitlets.Dict(read_only=True).tag(sync=True)
    queue: traitlets.List[dict[str, Any]] = traitlets.List(read_only=True).tag(sync=True)
    history: traitlets.List[dict[str, Any]] = traitlets.List(read_only=True).tag(sync=True)
    session_state = traitlets.Dict(read_only=True).tag(sync=True)
    _view = traitlets.Dict(read_only=True).tag(sync=True)
    _words = traitlets.Dict(default_value=None, allow_none=True, read_only=True).tag(sync=True)

    def __init__(self, connection: dict[str, Any], view: dict[str, Any], **keywords: Any) -> None:
        self._owner = os.getpid()
        self._first = {"connection": connection, "_view": view}
        self._made_layout = "layout" not in keywords
        super().__init__(**keywords)
        self._route_replies()

    @traitlets.default("connection")
    def _first_connection(self) -> dict[str, Any]:
        return self._first["connection"]

    @traitlets.default("_view")
    def _first_view(self) -> dict[str, Any]:
        return self._first["_view"]

    @property
    def _is_forked(self) -> bool:
        """This is a copy in a forked process. The model belongs to the parent."""
        return self._owner != os.getpid()

    def _received(self, content: Any) -> None:
        """Take a custom message of a page. Called on the loop."""
        raise NotImplementedError

    def _route_replies(self) -> None:
        # ipykernel 7.4 handles a comm's messages in the shell that last published on the comm. Here
        # that is the main one, which waits while a cell runs. Without this, commands would wait.
        comm = self.comm
        if hasattr(comm, "_reply_subshell_for"):
            comm._reply_subshell_for = lambda data, default: default

    # --- ipywidgets' methods --------------------------------------------------------------------

    def notify_change(self, change: Any) -> None:
        """Call the observers of a trait. An exception of an observer is reported, not raised."""
        if change["name"] in MIRRORED:
            try:
                # Past ipywidgets, which would send the trait to the page.
                traitlets.HasTraits.notify_change(self, change)
            except BaseException as error:  # noqa: BLE001 - not our code, and not its thread
                report_error(f"An observer of {change['name']!r} raised", error)
        else:
            super().notify_change(change)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Ignore what a page writes to traits. `read_only` would refuse it, but echo it."""

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The traits at one moment: `history` and the number of the last change in it agree."""
        _ = self.layout  # also a widget: it must be made, and announced, on the thread that asks
        get = functools.partial(super().get_state, key, drop_defaults)
        state: dict[str, Any] = get() if self._is_forked else call_on_loop(get)
        return state

    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        # For pickle and copy: a copy would be a second owner of the chat, and of its token.
        raise TypeError(
            "A chat cannot be copied or pickled. "
            "Make another one with the same arguments: it shows the same conversation."
        )

    def close(self) -> None:
        """Close the comm, and the layout that ipywidgets made for this widget."""
        if self.comm is not None and self._made_layout:
            self.layout.close()  # ipywidgets keeps every open layout until the kernel ends
        super().close()

    def _send(self, msg: Any, buffers: Any = None) -> None:
        post = ipython.sender()
        if post is None:
            self._send_now(msg, buffers)
        else:
            post(self._send_now, msg, buffers)

    def _send_now(self, msg: Any, buffers: Any) -> None:
        try:
            super()._send(msg, buffers)
        except Exception as error:
            # A kernel that ends closes its sockets before its threads end: no page listens.
            if getattr(error, "errno", None) != errno.ENOTSOCK:
                raise

    def _handle_custom_msg(self, content: Any, buffers: Any) -> None:
        # Called on any thread, during a running cell too: only post. At the end of the process the
        # loop is closed, which raises RuntimeError.
        with contextlib.suppress(RuntimeError):
            post_to_loop(self._received, content)
