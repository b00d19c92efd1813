"""JupyterLab as a test sees it: a server, a notebook in a page, the traffic between them."""

from __future__ import annotations

import json
import os
import re
import secrets
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import (
    Error,
    Locator,
    Page,
    Position,
    WebSocket,
    WebSocketRoute,
    expect,
)

from tests.support.paths import SCRIPTS
from tests.support.servers.processes import free_port, terminate, wait_for_answer

__all__ = ["KERNELS", "Lab", "Message", "Notebook", "Notebook7", "Traffic", "Voila", "Wire"]

JUPYTERLAB: Final = (sys.executable, "-m", "jupyterlab")
UNUSED: Final = (
    # Buttons of other hosts, which are here for tests of their own.
    "@jupyter-notebook/lab-extension",
    "@voila-dashboards/jupyterlab-preview",
    # For this JupyterLab starts Node.js and asks PyPI each time a page is loaded.
    "@jupyterlab/extensionmanager-extension",
    # What shows other files and other panels: a page without it is there in three quarters of
    # the time.
    *(
        f"@jupyterlab/{name}-extension"
        for name in (
            "audio console csvviewer help htmlviewer imageviewer inspector json launcher logconsole"
            " lsp markdownviewer mermaid metadataform pdf pluginmanager settingeditor terminal toc"
            " vega5 video"
        ).split()
    ),
)
"""Parts of JupyterLab that a chat has nothing to do with."""
KERNELS = Path(sys.prefix) / "kernels"
"""Where `python3 dev.py test` puts older ipykernels, each in a folder named after its version."""


class Lab:
    """A JupyterLab server with a home, a configuration and a data folder of its own.

    `program` starts it; `root` is where its notebooks are.
    """

    def __init__(
        self, folder: Path, program: Sequence[str] = JUPYTERLAB, root: Path | None = None
    ) -> None:
        self._program = program
        self.root = root or folder / "notebooks"
        self.root.mkdir(exist_ok=True)
        self.log = folder / "lab.log"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.token = secrets.token_hex(16)
        folders = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "TUTOR_"))},
            **{f"JUPYTER_{name}": str(folder / place) for name, place in folders.items()},
            "HOME": str(folder),
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "JUPYTER_TOKEN": self.token,
        }
        self._settings = folder / "settings"
        notification = self._settings / "@jupyterlab/apputils-extension/notification"
        notification.parent.mkdir(parents=True)
        quiet = {"fetchNews": "false", "checkForUpdates": False}
        notification.with_suffix(".jupyterlab-settings").write_text(json.dumps(quiet))
        page = folder / "config" / "labconfig" / "page_config.json"
        page.parent.mkdir(parents=True)
        page.write_text(json.dumps({"disabledExtensions": dict.fromkeys(UNUSED, True)}))
        for overlay in sorted(KERNELS.glob("*")):
            self._offer(folder / "data" / "kernels", overlay)

    def _offer(self, kernels: Path, overlay: Path) -> None:
        """A kernel that is this environment's, but for what lies in the overlay."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {
            "argv": command,
            "display_name": f"ipykernel {overlay.name}",
            "language": "python",
            "env": {"PYTHONPATH": str(overlay)},
        }
        place = kernels / overlay.name / "kernel.json"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(spec))

    def __enter__(self) -> Lab:
        port = self.url.rpartition(":")[2]
        command = [*self._program, "--no-browser"]
        command += [f"--ServerApp.port={port}", f"--ServerApp.root_dir={self.root}"]
        command += ["--ServerApp.allow_root=True", "--LabApp.expose_app_in_browser=True"]
        command += ["--JupyterNotebookApp.expose_app_in_browser=True"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, cwd=self.root
            )
        wait_for_answer(f"{self.url}/api/status?token={self.token}", self._process, self.log)
        return self

    def __exit__(self, *_: object) -> None:
        terminate(self._process)

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """JupyterLab's REST interface."""
        headers = {"Authorization": f"token {self.token}"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    @contextmanager
    def setting(self, plugin: str, **values: object) -> Iterator[None]:
        """Pages that are loaded meanwhile have these settings of a plugin."""
        path = self._settings / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
        yield
        path.unlink()

    def write(self, name: str, *cells: str, kernel: str = "python3") -> Path:
        """A notebook with these cells of code, for `python3` or one of `KERNELS`."""
        path = self.root / name
        common: dict[str, Any] = {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        spec = {"name": kernel, "display_name": kernel, "language": "python"}
        notebook = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": spec},
            "cells": [{**common, "id": f"cell-{n}", "source": s} for n, s in enumerate(cells)],
        }
        path.write_text(json.dumps(notebook))
        return path

    def end_kernels(self, path: Path) -> None:
        """Shut down the kernel of a notebook."""
        for session in self.ask("sessions"):
            if session["path"] == self.place(path):
                self.ask(f"sessions/{session['id']}", "DELETE")

    def renew_kernel(self, path: Path) -> None:
        """A kernel that knows nothing in place of the notebook's.

        It is here before the page is: where a page starts one that is slow, Jupyter's widget
        manager may call a stored model "not found".
        """
        self.end_kernels(path)
        session = {"path": self.place(path), "name": path.name, "type": "notebook"}
        self.ask("sessions", "POST", session | {"kernel": {"name": "python3"}})

    def place(self, path: Path) -> str:
        """The path of a notebook as the server has it."""
        return path.relative_to(self.root).as_posix()


@dataclass(frozen=True)
class Message:
    """One message between page and kernel. ``size`` counts all its bytes on the WebSocket."""

    time: float
    sent: bool
    type: str
    content: dict[str, Any]
    size: int

    @property
    def custom(self) -> dict[str, Any]:
        """What a widget's custom message holds; {} for any other."""
        data = self.content.get("data", {})
        custom: dict[str, Any] = data.get("content", {}) if data.get("method") == "custom" else {}
        return custom


class Traffic:
    """Every message on the kernel's WebSockets of one page, as it comes."""

    def __init__(self, page: Page) -> None:
        self.messages: list[Message] = []
        page.on("websocket", self._watch)

    def comm(self, since: float = 0.0) -> list[Message]:
        """The comm messages after that point of `time.monotonic()`, both ways."""
        return [m for m in self.messages if m.type.startswith("comm_") and m.time >= since]

    def _watch(self, socket: WebSocket) -> None:
        if socket.url.split("?")[0].endswith("/channels"):
            socket.on("framereceived", lambda frame: self._note(frame, sent=False))
            socket.on("framesent", lambda frame: self._note(frame, sent=True))

    def _note(self, frame: str | bytes, *, sent: bool) -> None:
        self.messages.append(_message(frame, sent=sent))


class Wire:
    """The same WebSockets, in our hands: what `loses` says yes to never arrives.

    It has those that are opened after it was made.
    """

    def __init__(self, page: Page) -> None:
        self.loses: Callable[[Message], bool] = lambda message: False
        self.lost: list[Message] = []
        self.messages: list[Message] = []
        self._open: list[WebSocketRoute] = []
        self._is_cut = False
        page.route_web_socket(re.compile(r"/api/kernels/[^/]+/channels"), self._route)

    def cut(self) -> None:
        """Close them, and let none open until `mend`."""
        self._is_cut = True
        for page_side in self._open:
            page_side.close()
        self._open.clear()

    def mend(self) -> None:
        self._is_cut = False

    def _route(self, page_side: WebSocketRoute) -> None:
        if self._is_cut:
            page_side.close()
            return
        self._open.append(page_side)
        server_side = page_side.connect_to_server()

        def forward(to: WebSocketRoute, frame: str | bytes, *, sent: bool) -> None:
            message = _message(frame, sent=sent)
            self.messages.append(message)
            if self.loses(message):
                self.lost.append(message)
            else:
                to.send(frame)

        page_side.on_message(lambda frame: forward(server_side, frame, sent=True))
        server_side.on_message(lambda frame: forward(page_side, frame, sent=False))


def _message(frame: str | bytes, *, sent: bool) -> Message:
    if isinstance(frame, str):  # the older of Jupyter's two protocols
        whole = json.loads(frame)
        kind, content = whole["header"]["msg_type"], whole["content"]
    else:
        kind, content = _unpack(frame)
    return Message(time.monotonic(), sent, kind, content, len(frame))


def _unpack(frame: bytes) -> tuple[str, dict[str, Any]]:
    """v1.kernel.websocket.jupyter.org: a count, offsets, channel, header, …, content, buffers."""
    (count,) = struct.unpack_from("<Q", frame)
    offsets = struct.unpack_from(f"<{count}Q", frame, 8)
    parts = [frame[a:b] for a, b in pairwise(offsets)]
    return json.loads(parts[1])["msg_type"], json.loads(parts[4])


class Notebook:
    """A notebook in a page of JupyterLab."""

    def __init__(self, lab: Lab, page: Page, path: Path, pictures: Path) -> None:
        self.lab = lab
        self.page = page
        self.path = path
        self.traffic = Traffic(page)
        self.faults: list[str] = []
        self._pictures = pictures
        self._workspace = path.stem
        self._tabs: list[Notebook] = []
        page.on("pageerror", self._note_fault)
        page.add_init_script(path=SCRIPTS / "spoken.js")

    def _note_fault(self, error: Error) -> None:
        # A widget's code comes from a blob; JupyterLab's own has errors of its own at times.
        if error.stack and "blob:" in error.stack:
            self.faults.append(error.stack)

    def open(self) -> None:
        """Open it, or load the page anew; returns when its kernel is idle."""
        self._go()
        self.wait_until_idle()

    @property
    def place(self) -> str:
        """Where on the server its page is, up to the token."""
        return f"lab/workspaces/{self._workspace}/tree/{self.lab.place(self.path)}?reset&"

    def open_without_kernel(self) -> None:
        """Open it, and choose "No Kernel" where JupyterLab asks."""
        content = json.loads(self.path.read_text())
        content["metadata"].pop("kernelspec", None)
        content["metadata"].pop("language_info", None)
        self.path.write_text(json.dumps(content))
        # JupyterLab shows what it did not save itself without widgets, unless it is trusted.
        trust = [sys.executable, "-m", "nbformat.sign", str(self.path)]
        subprocess.run(trust, check=True, env=self.lab.environment, capture_output=True)
        self._go()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name="No Kernel").click()
        expect(dialog).to_have_count(0)

    def another_tab(self) -> Notebook:
        """The same notebook with the same kernel in another tab, which closes with this one."""
        tab = Notebook(self.lab, self.page.context.new_page(), self.path, self._pictures)
        tab._workspace += "-too"
        tab.faults = self.faults
        self._tabs.append(tab)
        tab.open()
        return tab

    def close(self) -> None:
        for tab in self._tabs:
            tab.page.close()
        self.page.close()
        self.lab.end_kernels(self.path)

    def _go(self) -> None:
        self.page.goto(f"{self.lab.url}/{self.place}token={self.lab.token}")

    def wait_until_idle(self) -> None:
        """Until the notebook is shown and its kernel is connected and idle."""
        self.page.wait_for_function(_IDLE, arg=self.lab.place(self.path), timeout=60_000)

    def cell(self, n: int) -> Locator:
        """The n-th cell, from 0."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(n)

    def start(self, n: int) -> None:
        """Run cell n as a user does, without waiting for it."""
        self.cell(n).locator(".cm-content").click(position=Position(x=2, y=2))
        self.page.keyboard.press("Control+Enter")
        expect(self.cell(n).locator(".jp-InputPrompt")).not_to_have_text("[ ]:")

    def run(self, n: int) -> str:
        """Run cell n and wait for its end; the text it printed or returned."""
        self.start(n)
        prompt = self.cell(n).locator(".jp-InputPrompt")
        expect(prompt).to_have_text(_NUMBERED, timeout=60_000)
        return "".join(self.cell(n).locator(".jp-OutputArea-output pre").all_inner_texts()).strip()

    def restart_kernel(self) -> None:
        """What the menu does after its question."""
        self.page.evaluate(f"{_SESSION}.session.kernel.restart()")
        self.wait_until_idle()

    def open_anew(self, path: Path) -> None:
        """Open a notebook, this one or another, with a kernel of its own."""
        self.lab.end_kernels(self.path)
        self.path = path
        self.lab.renew_kernel(path)
        self.open()

    def in_dialog(self, command: str, name: str) -> Path:
        """Execute a command that asks for the name of a file; the path of that."""
        done = self.page.evaluate_handle(f"({{it: jupyterapp.commands.execute({command!r})}})")
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("textbox").fill(name)
        dialog.locator(".jp-mod-accept").click()
        done.evaluate("done => done.it")
        return self.lab.root / name

    def rename(self, name: str) -> None:
        """What the menu does, with its question."""
        self.path = self.in_dialog("docmanager:rename", name)
        self.wait_until_idle()

    def kernel_id(self) -> str:
        return str(self.page.evaluate(f"{_SESSION}.session.kernel.id"))

    def save(self) -> dict[str, Any]:
        """Save it; the file's content."""
        self.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        content: dict[str, Any] = json.loads(self.path.read_text())
        return content

    def theme(self, name: str) -> None:
        """`JupyterLab Light` or `JupyterLab Dark`."""
        change = "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})"
        self.page.evaluate(change, name)
        light = "true" if "Light" in name else "false"
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", light)
        # While it changes, a splash lies over the page.
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    def spoken(self) -> list[tuple[str, str]]:
        """What the widget has told a screen reader so far: (reply, status or alert; the words)."""
        return [(voice, words) for voice, words in self.page.evaluate("window.spoken")]

    def badges(self) -> list[tuple[float, str]]:
        """What the badges have shown in this page: (Unix ms, words) for each change."""
        return [(at, words) for at, words in self.page.evaluate("window.badges")]

    def wait_until_quiet(self, seconds: float = 1.0) -> None:
        """Wait until no comm message has come for that many seconds."""
        while self.traffic.comm(time.monotonic() - seconds):
            self.page.wait_for_timeout(100)

    def wait_until_saved(self) -> None:
        self.page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")

    def wait_until_met(self, since: float = 0.0) -> None:
        """Wait until a chat that came after `since` has asked for its notebook.

        Its code for the notebook around it is there then: a save stores the chat.
        """
        while not any(
            m.sent and m.custom.get("op") == "notebook" for m in self.traffic.comm(since)
        ):
            self.page.wait_for_timeout(20)

    def screenshot(self, name: str) -> None:
        self._pictures.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self._pictures / f"{name}.png")

    def picture(self, part: Locator, name: str) -> None:
        """A picture of one part, without the caret and with nothing moving."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        part.screenshot(path=self._pictures / f"{name}.png", animations="disabled")


class Notebook7(Notebook):
    """A notebook in a page of Notebook 7."""

    @property
    def place(self) -> str:
        return f"notebooks/{self.path.name}?"


class Voila(Notebook):
    """A notebook that Voilà has executed, its outputs in a page of their own."""

    @property
    def place(self) -> str:
        return f"voila/render/{self.path.name}?"

    def wait_until_idle(self) -> None:
        """Voilà has no notebook to ask: what is awaited is what the cells show."""


_NUMBERED = re.compile(r"\[\d+\]:")
_SESSION = "jupyterapp.shell.currentWidget.sessionContext"
_IDLE = """name => {
  const panel = window.jupyterapp?.shell.currentWidget;
  const kernel = panel?.context?.path === name && panel.sessionContext.session?.kernel;
  return kernel && kernel.connectionStatus === "connected" && kernel.status === "idle";
}"""
