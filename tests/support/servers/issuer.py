"""An issuer of signed tokens: its keys, its tokens, and the address of its keys (JWKS)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from functools import cache
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

__all__ = ["AUDIENCE", "ISSUER", "SECRET", "Issuer", "claims", "jwk", "pem", "private_key"]

AUDIENCE: Final = "tutor"
ISSUER: Final = "https://login.example.edu"
SECRET: Final = "a-secret-of-more-than-thirty-two-bytes"

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def private_key(name: str) -> PrivateKey:
    """The same key for the same name; RSA for names that begin so, else EC."""
    if name.startswith("rsa"):
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def pem(name: str) -> str:
    """The public key of that name."""
    public = private_key(name).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def jwk(name: str, **changes: Any) -> dict[str, Any]:
    """The public key of that name, which is its id."""
    public = private_key(name).public_key()
    algorithm = RSAAlgorithm if isinstance(public, rsa.RSAPublicKey) else ECAlgorithm
    made: dict[str, Any] = json.loads(algorithm.to_jwk(public))  # type: ignore[arg-type]
    return made | {"kid": name, "use": "sig"} | changes


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a good token for an hour. None leaves one out."""
    usual = {"sub": "ada", "aud": AUDIENCE, "iss": ISSUER, "exp": int(time.time()) + 3600}
    return {name: value for name, value in (usual | changes).items() if value is not None}


class Issuer:
    """Publishes the keys of these names, and signs with them.

    ``asked`` counts the requests for the keys. While ``closed`` is set there is no answer to them.
    """

    def __init__(self, *names: str) -> None:
        self.keys: list[Any] = [jwk(name) for name in names]
        self.answer: tuple[int, bytes] | None = None
        """The status and the body in place of the keys."""
        self.asked = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.url = ""
        self._serving: set[asyncio.Task[None]] = set()

    def token(self, kid: str, /, **changes: Any) -> str:
        """A good token, or one with these claims changed."""
        key = private_key(kid)
        algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(claims(**changes), key, algorithm, {"kid": kid})

    @contextlib.asynccontextmanager
    async def publishing(self) -> AsyncIterator[Issuer]:
        """Listens on loopback, on the same port each time."""
        port = int(self.url.rpartition(":")[2].partition("/")[0]) if self.url else 0
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json"
        try:
            yield self
        finally:
            self.go_on.set()
            server.close()
            await asyncio.gather(*self._serving, return_exceptions=True)
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        await self._answer(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()  # else the loop may end before the socket
        self._serving.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            await self.go_on.wait()
            status, body = self.answer or (200, json.dumps({"keys": self.keys}).encode())
            head = (
                f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
