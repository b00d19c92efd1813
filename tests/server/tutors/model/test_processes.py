"""`tutor-widget serve --tutor openai` as a process: its options, its ends, and its log."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.model_tutor import asked, lesson_file
from tests.support.servers.endpoint import KEY, WORDS, Exchange, ScriptedEndpoint
from tests.support.servers.endpoint_scripts import good, hang, status
from tests.support.servers.peers import peer
from tests.support.servers.processes import Tutor

SESSIONS = ("mid-reply", "in-the-queue")


async def unfinished(exchange: Exchange) -> None:
    """A sentence, and no more."""
    await exchange.say("One moment. ")
    await hang(exchange)


def server_on(endpoint: ScriptedEndpoint, folder: Path, *options: str) -> Tutor:
    return Tutor(
        folder / "tutor.sqlite",
        *("--tutor=openai", "--model=m", f"--model-url={endpoint.url}", "--debug", *options),
        environment={"OPENAI_API_KEY": KEY},
    )


@pytest.mark.timeout(240)
async def test_ends_in_mid_reply_and_in_the_queue_leave_one_answer_each(tmp_path: Path) -> None:
    """SIGKILL, SIGTERM, SIGKILL: the next life asks the endpoint anew, and what waited is no
    attempt."""
    async with ScriptedEndpoint(unfinished) as endpoint:
        server = server_on(endpoint, tmp_path, "--OpenAITutor.parallel=1")
        with server:
            async with AsyncExitStack() as stack:
                for name in SESSIONS:
                    client = await stack.enter_async_context(peer(server.url))
                    await client.hello(name)
                    await client.say("send", id="m1", text="What is a loop?")
                    await client.next("answering")
            for life, end in enumerate((server.kill, server.stop, server.kill), 1):
                await asked(endpoint, life)
                await asyncio.to_thread(end)
                await endpoint.until(lambda: endpoint.under_way == 0)
                if life == 3:
                    endpoint.scripts = [good("Done.")]
                await asyncio.to_thread(server.start)
            for name in SESSIONS:
                async with peer(server.url) as client:
                    await client.hello(name, instance="other")
                    answer = await client.answer("m1")
                    assert (answer["text"], answer["status"]) == ("Done.", "complete")
            assert len(endpoint.requests) == 5
            assert endpoint.most_at_once == 1
            for name in SESSIONS:
                events = await asyncio.to_thread(server.events, name)
                assert [event.re for event in events] == [None, None, "m1"]


async def test_the_log_holds_no_secret_and_no_word(tmp_path: Path) -> None:
    """With --debug too, when the endpoint refuses the key and quotes it."""
    async with ScriptedEndpoint(status(401)) as endpoint:
        lessons = lesson_file(tmp_path)
        with server_on(endpoint, tmp_path, f"--lessons={lessons}") as server:
            async with peer(server.url) as client:
                await client.hello("s")
                await client.say("send", id="m1", text="I do not understand bananas")
                text = (await client.answer("m1"))["text"]
                assert "The AI does not answer now" in text
                assert "what do you write to get out?" in text
            assert endpoint.requests[0].key == KEY
            log = server.log.read_text()
            [line] = [line for line in log.splitlines() if '"model failed"' in line]
            assert json.loads(line)["kind"] == "set_up"
            assert not any(word in log for word in (KEY, WORDS, "bananas"))


@pytest.mark.parametrize(
    ("options", "environment", "sentence"),
    [
        ((), {}, "needs the address of an endpoint: --model-url"),
        ((), {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, "--model NAME"),
        (("--model=m", "--model-url=http://me:secret@localhost/v1"), {}, "no user and no password"),
        (("--model=m", "--model-url=http://localhost/v1", "--OpenAITutor.parallel=0"), {},
         "parallel"),
        (("--model=m", "--model-url=http://localhost/v1", "--OpenAITutor.token_timeout=nan"), {},
         "token_timeout is nan: seconds, more than 0"),
        (("--model=m", "--model-url=http://localhost/v1", "--OpenAITutor.api_key_file=gone"), {},
         "gone, cannot be read"),
        (("--model=m", "--model-url=http://localhost/v1", "--OpenAITutor.daily_token=9"), {},
         "`daily_token` not recognized"),
        (("--model=m", "--model-url=http://localhost/v1", "--OpenAITutor.prompt_file=gone"), {},
         "gone"),
    ],
)  # fmt: skip
async def test_a_mistake_is_a_sentence_at_start(
    tmp_path: Path, options: tuple[str, ...], environment: dict[str, str], sentence: str
) -> None:
    """One that says which option is meant, and quotes no secret."""
    given = {"OPENAI_BASE_URL": "", "OPENAI_API_KEY": "", **environment}
    server = Tutor(tmp_path / "db", "--tutor=openai", *options, environment=given)
    with pytest.raises(RuntimeError) as failure, server:
        pass
    assert sentence in str(failure.value)
    assert "Traceback" not in str(failure.value)
    assert "secret" not in server.log.read_text()
