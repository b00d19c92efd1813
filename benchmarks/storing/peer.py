"""python-socketio with its Redis manager and SQLite, in processes: how many messages a second."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.faulty.packages import Missing, environment
from tests.support.servers.processes import ServerProcess, free_port

__all__ = ["Missing", "rate"]

_PACKAGES: Final = ["aiohttp==3.14.5", "python-socketio==5.18.1", "redis==7.1.0"]
_PROGRAM: Final = Path(__file__).with_name("programs") / "socketio_redis.py"


def rate(folder: Path, learners: int, seconds: float) -> float:
    """Messages a second, with their answers. Raises Missing, as a sentence."""
    redis = shutil.which("redis-server")
    if redis is None:
        raise Missing("there is no redis-server here (Debian: redis-server)")
    python = str(environment("socketio-redis", _PACKAGES))
    redis_port, port = free_port(), free_port()
    bound = ("--port", str(redis_port), "--bind", "127.0.0.1", "--save", "")
    url = f"redis://127.0.0.1:{redis_port}/0"
    program = [python, str(_PROGRAM)]
    with ExitStack() as stack:
        stack.enter_context(
            ServerProcess([redis, *bound], redis_port, folder / "redis.log", folder=folder)
        )
        served = [*program, "server", str(port), url, str(folder / "socketio.sqlite")]
        stack.enter_context(ServerProcess(served, port, folder / "socketio.log"))
        asked = [*program, "client", str(port), str(learners), str(seconds)]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise Missing(f"its client failed: {done.stderr.splitlines()[-1:]}")
    return float(done.stdout)
