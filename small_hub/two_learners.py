"""A small hub with a tutor, two learners' servers and a teacher's dashboard, until Ctrl+C:
``dev.py hub``.

The learners' notebooks, the conversations and the logs stay in a folder, for the next time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NoReturn

from devtools.children import Failed, end, end_of, end_on_signals
from devtools.running import say
from small_hub.dashboard import CONFIG, Dashboard
from small_hub.hub import Program, SmallHub

LEARNERS: Final = {"ada": "127.0.0.1", "bob": "localhost"}
"""Names, and the host at which each finds the hub. Cookies belong to a host, so that both can be
signed in at once in one browser."""
GROUP: Final = "7b"
"""The learners' group."""
TEACHER: Final = "grey"
"""The name of who teaches it, at a host of its own like those of the learners."""
_TEACHERS_HOST: Final = "teacher.localhost"
_TEACHERS: Final = f"teachers-{GROUP}"
_TOLD: Final = "Your teacher can read this conversation."
_LOOK: Final = 0.5
"""Seconds between two looks whether all programs run."""
_NOTEBOOK: Final = Path(__file__).with_name("chat.ipynb")


def main(folder: Path, options: list[str]) -> int:
    """Run all of it until a signal to end comes; the exit status if it could not start."""
    chosen = _parser().parse_args(options)
    end_on_signals()
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    try:
        ports = _free_ports(chosen.port)
        service = Dashboard(ports[3])
        small = SmallHub(
            folder, chosen.port, *ports[:3], tutor_config=CONFIG, settings=service.settings
        )
        with running(small, service) as programs:
            _welcome(small, service, opens=not chosen.no_browser)
            try:
                _watch(small, programs)
            finally:
                say("Ending the servers, the hub, the proxy, the dashboard and the tutor")
    except Failed as failed:
        print(f"\n{failed}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python3 dev.py hub", allow_abbrev=False)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument("--port", type=int, default=8000, help="of the hub (8000)")
    return parser


def _free_ports(port: int) -> tuple[int, int, int, int]:
    """Ports of the hub, the proxy's API, the tutor and the dashboard. Raises Failed if ``port`` is
    taken."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(5)]
        try:
            # As the proxy does: what is left of its connections of the last run does not matter.
            probes[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probes[0].bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise Failed(
                f"Port {port} cannot be had ({error}). Does a hub run there already? "
                "Choose another one: python3 dev.py hub --port=8001"
            ) from None
        for probe in probes[1:]:
            probe.bind(("127.0.0.1", 0))
        hub, proxy_api, tutor, dashboard = (int(probe.getsockname()[1]) for probe in probes[1:])
        return hub, proxy_api, tutor, dashboard


def _watch(small: SmallHub, programs: dict[str, subprocess.Popen[bytes]]) -> NoReturn:
    """Wait for a signal to end. Raises Failed if a program ends before."""
    while True:
        for name, process in programs.items():
            if process.poll() is not None:
                log = end_of(_log(small, name))
                raise Failed(f"The {name} has ended with status {process.returncode}:\n{log}")
        time.sleep(_LOOK)


def _log(small: SmallHub, name: str) -> Path:
    return small.home / f"{name}.log"


@contextmanager
def running(small: SmallHub, service: Dashboard) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Run the tutor, the dashboard, the proxy, the hub and the learners' servers until the block
    ends.

    Gives the processes by name, without those of the learners. Raises Failed if one of them does
    not start.
    """
    with ExitStack() as stack:
        # A hub that starts waits half a minute for a service that does not run yet.
        processes: dict[str, subprocess.Popen[bytes]] = {}
        programs = {
            "tutor": tutor(small),
            "dashboard": dashboard(small, service),
            "proxy": small.proxy,
            "hub": small.hub,
        }
        for name, program in programs.items():
            say(f"Starting the {name}")
            processes[name] = stack.enter_context(_started(program, _log(small, name)))
        stack.callback(_stop_servers, small, processes["hub"])
        _enrol(small, TEACHER, _TEACHERS)
        for learner in LEARNERS:
            say(f"Starting the server of {learner}")
            _start_server(small, learner)
        yield processes


def _stop_servers(small: SmallHub, hub: subprocess.Popen[bytes]) -> None:
    """Stop the learners' servers. Only a hub can: a dead one is started once more for it."""
    with ExitStack() as stack:
        if hub.poll() is not None:
            stack.enter_context(_started(small.hub, _log(small, "hub")))
        small.stop_servers()


def tutor(small: SmallHub) -> Program:
    """The tutor's server as a service of the hub, as docs/operating.md has it."""
    command = [
        *(sys.executable, "-m", "tutor_widget.server", "--auth=hub"),
        *("--trusted-proxies=127.0.0.1", f"--db-url=sqlite:///{_database(small)}"),
        f"--readable-by-teachers={_TOLD}",
    ]
    return Program(command, small.tutor, small.tutor_port, lambda: _accepts(small.tutor_port))


def dashboard(small: SmallHub, service: Dashboard) -> Program:
    """The dashboard as a service of the hub, as docs/dashboard.md has it."""
    command = [
        *(sys.executable, "-c", "from tutor_widget.cli import main; raise SystemExit(main())"),
        *("dashboard", "--auth=hub", "--trusted-proxies=127.0.0.1", "--readable-by-teachers"),
    ]
    environment = service.environment(small, _database(small))
    return Program(command, environment, service.port, lambda: _accepts(service.port))


def _database(small: SmallHub) -> Path:
    return small.home / "tutor.sqlite"


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _started(program: Program, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends, which begins when it is ready. Raises Failed."""
    # What a developer has set for other tutors and hubs is not meant for these.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TUTOR_", "JUPYTER"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            env={**inherited, **program.environment},
            start_new_session=True,  # Ctrl+C is for the process that started it
        )
    try:
        while not program.is_ready():
            if process.poll() is not None:
                raise Failed(f"It ended with status {process.returncode}:\n{end_of(log)}")
            time.sleep(0.05)
        yield process
    finally:
        end(process)


def _start_server(small: SmallHub, learner: str) -> None:
    """Start the server of a learner, who is made, with a notebook, unless they are there."""
    _enrol(small, learner, GROUP)
    home = small.home / learner
    home.mkdir(exist_ok=True)
    notebook = home / _NOTEBOOK.name
    if not notebook.exists():
        shutil.copyfile(_NOTEBOOK, notebook)
    try:
        small.start_server(learner)
    except RuntimeError as error:
        raise Failed(f"{error}\n{end_of(small.home / 'hub.log')}") from None


def _enrol(small: SmallHub, name: str, group: str) -> None:
    """Make the user, unless there is one, and a member of the group."""
    if name not in {user["name"] for user in small.api("GET", "users")}:
        small.add_user(name)
    small.join(name, group)


def _welcome(small: SmallHub, service: Dashboard, *, opens: bool) -> None:
    """Print where the learners' notebooks and the dashboard are, and how to sign in."""
    links = {learner: link(small, learner) for learner in LEARNERS}
    say(f"A JupyterHub. Sign in under each name with the password {small.password}")
    for learner, address in links.items():
        print(f"    {learner}   {address}")
    print(f"    {TEACHER}  http://{_TEACHERS_HOST}:{small.port}/{service.path}")
    print(f"{' and '.join(LEARNERS)} are learners of {GROUP}, and {TEACHER} teaches it.")
    print(f"Their notebooks, the conversations and the logs are in {small.home}")
    say("Ctrl+C ends all of it")
    if opens:
        webbrowser.open(links["ada"])


def link(small: SmallHub, learner: str) -> str:
    """The address of the learner's notebook."""
    return f"http://{LEARNERS[learner]}:{small.port}/user/{learner}/lab/tree/{_NOTEBOOK.name}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
