"""A token of a hub proves an account: by a scripted hub on real sockets, and a clock of the test's.

What a real hub answers is in test_real_hub.py.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from tests.support.servers.http_requests import UPGRADE, get
from tests.support.servers.peers import PATIENCE, serving, until
from tests.support.servers.scripted_hub import SCOPE, Answer, ScriptedHub, known, response, user
from tutor_widget.server import Account, Denied
from tutor_widget.server.auth import HubAuthenticator
from tutor_widget.server.auth.hub.cache import _MOST, TokenCache
from tutor_widget.server.metrics import Metrics

pytestmark = pytest.mark.timeout(150)

ADA = Account("ada")
AWAY = 503
AUTHENTICATOR = "tutor_widget.server.auth.hub.authenticator"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on how fast the machine is."""
    monkeypatch.setattr(f"{AUTHENTICATOR}._PATIENCE", PATIENCE)


class Asked:
    """An authenticator of a hub, and the clock that it reads."""

    def __init__(self, hub: ScriptedHub) -> None:
        self.now = 1000.0
        self.metrics = Metrics()
        self.authenticator = HubAuthenticator(
            hub.service, metrics=self.metrics, clock=lambda: self.now
        )

    async def __aenter__(self) -> Asked:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.authenticator.close()

    async def ask(self, token: str = "ada") -> Account | int:
        """The account, or the status of the refusal."""
        answer = await self.authenticator.authenticate({"Authorization": f"Bearer {token}"})
        return answer.status if isinstance(answer, Denied) else answer

    def checks(self) -> dict[str, int]:
        """How many checks had which outcome."""
        lines = self.metrics.render().splitlines()
        counted = (line for line in lines if line.startswith("tutor_token_checks_total{"))
        return {line.split('"')[1]: int(float(line.split()[1])) for line in counted}


class Held:
    """An answer that waits until the test lets it go."""

    def __init__(self, then: Answer) -> None:
        self.go = asyncio.Event()
        self._then = then

    async def __call__(self, token: str) -> bytes:
        await self.go.wait()
        return await self._then(token)


def always(said: bytes) -> Answer:
    async def answer(_token: str) -> bytes:
        return said

    return answer


async def test_an_account_has_the_users_name_and_groups() -> None:
    """Whatever else the hub says of the user."""
    said = user("ada", SCOPE, groups=["7b", "staff"], admin=True, servers={}, token_id="a1")
    async with ScriptedHub(always(said)) as hub, Asked(hub) as asked:
        assert await asked.ask("t") == Account("ada", frozenset({"7b", "staff"}))
        assert asked.authenticator.has_accounts
    assert hub.tokens == ["t"]


@pytest.mark.parametrize(
    "header",
    ["", "Basic YTpi", "Bearer", "Bearer  ", "Bearer a b", "Bearer é", "Bearer a\x00b", "ada"],
)
async def test_what_is_no_token_is_not_sent_to_the_hub(header: str) -> None:
    """It is 401 at once, as is one of more than 1024 characters."""
    async with ScriptedHub(known("ada")) as hub, Asked(hub) as asked:
        for value in (header, f"Bearer {'x' * 1025}"):
            answer = await asked.authenticator.authenticate({"Authorization": value})
            assert isinstance(answer, Denied)
            assert answer.status == 401
    assert hub.tokens == []


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (response(403), 401),
        (response(401), 401),
        (user("ada", "access:services!service=other", "read:users"), 403),
        (user("ada", "access:servers"), 403),
        (user("tutor", SCOPE, kind="service"), 403),
        (user("", SCOPE), AWAY),
        (user("a\x00b", SCOPE), AWAY),
        (user("a" * 256, SCOPE), AWAY),
        (user("ada", SCOPE, kind=None), AWAY),
        (user("ada", SCOPE, groups="7b"), AWAY),
        (response(200, b"<html>Welcome</html>"), AWAY),
        (response(200, b'{"kind": "user", "name": "\xff", "scopes": []}'), AWAY),
        (response(200, b'{"kind": "user", "name": "\\ud800", "scopes": []}'), AWAY),
        (response(200, b'{"kind": "user", "x": ' + b"[" * 100_000), AWAY),
        (response(200, b"x" * ((1 << 20) + 1)), AWAY),
        (response(200, b"", "Content-Encoding: gzip"), AWAY),
        (response(302, b"", "Location: /hub/login"), AWAY),
        (response(404), AWAY),
        (response(429, b"", "Retry-After: 1"), AWAY),
        (response(500), AWAY),
        (response(503), AWAY),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000, AWAY),
        (b"220 smtp.example.edu ESMTP\r\n", AWAY),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", AWAY),
        (b"", AWAY),
    ],
)
async def test_what_the_hub_may_answer(said: bytes, status: int) -> None:
    """Unknown is 401, known and not for this tutor 403; anything else is no answer: 503."""
    async with ScriptedHub(always(said)) as hub, Asked(hub) as asked:
        assert await asked.ask() == status
        (outcome,) = asked.checks()
        assert outcome == {401: "unknown", 403: "forbidden", AWAY: "unanswered"}[status]


async def test_a_refusal_says_which_scope_is_missing() -> None:
    """And one for want of a hub when to come back."""
    async with ScriptedHub(always(user("ada", "read:users"))) as hub, Asked(hub) as asked:
        headers = {"Authorization": "Bearer one"}
        denied = await asked.authenticator.authenticate(headers)
        assert denied == Denied(
            403, f"This token is not for this tutor. It needs the hub's scope {SCOPE}."
        )
        await hub.stop()
        denied = await asked.authenticator.authenticate({"Authorization": "Bearer two"})
        assert isinstance(denied, Denied)
        assert (denied.status, denied.retry_after) == (AWAY, 5)


async def test_an_account_is_asked_for_once_a_minute() -> None:
    """A token that was revoked is out after that minute."""
    async with ScriptedHub(known("ada")) as hub, Asked(hub) as asked:
        for _ in range(20):
            assert await asked.ask() == ADA
        asked.now += 59.9
        assert await asked.ask() == ADA
        assert hub.tokens == ["ada"]
        hub.answer = known()
        asked.now += 0.1
        assert await asked.ask() == 401
        assert asked.checks() == {"accepted": 1, "remembered": 20, "unknown": 1}


async def test_a_refusal_counts_for_five_seconds() -> None:
    """Then a token that was made meanwhile is good."""
    async with ScriptedHub(known()) as hub, Asked(hub) as asked:
        assert [await asked.ask() for _ in range(3)] == [401] * 3
        hub.answer = known("ada")
        asked.now += 4.9
        assert await asked.ask() == 401
        asked.now += 0.1
        assert await asked.ask() == ADA
        assert hub.tokens == ["ada"] * 2


async def test_a_known_token_is_good_for_ten_minutes_without_the_hub() -> None:
    """By the hub's last answer. It is asked again every 5 s, and an unknown token gets 503."""
    async with ScriptedHub(known("ada", "eve")) as hub, Asked(hub) as asked:
        assert await asked.ask() == ADA
        hub.answer = always(response(502))
        asked.now += 60
        assert [await asked.ask() for _ in range(9)] == [ADA] * 9
        assert await asked.ask("eve") == AWAY
        assert len(hub.tokens) == 3
        await hub.stop()
        asked.now += 539.9
        assert await asked.ask() == ADA
        asked.now += 0.1
        assert await asked.ask() == AWAY
        hub.answer = known("ada", "eve")
        await hub.start()
        assert [await asked.ask("eve"), await asked.ask()] == [Account("eve"), ADA]
        assert asked.checks() == {"accepted": 3, "remembered": 8, "kept": 2, "unanswered": 2}


async def test_a_token_that_was_refused_is_not_kept() -> None:
    """What was known of it before is forgotten at once: the hub goes, and it stays out."""
    async with ScriptedHub(known("ada")) as hub, Asked(hub) as asked:
        assert await asked.ask() == ADA
        asked.now += 60
        hub.answer = known()
        assert await asked.ask() == 401
        await hub.stop()
        asked.now += 5
        assert await asked.ask() == AWAY


async def test_the_hub_is_asked_once_for_a_token_at_a_time() -> None:
    """A client that leaves meanwhile takes the answer from nobody else."""
    held = Held(known("ada"))
    async with ScriptedHub(held) as hub, Asked(hub) as asked:
        first, *others = [asyncio.create_task(asked.ask()) for _ in range(10)]
        await until(lambda: hub.under_way == 1)
        first.cancel()
        await asyncio.wait({first})
        held.go.set()
        assert await asyncio.gather(*others) == [ADA] * 9
        assert first.cancelled()
        assert hub.tokens == ["ada"]


async def test_a_question_whose_askers_have_all_left_is_finished() -> None:
    """Its answer is there for the next one."""
    held = Held(known("ada"))
    async with ScriptedHub(held) as hub, Asked(hub) as asked:
        alone = asyncio.create_task(asked.ask())
        await until(lambda: hub.under_way == 1)
        alone.cancel()
        await asyncio.wait({alone})
        held.go.set()
        await until(lambda: asked.checks() == {"accepted": 1})
        assert await asked.ask() == ADA
        assert hub.tokens == ["ada"]


async def test_at_most_64_questions_are_under_way() -> None:
    """The others wait, and are asked then."""
    held, names = Held(known(*map(str, range(200)))), [str(number) for number in range(200)]
    async with ScriptedHub(held) as hub, Asked(hub) as asked:
        asking = [asyncio.create_task(asked.ask(name)) for name in names]
        await until(lambda: hub.under_way == 64)
        held.go.set()
        assert await asyncio.gather(*asking) == [Account(name) for name in names]
        assert (hub.most_at_once, len(hub.tokens)) == (64, 200)


async def test_a_hub_that_is_silent_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor is a place among the questions under way: known tokens are good, others get 503."""
    monkeypatch.setattr(f"{AUTHENTICATOR}._AT_ONCE", 1)
    async with ScriptedHub(known("ada")) as hub, Asked(hub) as asked:
        assert await asked.ask() == ADA
        monkeypatch.setattr(f"{AUTHENTICATOR}._PATIENCE", 0.05)
        hub.answer = Held(known())
        asked.now += 60
        answers = await asyncio.gather(asked.ask(), asked.ask("bob"), asked.ask("eve"))
        assert [*answers] == [ADA, AWAY, AWAY]
        await until(lambda: hub.under_way == 0)  # the request is given up, not left behind


async def test_a_hub_that_hangs_keeps_no_known_token_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once it is known to be away. The question goes on, and its answer counts when it comes."""
    monkeypatch.setattr(f"{AUTHENTICATOR}._BRIEF", 0.05)
    async with ScriptedHub(known("ada")) as hub, Asked(hub) as asked:
        assert await asked.ask() == ADA
        hub.answer = always(response(502))
        asked.now += 60
        assert await asked.ask() == ADA
        hub.answer = held = Held(known())
        asked.now += 5
        assert await asked.ask() == ADA
        await until(lambda: hub.under_way == 1)
        held.go.set()
        await until(lambda: asked.checks().get("unknown") == 1)
        assert await asked.ask() == 401


async def test_a_server_closes_its_authenticator(tmp_path: Path) -> None:
    """A handshake under way then gets 503, and no request to the hub is left."""
    held = Held(known("ada"))
    async with ScriptedHub(held) as hub:
        authenticator = HubAuthenticator(hub.service)
        async with serving(tmp_path / "db", authenticator=authenticator) as server:
            headers = {**UPGRADE, "Authorization": "Bearer ada"}
            shaking = asyncio.create_task(get(server, "/", headers))
            await until(lambda: hub.under_way == 1)
        assert (await shaking)[0] == AWAY
        await until(lambda: hub.under_way == 0)


async def test_requests_share_no_cookie_and_use_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub's cookie belongs to one learner. What is set for other programs does not count here."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")

    async def answer(token: str) -> bytes:
        return user(token).replace(b"\r\n", b"\r\nSet-Cookie: session=secret; Path=/\r\n", 1)

    async with ScriptedHub(answer) as hub, Asked(hub) as asked:
        assert [await asked.ask("ada"), await asked.ask("eve")] == [ADA, Account("eve")]
    assert "cookie" not in "".join(hub.heads).lower()


async def test_no_token_is_kept() -> None:
    """After the answer, good or not, nothing holds it: no cache, no connection to the hub."""
    secret = secrets.token_urlsafe()
    async with ScriptedHub(always(b"")) as hub, Asked(hub) as asked:
        for said in (user("ada"), response(403), response(500), user("eve")):
            hub.answer = always(said)
            asked.now += 100
            await asked.ask(secret)
            texts = texts_in(asked.authenticator)
            assert "AsyncConnectionPool" in texts
            assert not any(secret in text for text in texts)


def texts_in(thing: object) -> set[str]:
    """All text and bytes that can be reached from it, and the names of the types there."""
    seen, found = {id(thing)}, {type(thing).__name__}
    todo = [thing]
    while todo:
        for one in gc.get_referents(todo.pop()):
            if id(one) in seen or isinstance(one, NOT_ITS_OWN):
                continue
            seen.add(id(one))
            todo.append(one)
            found.add(type(one).__name__)
            if isinstance(one, str | bytes | bytearray):
                found.add(one if isinstance(one, str) else one.decode("latin-1"))
    return found


NOT_ITS_OWN = (type, ModuleType, FunctionType, asyncio.AbstractEventLoop)
"""What leads from anything to everything in this process."""


async def test_an_outage_is_two_lines_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """One when it begins, with what came instead of an answer, and one when it ends."""
    caplog.set_level("INFO", "tutor_widget.server")
    async with ScriptedHub(known("ada")) as hub, Asked(hub) as asked:
        hub.answer = always(response(502))
        assert [await asked.ask() for _ in range(3)] == [AWAY] * 3
        hub.answer = known("ada")
        assert await asked.ask() == ADA
    said = [record.getMessage() for record in caplog.records]
    assert said == ["hub does not answer", "hub answers again"]
    assert "ada" not in caplog.text


def test_what_is_remembered_is_bounded() -> None:
    """The newest stay, and a flood of wrong tokens drives out no right one."""
    cache, denied = TokenCache(), Denied(401, "no")
    cache.learn(b"ada", ADA, 0.0)
    for number in range(_MOST + 100):
        cache.learn(b"%d" % number, denied, 1.0)
    assert cache.fresh(b"ada", 1.0) == ADA
    assert len(cache) == _MOST + 1
    for number in range(_MOST + 100):
        cache.learn(b"%d" % number, Account(str(number)), 1.0)
    assert cache.fresh(b"ada", 1.0) is None
    assert cache.fresh(b"%d" % number, 1.0) == Account(str(number))
    assert len(cache) <= 2 * _MOST


def test_what_is_over_is_forgotten() -> None:
    """The memory goes back to nothing while others come."""
    cache = TokenCache()
    for number in range(100):
        cache.learn(b"%d" % number, ADA if number % 2 else Denied(401, "no"), 0.0)
    for number in range(100, 200):
        cache.learn(b"%d" % number, ADA if number % 2 else Denied(401, "no"), 600.0)
    assert len(cache) == 100
