"""nginx in front of the nodes, with the configuration that docs/operating.md recommends."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from benchmarks.faulty.packages import Missing
from tests.support.paths import ROOT
from tests.support.servers.processes import ServerProcess, free_port

__all__ = ["Nginx", "configuration"]

_PAGE: Final = ROOT / "docs" / "operating.md"
_FRAME: Final = """
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 8192; }}
http {{
access_log off;
{temporary}
{recipe}
}}
"""
"""What a system's own nginx.conf has around the recipe; each learner takes two connections."""
_TEMPORARY: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx(ServerProcess):
    """nginx, whose files lie in ``folder``, before the nodes that listen on these ports."""

    def __init__(self, folder: Path, nodes: Iterable[int]) -> None:
        """Raises Missing, as a sentence, where there is no nginx."""
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None:
            raise Missing("There is no nginx: install it (Debian: nginx-light).")
        port = free_port()
        file = folder / "nginx.conf"
        file.write_text(configuration(folder, port, nodes))
        log = folder / "nginx.log"
        command = [program, "-p", str(folder), "-c", str(file), "-e", str(log), "-g", "daemon off;"]
        super().__init__(command, port, log)
        self.url = f"ws://127.0.0.1:{port}/"

    def kill(self) -> None:
        """End it. Its workers would outlive SIGKILL."""
        self.stop()


def configuration(folder: Path, port: int, nodes: Iterable[int]) -> str:
    """The recipe of docs/operating.md with other addresses, in a whole file."""
    recipe = _PAGE.read_text("utf-8").partition("```nginx\n")[2].partition("```")[0]
    servers = [f"server 127.0.0.1:{node}\\1;\n    " for node in nodes]
    recipe, upstreams = re.subn(r"(?:server [\d.:]+( .*)?;\s+)+", "".join(servers), recipe)
    recipe, listens = re.subn(r"listen .*;", f"listen 127.0.0.1:{port};", recipe)
    assert upstreams == listens == 1, "docs/operating.md has another recipe"
    temporary = "\n".join(f"{name}_temp_path {folder}/{name};" for name in _TEMPORARY)
    return _FRAME.format(folder=folder, temporary=temporary, recipe=recipe)
