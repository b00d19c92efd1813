"""The front end's bundle: is it that of the sources, and if not, build it.

The bundle is not in git. A record beside it holds the fingerprints of the sources it was built from
and of the bundle itself, so that no package is ever built around a stale, foreign or missing one.

    python hatch_build.py      brings the bundle up to date
    python -m build            does so too (as a hatchling hook), or stops with a sentence
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
JS = ROOT / "js"
BUNDLE = ROOT / "tutor_widget" / "static" / "widget.js"
ENGLISH = ROOT / "tutor_widget" / "words" / "en.json"
RECORD = BUNDLE.with_name("bundle.json")
DASHBOARD = ROOT / "tutor_widget" / "dashboard" / "static"
QUICKSTART = "notebooks/quickstart.ipynb"


class NoBundle(Exception):
    """The bundle is not that of the sources and cannot be built here."""


class BundleHook(BuildHookInterface[Any]):
    """Hatchling's hook: an installation that is not editable ships the bundle of these sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        try:
            ensure()
        except NoBundle as error:
            self.app.abort(str(error))
        if self.target_name == "wheel":
            # What `tutor-widget lab` opens where there is no checkout.
            build_data["force_include"][QUICKSTART] = f"tutor_widget/{QUICKSTART}"


def ensure() -> bool:
    """Build the bundle unless it is that of the sources; whether it was built, or NoBundle."""
    before = fingerprints()
    if recorded() == before:
        return False
    state = "older than its sources in js/" if BUNDLE.exists() else "missing"
    npm = shutil.which("npm")
    if npm is None:
        raise NoBundle(
            f"The front end's bundle is {state}, and there is no npm to build it. "
            "Install Node.js 20 or newer, or let `python3 dev.py lab` bring one along, "
            "and build again."
        )
    if not (JS / "node_modules").exists():
        run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    run(npm, "run", "--silent", "build")
    # Sources that changed meanwhile are not in this bundle: the next call builds again.
    RECORD.write_text(json.dumps({**fingerprints(), "sources": before["sources"]}) + "\n")
    return True


def run(npm: str, *arguments: str) -> None:
    """Run npm in js/; what it prints is shown only when it fails."""
    done = subprocess.run([npm, *arguments], cwd=JS, check=False, capture_output=True, text=True)
    if done.returncode:
        raise NoBundle(f"`npm {' '.join(arguments)}` failed in js/:\n{done.stdout}{done.stderr}")


def fingerprints() -> dict[str, str]:
    """What the record must say of the sources and the bundle as they are now."""
    read = [JS / "build.mjs", JS / "package-lock.json", JS / "tsconfig.json", ENGLISH]
    sources = [*read, *sorted((JS / "src").rglob("*"))]
    parts = sorted([*BUNDLE.parent.glob("parts/*.js"), *DASHBOARD.glob("*.*")])
    return {"sources": fingerprint(*sources), "bundle": fingerprint(BUNDLE, *parts)}


def fingerprint(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            content = path.read_bytes().replace(b"\r\n", b"\n")
            name = path.relative_to(ROOT).as_posix()
            digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def recorded() -> object:
    try:
        return json.loads(RECORD.read_text())
    except (OSError, ValueError):
        return None


if __name__ == "__main__":
    try:
        built = ensure()
    except NoBundle as error:
        sys.exit(str(error))
    size = f"{BUNDLE.stat().st_size / 1000:.1f} KB"
    print(f"{'Built' if built else 'Up to date:'} {BUNDLE.relative_to(ROOT)}, {size}")
