"""The files of deploy/ at work: real servers behind a real nginx, and without a place to write."""

from __future__ import annotations

import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.deployment import COMPOSE, FOLDER, environments
from tests.support.paths import ROOT
from tests.support.postgres import running_cluster
from tests.support.servers.peers import PATIENCE, peer
from tests.support.servers.processes import Learner, ServerProcess, Tutor, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {settings}
}}
"""
"""What an image of nginx has around its conf.d."""
READ_ONLY = """
mount --bind "$1" "$1" || exit 77
for place in / /tmp; do
    if mountpoint -q "$place"; then mount -o remount,bind,ro "$place" || exit 77; fi
done
if touch "$1/../beside" 2> /dev/null; then exit 77; fi
shift
exec "$@"
"""
"""A shell of its own mount namespace, in which the first argument is the one folder to write to."""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[Tutor]]:
    """The two of the compose file, on one PostgreSQL, with an account ``ada``."""
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    (tmp_path / "tokens").write_text("ada tokenofada\n")
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                Tutor(tmp_path / name, *options(tmp_path, name), url=url, relaxed=False)
            )
            for name in ("tutor-1", "tutor-2")
        ]


def options(folder: Path, service: str) -> list[str]:
    """Those of the compose file but for the ports, with secrets in the folder."""
    ports = {"--port": "", "--metrics-port": f"--metrics-port={free_port()}"}
    given = [
        ports.get(option.partition("=")[0], option.replace("/run/secrets", str(folder)))
        for option in COMPOSE["services"][service]["command"]
    ]
    return [*filter(None, given), "--tutor=echo", "--pace=20"]


@pytest.fixture
def proxy(tmp_path: Path, servers: list[Tutor]) -> Iterator[tuple[str, ssl.SSLContext]]:
    """The nginx of deploy/nginx.conf in front of them: its address, and whom to trust."""
    if NGINX is None:
        pytest.skip("there is no nginx")
    certificate, key, port = tmp_path / "tls_certificate", tmp_path / "tls_key", free_port()
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    settings = (FOLDER / "nginx.conf").read_text("utf-8").replace("/run/secrets", str(tmp_path))
    settings = settings.replace("listen 443", f"listen 127.0.0.1:{port}")
    for name, server in zip(("tutor-1", "tutor-2"), servers, strict=True):
        settings = settings.replace(f"{name}:8765", f"127.0.0.1:{server.port}")
    assert not re.search(r"tutor-\d|:8765|listen 443", settings)
    file = tmp_path / "nginx.conf"
    file.write_text(AROUND.format(folder=tmp_path, settings=settings))
    command = [NGINX, "-p", str(tmp_path), "-c", str(file)]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    with ServerProcess(command, port, tmp_path / "nginx.log"):
        yield f"localhost:{port}", ssl.create_default_context(cafile=certificate)


async def test_a_learner_is_served_whichever_server_goes(
    servers: list[Tutor], proxy: tuple[str, ssl.SSLContext]
) -> None:
    """One that drains and one that was killed: each handshake goes to the other, none fails."""
    address, trusted = proxy
    url, ada = f"wss://{address}/", "tokenofada"
    with pytest.raises(InvalidStatus, match="401"):
        async with peer(url, "another", ssl=trusted):
            pass
    async with peer(url, ada, ssl=trusted) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        assert (await client.answer("m1"))["text"] == "hi"
    # Of the two, this server drains for as long as it has an answer under way.
    async with peer(servers[0].url, ada) as direct:
        await direct.hello("busy", instance="busy")
        await direct.say("send", id="m1", text="long " * 200)
        await direct.next("answering")
        servers[0].send_signal(signal.SIGTERM)
        await direct.next("bye")
        for number in range(6):
            await says_something(url, ada, trusted, f"drained-{number}")
    assert await servers[0].ended() == 0
    servers[0].start()
    servers[1].kill()
    for number in range(6):
        await says_something(url, ada, trusted, f"killed-{number}")


async def says_something(url: str, token: str, trusted: ssl.SSLContext, session: str) -> None:
    async with peer(url, token, ssl=trusted) as client:
        await client.hello(session, instance=session)
        await client.say("send", id="m1", text="hi")
        assert (await client.answer("m1"))["text"] == "hi"


def test_the_proxy_shows_health_and_no_metrics(proxy: tuple[str, ssl.SSLContext]) -> None:
    """These have a port that the compose file does not publish."""
    address, trusted = proxy
    with urllib.request.urlopen(
        f"https://{address}/readyz", context=trusted, timeout=PATIENCE
    ) as ok:
        assert ok.status == 200
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"https://{address}/metrics", context=trusted, timeout=PATIENCE)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_read_only_container_is_enough(tmp_path: Path, engine: str) -> None:
    """With one folder for SQLite's file; with PostgreSQL nothing is written at all."""
    data, port = tmp_path / "data", free_port()
    data.mkdir()
    rights = ["--map-root-user"] if os.getuid() else []
    alone = ["unshare", *rights, "--mount", "sh", "-c", READ_ONLY, "sh", str(data)]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("there are no mount namespaces here")
    url = environments()["Dockerfile"]["TUTOR_DB_URL"].replace("/data/", f"{data}/")
    if engine == "postgres":
        cluster = running_cluster()
        url = cluster.make_database(cluster.template)
    program = [
        *("env", "-i", "-C", "/", f"HOME={data}", f"PYTHONPATH={ROOT}", f"TUTOR_DB_URL={url}"),
        *(sys.executable, "-m", "tutor_widget.server", f"--port={port}"),
        *("--tutor=echo", "--single-user"),
    ]
    with ServerProcess([*alone, *program], port, tmp_path / "log") as server:
        with Learner(f"ws://127.0.0.1:{port}/", "s") as learner:
            learner.say("hi")
        assert server.stop() == 0
    assert {path.name for path in data.iterdir()} == (
        {"tutor.sqlite"} if engine == "sqlite" else set()
    )
