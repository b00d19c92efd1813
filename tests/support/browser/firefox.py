"""Any Firefox for Playwright: this program is started in its place, and starts it.

Playwright drives Firefoxes that are not of its own making by WebDriver BiDi, and sends one command
that they do not know (as of 153). It is answered here, in their name; all else is passed on.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve

__all__ = ["as_playwright_likes_it", "find"]

UNKNOWN = "emulation.setMediaFeaturesOverride"
LISTENING = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")


def find() -> str | None:
    """The machine's Firefox."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


def as_playwright_likes_it(folder: Path, firefox: str) -> Path:
    """An executable file for Playwright to start."""
    script = folder / "firefox"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "{firefox}" "$@"\n')
    script.chmod(0o700)
    return script


async def main(firefox: str, *arguments: str) -> int:
    """Run Firefox; what it says of its address is said of ours. Its exit status."""
    process = await asyncio.create_subprocess_exec(
        firefox, *arguments, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    server: Server | None = None
    async for line in process.stderr:
        said = line
        if (found := LISTENING.search(line)) and server is None:
            server = await stand_before(found[1].decode())
            port = server.sockets[0].getsockname()[1]
            said = line.replace(found[1], f"ws://127.0.0.1:{port}".encode())
        sys.stderr.buffer.write(said)
        sys.stderr.flush()
    return await process.wait()


async def stand_before(address: str) -> Server:
    """A server that passes on to Firefox's what Firefox understands."""

    async def relay(playwright: ServerConnection) -> None:
        async with connect(f"{address}/session", max_size=None, proxy=None) as browser:

            async def back() -> None:
                async for message in browser:
                    await playwright.send(message)
                await playwright.close()

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(back())
                async for message in playwright:
                    command = json.loads(message)
                    if command["method"] == UNKNOWN:
                        answer = {"type": "success", "id": command["id"], "result": {}}
                        await playwright.send(json.dumps(answer))
                    else:
                        await browser.send(message)
                await browser.close()

    return await serve(relay, "127.0.0.1", 0, max_size=None)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
