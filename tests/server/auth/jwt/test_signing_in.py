"""Signed tokens with a real server, a real issuer's address and a real client."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.servers.issuer import AUDIENCE, ISSUER, Issuer
from tests.support.servers.peers import peer
from tests.support.servers.processes import Tutor
from tutor_widget import TutorChat
from tutor_widget.server.auth.jwt.authenticator import LEEWAY

pytestmark = [pytest.mark.timeout(180), pytest.mark.usefixtures("own_home")]


async def test_a_learner_signs_in_anew_when_a_token_expires(tmp_path: Path) -> None:
    """The client asks its source for another one, and the conversation goes on.

    The name of an account opens its own conversations only. The log holds no token.
    """
    given: list[str] = []

    async with Issuer("key").publishing() as issuer:

        def source() -> str:
            ends_soon = time.time() - LEEWAY + 3
            given.append(issuer.token("key", exp=time.time() + 3600 if given else ends_soon))
            return given[-1]

        options = (
            "--auth=jwt",
            f"--jwt-audience={AUDIENCE}",
            f"--jwt-issuer={ISSUER}",
            f"--jwt-jwks-url={issuer.url}",
        )
        server = Tutor(tmp_path / "db", "--tutor=echo", *options)
        await asyncio.to_thread(server.start)
        try:
            chat = TutorChat(server.url, session="algebra", token=source)
            try:
                assert (await chat.ask("one")).text == "one"
                while len(given) < 2:  # noqa: ASYNC110  # the time of a token is the clock's
                    await asyncio.sleep(0.1)
                assert (await chat.ask("two")).text == "two"
            finally:
                chat.close()
            async with peer(server.url, issuer.token("key", sub="alan")) as alan:
                assert (await alan.hello("algebra"))["seq"] == 0
            for strange in ("a.b.c", issuer.token("key", aud="other"), Issuer().token("rsa")):
                with pytest.raises(InvalidStatus, match=r"401|503"):
                    async with peer(server.url, strange):
                        pass
            assert issuer.asked  # how often at most is shown with a clock of its own
        finally:
            await asyncio.to_thread(server.stop)
    log = server.log.read_text()
    assert [line["keys"] for line in server.log_records() if line["event"] == "keys read"] == [1]
    assert not any(part in log for token in given for part in token.split("."))
    assert "ada" not in log


def test_half_a_configuration_ends_the_start(tmp_path: Path) -> None:
    """With a sentence, and a status that is not 0."""
    server = Tutor(tmp_path / "db", "--tutor=echo", "--auth=jwt")
    with pytest.raises(RuntimeError, match="--auth jwt needs --jwt-audience"):
        server.start()
    assert "Traceback" not in server.log.read_text()
