"""The model tutor with a real model: llama.cpp's server, a program that nobody here wrote."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest

from small_model import NAME
from small_model.process import CONFIG_PATH, SmallModel
from tests.support.servers.peers import Peer, peer
from tests.support.servers.processes import Tutor
from tests.support.small_model import busy_slots, real_model

SLOTS: Final = 2


@contextmanager
def tutoring(folder: Path, model: SmallModel) -> Iterator[Tutor]:
    """The tutor's server as a process, with the model behind it."""
    with Tutor(
        folder / "tutor.sqlite",
        *("--tutor=openai", f"--model={NAME}", f"--model-url={model.url}"),
        environment={"OPENAI_API_KEY": model.key, "JUPYTER_CONFIG_PATH": CONFIG_PATH},
    ) as tutor:
        yield tutor


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[SmallModel]:
    """A model whose answers end when they are stopped, or after a minute or more."""
    with real_model(tmp_path, f"--slots={SLOTS}", "--longest=2000", "--endless") as model:
        yield model


async def ask(learner: Peer) -> None:
    await learner.say("send", id="q1", text="What is a list in Python?")


async def until_free(model: SmallModel) -> None:
    """Wait until the model computes nothing. Nobody tells when, so it is asked."""
    while await asyncio.to_thread(busy_slots, model):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def used(folder: Path) -> tuple[int, int]:
    """The tokens of all questions and all answers that the server's database counts."""
    with closing(sqlite3.connect(folder / "tutor.sqlite")) as database:
        row = database.execute("SELECT sum(prompt), sum(completion) FROM usage").fetchone()
    return row[0], row[1]


async def test_a_real_model_answers_and_its_tokens_are_counted(tmp_path: Path) -> None:
    """A short answer comes from llama.cpp's server; its tokens are those that it was allowed."""
    with (
        real_model(tmp_path, "--slots=1", "--longest=12", "--endless") as model,
        tutoring(tmp_path, model) as tutor,
    ):
        async with peer(tutor.url) as learner:
            await learner.hello()
            await ask(learner)
            answer = await learner.answer("q1")
        assert answer["status"] == "complete"
        assert answer["text"].strip()
        prompt, completion = used(tmp_path)
        assert prompt > 20
        assert completion == 12


@pytest.mark.slow
async def test_it_streams_and_a_stop_frees_the_model(tmp_path: Path, endless: SmallModel) -> None:
    """Words come one after another; after *Stop* the model computes nothing more."""
    with tutoring(tmp_path, endless) as tutor:
        async with peer(tutor.url) as learner:
            await learner.hello()
            await ask(learner)
            first = await learner.next("delta", re="q1")
            second = await learner.next("delta", re="q1")
            assert await asyncio.to_thread(busy_slots, endless) == 1
            await learner.say("stop", re="q1")
            answer = await learner.answer("q1")
            await until_free(endless)
        assert answer["status"] == "stopped"
        assert answer["text"].startswith(first["text"] + second["text"])
        prompt, completion = used(tmp_path)
        assert prompt > 20
        assert 0 < completion < 2000


@pytest.mark.slow
async def test_two_are_answered_at_once_and_a_third_waits(
    tmp_path: Path, endless: SmallModel
) -> None:
    """Both get words while both are computed; the third begins when one of them is stopped."""
    with tutoring(tmp_path, endless) as tutor:
        async with peer(tutor.url) as one, peer(tutor.url) as two, peer(tutor.url) as three:
            for number, learner in enumerate((one, two, three)):
                await learner.hello(f"s{number}")
            for learner in (one, two):
                await ask(learner)
                await learner.next("delta", re="q1")
            await ask(three)
            assert (await three.next("answering", re="q1"))["place"] == 1
            assert await asyncio.to_thread(busy_slots, endless) == SLOTS
            await one.say("stop", re="q1")
            assert (await one.answer("q1"))["status"] == "stopped"
            assert await three.next("delta", re="q1")
            for learner in (two, three):
                await learner.next("delta", re="q1")
                await learner.say("stop", re="q1")
                assert (await learner.answer("q1"))["status"] == "stopped"
            await until_free(endless)
