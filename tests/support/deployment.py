"""What the files of deploy/ say: the commands that they run, and the environment of these."""

from __future__ import annotations

import json
import re
import shlex
from configparser import RawConfigParser
from typing import Any, Final

import yaml

from tests.support.paths import ROOT

__all__ = ["COMPOSE", "FOLDER", "IMAGE", "KUBERNETES", "UNIT", "container", "environments", "runs"]

FOLDER: Final = ROOT / "deploy"
PROGRAM: Final = ["tutor-widget", "serve"]


class _Image:
    """The last stage of the Dockerfile, which is the image."""

    def __init__(self) -> None:
        text = (FOLDER / "Dockerfile").read_text("utf-8")
        lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
        self.stages = [line.split()[1] for line in lines if line.startswith("FROM ")]
        self.all = lines
        last = max(number for number, line in enumerate(lines) if line.startswith("FROM "))
        self.lines = lines[last:]

    def says(self, instruction: str) -> str:
        """What follows an instruction that is there once."""
        (line,) = (line for line in self.lines if line.startswith(f"{instruction} "))
        return line.removeprefix(instruction).strip()

    def command(self, text: str) -> list[str]:
        """The command in its exec form, the only one that passes signals on."""
        command: list[str] = json.loads(text[text.index("[") :])
        return command

    @property
    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in shlex.split(self.says("ENV")))


class _Unit(RawConfigParser):
    """A unit of systemd, in which a key may come again."""

    def __init__(self) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",))
        self.optionxform = str  # type: ignore[assignment,method-assign]
        text = (FOLDER / "tutor-widget.service").read_text("utf-8")
        self.read_string(text.replace("\\\n", " "))


IMAGE: Final = _Image()
UNIT: Final = _Unit()
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
KUBERNETES: Final[dict[str, dict[str, Any]]] = {
    entry["kind"]: entry
    for entry in yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text("utf-8"))
}


def container() -> dict[str, Any]:
    """The one container of the Deployment."""
    (found,) = KUBERNETES["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def runs() -> dict[str, list[str]]:
    """By file, the options with which it runs the server. AssertionError if it runs another."""
    image = IMAGE.command(IMAGE.says("ENTRYPOINT"))
    unit = shlex.split(UNIT["Service"]["ExecStart"])
    assert image[:2] == PROGRAM
    assert [unit[0].rpartition("/")[2], unit[1]] == PROGRAM
    return {
        "Dockerfile": image[2:],
        "compose.yaml": COMPOSE["services"]["tutor-1"]["command"],
        "kubernetes.yaml": [*image[2:], *container()["args"]],
        "tutor-widget.service": unit[2:],
    }


def environments() -> dict[str, dict[str, str]]:
    """By file, the variables that it sets; those of a secret have the value ``secret``."""
    given = {entry["name"]: entry.get("value", "secret") for entry in container()["env"]}
    return {
        "Dockerfile": IMAGE.environment,
        "compose.yaml": COMPOSE["services"]["tutor-1"]["environment"],
        "kubernetes.yaml": given,
        "tutor-widget.service": dict(
            pair.split("=", 1) for pair in shlex.split(UNIT["Service"]["Environment"])
        ),
    }
