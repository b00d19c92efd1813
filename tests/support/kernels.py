"""Real kernels in processes of their own, and the messages of a page to and from them."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.support.paths import ROOT

WITHIN = 60.0
LOG = """
import json
print(json.dumps(chat.history))
"""


def environment(home: Path) -> dict[str, str]:
    """The environment of one user: kernels that have it share a home."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TUTOR_", "JUPYTERHUB_", "JPY_"))
    } | {
        "JUPYTER_DATA_DIR": str(home / "data"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(ROOT),
    }


class Kernel:
    """A real kernel in a process of its own."""

    def __init__(self, environment: dict[str, str], stderr: int | None = None) -> None:
        self.comm: list[dict[str, Any]] = []
        """The contents of all comm messages so far, oldest first."""
        self.displays: list[dict[str, Any]] = []
        """The messages of all displays so far, without results of cells."""
        self.run_ids: list[str] = []
        """The ids of the messages that have run cells."""
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(env=environment, stderr=stderr)
        self._client: BlockingKernelClient = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=WITHIN)

    def run(self, code: str, cell: str | None = None, *, own: bool = True) -> str:
        """Run a cell; returns what it prints. AssertionError with the traceback if it fails.

        ``own``: it is the learner's own, and not code that a front end runs beside it.
        """
        reply, said = self._execute(code, cell, own=own)
        assert reply["status"] == "ok", reply
        return said

    def fail(self, code: str, cell: str | None = None) -> list[str]:
        """Run a cell that raises; returns the traceback as the page gets it."""
        reply, _ = self._execute(code, cell)
        assert reply["status"] == "error", reply
        lines: list[str] = reply["traceback"]
        return lines

    def interrupt(self, code: str) -> str:
        """Run a cell, interrupt it when it prints; returns the name of the error that ends it."""

        def interrupt_when_ready(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                self._manager.interrupt_kernel()

        reply, _ = self._execute(code, None, interrupt_when_ready)
        return str(reply.get("ename", ""))

    def log(self) -> list[dict[str, Any]]:
        """The chat's history."""
        found: list[dict[str, Any]] = json.loads(self.run(LOG))
        return found

    def kill(self) -> None:
        """SIGKILL, as the system does when memory is short."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    # --- as a page ------------------------------------------------------------------------------

    @property
    def customs(self) -> list[dict[str, Any]]:
        """The custom messages from the widgets to the page, oldest first."""
        data = (content.get("data", {}) for content in self.comm)
        return [each["content"] for each in data if each.get("method") == "custom"]

    def ask(self, op: str, **more: Any) -> Any:
        """Send a command to the newest chat; returns the answer in its acknowledgement, or None."""
        chats = [c for c in self.comm if "_view" in c.get("data", {}).get("state", {})]
        id = secrets.token_hex(8)
        custom = {"method": "custom", "content": {"op": op, "id": id, **more}}
        self._send("comm_msg", {"comm_id": chats[-1]["comm_id"], "data": custom})

        def answered() -> list[dict[str, Any]]:
            acks = (ack for custom in self.customs for ack in custom.get("acks", ()))
            return [ack for ack in acks if ack["id"] == id]

        self._listen(lambda _: bool(answered()))
        (ack,) = answered()
        assert "error" not in ack, ack
        return ack.get("answer")

    def next_display(self) -> dict[str, Any]:
        """The next display, or change of one."""
        count = len(self.displays)
        self._listen(lambda _: len(self.displays) > count)
        return self.displays[-1]

    # --- the wire -------------------------------------------------------------------------------

    def _execute(
        self,
        code: str,
        cell: str | None,
        hear: Callable[[dict[str, Any]], None] = lambda _: None,
        *,
        own: bool = True,
    ) -> tuple[dict[str, Any], str]:
        content = {"code": code, "silent": False, "store_history": own, "allow_stdin": False}
        id = self._send("execute_request", content, {"cellId": cell} if cell else {})
        self.run_ids.append(id)
        said: list[str] = []

        def is_over(message: dict[str, Any]) -> bool:
            if message["parent_header"].get("msg_id") != id:
                return False
            hear(message)
            if message["msg_type"] == "stream":
                # Only the cell prints, never the widget.
                assert message["content"]["name"] == "stdout", message["content"]["text"]
                said.append(message["content"]["text"])
            idle = {"execution_state": "idle"}
            return bool(message["msg_type"] == "status" and message["content"] == idle)

        self._listen(is_over)
        while True:
            reply = self._client.get_shell_msg(timeout=WITHIN)
            if reply["parent_header"].get("msg_id") == id:
                return reply["content"], "".join(said)

    def _send(self, kind: str, content: dict[str, Any], metadata: Any = None) -> str:
        message = self._client.session.msg(kind, content, metadata=metadata)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def _listen(self, is_over: Callable[[dict[str, Any]], bool]) -> None:
        while True:
            message = self._client.get_iopub_msg(timeout=WITHIN)
            if message["msg_type"].startswith("comm_"):
                self.comm.append(message["content"])
            if message["msg_type"].endswith("display_data"):
                self.displays.append(message)
            if is_over(message):
                return
