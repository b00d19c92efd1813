"""The files of deploy/ fit the program: its options, ports, pages and times."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.deployment import (
    COMPOSE,
    FOLDER,
    IMAGE,
    KUBERNETES,
    UNIT,
    container,
    environments,
    runs,
)
from tests.support.paths import ROOT
from tests.support.servers.http_requests import get
from tests.support.servers.peers import serving
from tests.support.servers.processes import free_port
from tutor_widget.server.app import TutorServer
from tutor_widget.server.auth.hub.environment import hub_service
from tutor_widget.server.options import DB_VARIABLE

OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")
FILES = list(runs())
ENVIRONMENTS = environments()
OURS = {DB_VARIABLE, "JUPYTERHUB_API_URL", "JUPYTERHUB_OAUTH_ACCESS_SCOPES"}
OTHERS = {"PATH", "PYTHONDONTWRITEBYTECODE", "PGPASSWORD", "JUPYTERHUB_SERVICE_PREFIX"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with Jupyter's settings in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path


@pytest.mark.parametrize("file", FILES)
def test_the_program_takes_the_options(
    file: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the variables: it listens where the health checks and the proxy look for it."""
    for name, value in ENVIRONMENTS[file].items():
        monkeypatch.setenv(name, value)
    app = TutorServer()
    app.initialize(runs()[file])
    host = "127.0.0.1" if file == "tutor-widget.service" else "0.0.0.0"
    assert (app.host, app.port, app.log_style) == (host, 8765, "json")
    assert ENVIRONMENTS[file].keys() <= OURS | OTHERS


def test_a_server_behind_a_proxy_of_its_machine_answers_to_the_proxys_names(here: Path) -> None:
    """On loopback it would answer to names of this machine alone."""
    app = TutorServer()
    app.initialize(runs()["tutor-widget.service"])
    assert app.trusted_proxies == ["127.0.0.1"]


def test_each_time_to_stop_is_the_documented_one() -> None:
    """A supervisor waits longer than a server needs that hands its replies over."""
    (seconds,) = re.findall(r"Configure a supervisor to wait (\d+) s", OPERATING)
    pods = KUBERNETES["Deployment"]["spec"]["template"]["spec"]
    tutors = [COMPOSE["services"][name] for name in ("tutor-1", "tutor-2")]
    assert {tutor["stop_grace_period"] for tutor in tutors} == {f"{seconds}s"}
    assert pods["terminationGracePeriodSeconds"] == int(seconds)
    assert UNIT["Service"]["TimeoutStopSec"] == seconds
    assert IMAGE.says("STOPSIGNAL") == UNIT["Service"]["KillSignal"] == "SIGTERM"


async def test_the_health_check_of_the_image_asks_a_server(tmp_path: Path) -> None:
    """It passes with a server, and fails without one, and at any other answer."""
    _, *check = IMAGE.command(IMAGE.says("HEALTHCHECK"))
    flags, code = check[:-1], check[-1]

    async def status(port: int, page: str = "/healthz") -> int:
        program = code.replace("8765", str(port)).replace("/healthz", page)
        asking = await asyncio.create_subprocess_exec(
            sys.executable, *flags, program, stderr=asyncio.subprocess.DEVNULL
        )
        return await asking.wait()

    async with serving(tmp_path / "db") as server:
        assert await status(server.port) == 0
        assert await status(server.port, "/nothing") == 1
    assert await status(free_port()) == 1


async def test_kubernetes_asks_for_pages_that_there_are(tmp_path: Path) -> None:
    """Whether a server lives is another question than whether it is ready."""
    probes = {name: probe for name, probe in container().items() if name.endswith("Probe")}
    pages = {name: probe["httpGet"]["path"] for name, probe in probes.items()}
    assert pages == {
        "startupProbe": "/healthz",
        "livenessProbe": "/healthz",
        "readinessProbe": "/readyz",
    }
    assert {probe["httpGet"]["port"] for probe in probes.values()} == {"http"}
    async with serving(tmp_path / "db") as server:
        assert [(await get(server, page))[0] for page in pages.values()] == [200, 200, 200]


def test_kubernetes_finds_the_servers(here: Path) -> None:
    """Service, budget and spread name the pods; the metrics are none of the Service's ports."""
    deployment, service = KUBERNETES["Deployment"]["spec"], KUBERNETES["Service"]["spec"]
    pods = deployment["template"]
    chosen = [
        deployment["selector"]["matchLabels"],
        service["selector"],
        KUBERNETES["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        *(
            rule["labelSelector"]["matchLabels"]
            for rule in pods["spec"]["topologySpreadConstraints"]
        ),
    ]
    assert all(labels.items() <= pods["metadata"]["labels"].items() for labels in chosen)
    assert deployment["replicas"] == 2
    app = TutorServer()
    app.initialize(runs()["compose.yaml"])
    ports = {port["name"]: port["containerPort"] for port in container()["ports"]}
    assert ports == {"http": app.port, "metrics": app.metrics_port}
    assert [(port["port"], port["targetPort"]) for port in service["ports"]] == [(8765, "http")]


def test_the_hub_and_kubernetes_name_each_other() -> None:
    """What docs/operating.md tells a hub in Kubernetes is where and what the servers are."""
    given = ENVIRONMENTS["kubernetes.yaml"]
    asked = hub_service(given)
    assert asked.scopes == {"access:services!service=tutor"}
    section = OPERATING.partition("**Zero to JupyterHub**")[2].partition("\n## ")[0]
    service = KUBERNETES["Service"]
    name, port = service["metadata"]["name"], service["spec"]["ports"][0]["port"]
    assert f"TUTOR_URL: http://{name}:{port}" in section
    assert f"JUPYTERHUB_API_URL={given['JUPYTERHUB_API_URL']}" in section
    assert given["JUPYTERHUB_SERVICE_PREFIX"] in section
    label = "hub.jupyter.org/network-access-hub"
    pods = KUBERNETES["Deployment"]["spec"]["template"]
    assert f'{label}: "{pods["metadata"]["labels"][label]}"' in section


def test_no_file_has_a_secret() -> None:
    """Passwords come from a secret, and stand in no URL; files name those that there are."""
    values = [value for variables in ENVIRONMENTS.values() for value in variables.values()]
    assert [value for value in values if "://" in value and urlsplit(value).password] == []
    by = {
        entry["name"]: entry["valueFrom"]["secretKeyRef"]
        for entry in container()["env"]
        if "valueFrom" in entry
    }
    assert by.keys() == {DB_VARIABLE, "PGPASSWORD"}
    text = (FOLDER / "kubernetes.yaml").read_text("utf-8")
    assert all(f"secret generic {one['name']} " in text for one in by.values())
    assert all(re.search(rf"--from-\w+={one['key']}=", text) for one in by.values())
    for service in COMPOSE["services"].values():
        assert set(service.get("secrets", ())) <= COMPOSE["secrets"].keys()
    used = re.findall(r"/run/secrets/(\w+)", (FOLDER / "compose.yaml").read_text("utf-8"))
    used += re.findall(r"/run/secrets/(\w+)", (FOLDER / "nginx.conf").read_text("utf-8"))
    assert set(used) == COMPOSE["secrets"].keys()


@pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX is needed")
def test_the_password_reaches_the_server_and_no_command_line(tmp_path: Path) -> None:
    """The shell of the compose file reads it, hands it on, and is replaced by the server."""
    secret = tmp_path / "database_password"
    secret.write_text("p w$'\"\n")
    program = tmp_path / "tutor-widget"
    program.write_text('#!/bin/sh\nprintf "%s|" "$PPID" "$$" "$PGPASSWORD" "$@"\n')
    program.chmod(0o755)
    tutor = COMPOSE["services"]["tutor-1"]
    shell, flag, line, *rest = tutor["entrypoint"]
    line = line.replace("$$", "$").replace("/run/secrets", str(tmp_path))
    started = subprocess.Popen(
        [shell, flag, line, *rest, *tutor["command"]],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    said, _ = started.communicate(timeout=60)
    assert said.split("|") == [
        *(str(os.getpid()), str(started.pid), "p w$'\""),
        *("serve", *tutor["command"], ""),
    ]


def test_containers_may_do_little() -> None:
    """They are no root, write to no folder but the data's, and gain no rights."""
    user = IMAGE.says("USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    assert f"--uid {user.partition(':')[0]} " in " ".join(IMAGE.lines)
    data = IMAGE.says("VOLUME")
    assert IMAGE.environment[DB_VARIABLE] == f"sqlite:///{data}/tutor.sqlite"
    for name in ("tutor-1", "tutor-2"):
        tutor = COMPOSE["services"][name]
        assert (tutor["read_only"], tutor["cap_drop"]) == (True, ["ALL"])
        assert tutor["security_opt"] == ["no-new-privileges:true"]
        assert "ports" not in tutor  # only the proxy is reached from outside
    pods, limits = (
        KUBERNETES["Deployment"]["spec"]["template"]["spec"],
        container()["securityContext"],
    )
    assert pods["securityContext"]["runAsNonRoot"] is True
    assert pods["automountServiceAccountToken"] is False
    assert limits["readOnlyRootFilesystem"] is True
    assert limits["allowPrivilegeEscalation"] is False
    assert limits["capabilities"] == {"drop": ["ALL"]}


def test_the_image_is_built_from_files_that_there_are() -> None:
    """With all extras that a server or a dashboard needs, and images that no host is named of."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (extras,) = re.findall(r"\.whl\)\[([\w,]+)\]", " ".join(IMAGE.all))
    assert set(extras.split(",")) == project["optional-dependencies"].keys() - {"lab", "study"}
    kept = (FOLDER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert [line for line in kept if line[:1] == "!" and not (ROOT / line[1:]).exists()] == []
    services = COMPOSE["services"].values()
    images = [*IMAGE.stages, *(service["image"] for service in services), container()["image"]]
    assert [image for image in images if not re.fullmatch(r"[a-z-]+(:[\w.-]+)?", image)] == []


def test_the_unit_keeps_the_database_where_it_may_write() -> None:
    """In its folder of states, which is private; everything else is read-only."""
    service = UNIT["Service"]
    database = ENVIRONMENTS["tutor-widget.service"][DB_VARIABLE]
    assert database.startswith(f"sqlite:////var/lib/{service['StateDirectory']}/")
    assert (service["StateDirectoryMode"], service["UMask"]) == ("0700", "0077")
    assert service["ProtectSystem"] == "strict"
    assert service["Restart"] == "always"
    assert UNIT["Unit"]["StartLimitIntervalSec"] == "0"
    assert service["ExecReload"].endswith("-HUP $MAINPID")


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """It finds no fault with it, and little that the server may do besides serving."""
    if not (program := shutil.which("systemd-analyze")):
        pytest.skip("there is no systemd-analyze")
    unit = tmp_path / "tutor-widget.service"
    text = (FOLDER / unit.name).read_text("utf-8")
    unit.write_text(text.replace("/opt/tutor-widget/bin/tutor-widget", sys.executable))
    verified = subprocess.run(
        [program, "verify", "--man=no", unit], check=False, capture_output=True, text=True
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    exposed = subprocess.run(
        [program, "security", "--offline=true", "--threshold=20", unit],
        check=False,
        capture_output=True,
        text=True,
    )
    assert exposed.returncode == 0, exposed.stdout
