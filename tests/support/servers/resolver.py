"""Names of a test's own, and addresses that do not answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


def resolving(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> None:
    """Resolve these names to these IPv4 addresses, in this order; others as ever."""
    ask = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *rest: Any, **keywords: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in names:
            return ask(host, port, *rest, **keywords)
        tcp = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*tcp, (address, int(port))) for address in names[name]]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@contextmanager
def swallowing(port: int, host: str = "127.0.0.2") -> Iterator[str]:
    """An address at which every SYN to this port is swallowed: its backlog is full."""
    with socket.socket() as listener:
        listener.bind((host, port))
        listener.listen(0)
        filling = [socket.socket() for _ in range(4)]
        for one in filling:
            one.setblocking(False)
            one.connect_ex((host, port))
        try:
            yield host
        finally:
            for one in filling:
                one.close()
