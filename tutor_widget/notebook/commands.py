"""What a page may ask of the kernel: commands, and questions (docs/comm.md).

A command changes something. It is performed once, and acknowledged each time it arrives. A question
is a command whose acknowledgement holds an ``answer``. It is answered each time it arrives.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from tutor_widget import words
from tutor_widget.client.storage.disk import run_on_disk
from tutor_widget.conversation import SUFFIXES
from tutor_widget.errors import Closed, NotFound, Refused, TutorError
from tutor_widget.session import events as ev
from tutor_widget.wire import is_id, is_language, is_learner_id, is_revision

from . import ipython
from .chat import Chat
from .page import Fault

MAX_REMEMBERED: Final = 512
"""Commands of one chat whose outcome is remembered."""
_PARTS: Final = Path(__file__).parents[1] / "static" / "parts"
_NEW: Final = "new"
"""The outcome of a command that has not been performed."""

Content = dict[str, Any]


def _fault(error: TutorError) -> Fault:
    coded = {"code": error.code, "args": error.params} if error.code else {}
    return {"error": str(error), **coded}


_NOT_UNDERSTOOD: Final = _fault(TutorError(code="page_not_understood"))
_OTHER_VERSION: Final = _fault(TutorError(code="other_version"))


class Commands:
    """Performs the commands of the pages of one chat. On the loop."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._outcomes: OrderedDict[str, Fault | None] = OrderedDict()  # by command id
        self._answering: dict[str, asyncio.Task[None]] = {}  # by question id

    def take(self, content: object) -> None:
        """Take a message of a page. One that is no command, or comes too late, is ignored."""
        if not self._chat.is_open or not isinstance(content, dict):
            return
        op, id = content.get("op"), content.get("id")
        if not isinstance(op, str) or not isinstance(id, str):
            return
        if op in QUESTIONS:
            self._answer(op, id, content)
        else:
            self._perform_once(op, id, content)

    def _perform_once(self, op: str, id: str, content: Content) -> None:
        # A command that failed is tried again: there may be room for the message by now.
        if self._outcomes.get(id, _NEW) is not None:
            self._outcomes[id] = _perform(self._chat, op, id, content)
            while len(self._outcomes) > MAX_REMEMBERED:
                self._outcomes.popitem(last=False)
        if self._chat.page.is_saving(id):
            self._chat.page.acknowledge_when_saved(id)
        else:
            self._chat.page.acknowledge(id, self._outcomes[id])

    def _answer(self, op: str, id: str, content: Content) -> None:
        if id in self._answering:  # a repeated question gets the answer under way
            return

        async def answer() -> None:
            try:
                answer = await QUESTIONS[op](self._chat, content)
            except TutorError as error:
                self._chat.page.acknowledge(id, _fault(error))
            except (KeyError, TypeError, ValueError):
                self._chat.page.acknowledge(id, _NOT_UNDERSTOOD)
            else:
                self._chat.page.answer(id, answer)

        task = asyncio.get_running_loop().create_task(answer())
        self._answering[id] = task
        task.add_done_callback(lambda _: self._answering.pop(id))


def _perform(chat: Chat, op: str, id: str, content: Content) -> Fault | None:
    """Perform a command; returns what went wrong, for the learner, or None."""
    command = _COMMANDS.get(op)
    if command is None:
        return _OTHER_VERSION
    try:
        command(chat, id, content)
    except TutorError as error:
        return _fault(error)
    except (KeyError, TypeError, ValueError):
        return _NOT_UNDERSTOOD
    return None


# --- commands -----------------------------------------------------------------------------------


def _check_owner(chat: Chat, content: Content) -> None:
    """Raises Refused if the command's owner is not signed in any more."""
    owner = content.get("owner")
    if owner is not None and owner not in chat.page.owners():
        raise Refused(code="other_sign_in")


def _say(chat: Chat, id: str, content: Content) -> None:
    context = content.get("context")
    if context is not None and not isinstance(context, dict):
        raise TypeError
    if not is_learner_id(id):
        raise ValueError(id)
    _check_owner(chat, content)
    if (first := content.get("again")) is not None:
        # With the context of the first message. After a restart only the page may know that.
        context = chat.client.session.outgoing.contexts.get(first, context)
    rev = content.get("rev")
    if rev is not None and not is_revision(rev):
        raise ValueError(rev)
    chat.say(id, content["text"], context, rev)


def _check_request(chat: Chat, id: str, content: Content) -> None:
    """Raises ValueError for what is no id, and Refused if the command was given for another
    conversation or sign-in."""
    if not is_learner_id(id):
        raise ValueError(id)
    if content["key"] != chat.page.key:
        raise Refused(code="other_conversation")
    _check_owner(chat, content)


def _report(chat: Chat, id: str, content: Content) -> None:
    _check_request(chat, id, content)
    share = content.get("share") is True  # anything else is no consent
    chat.report(id, content["message"], content.get("reason"), share=share)


def _erase(chat: Chat, id: str, content: Content) -> None:
    _check_request(chat, id, content)
    chat.erase(id)


def _stop(chat: Chat, _id: str, content: Content) -> None:
    if not is_id(re := content["re"]):
        raise ValueError(re)
    chat.happened(ev.Stopped(re))


def _retry(chat: Chat, _id: str, content: Content) -> None:
    _check_owner(chat, content)
    chat.happened(ev.Retried(content["message"]))


def _discard(chat: Chat, _id: str, content: Content) -> None:
    _check_owner(chat, content)
    with contextlib.suppress(NotFound):  # it was sent meanwhile, or discarded before
        chat.happened(ev.Discarded(content["message"]))


def _reconnect(chat: Chat, _id: str, _content: Content) -> None:
    chat.happened(ev.Nudged(ev.Nudge.BUTTON))


def _nudge(chat: Chat, _id: str, _content: Content) -> None:
    chat.happened(ev.Nudged(ev.Nudge.BROWSER))


def _new(chat: Chat, _id: str, _content: Content) -> None:
    chat.open_new()


def _continue(chat: Chat, _id: str, _content: Content) -> None:
    chat.continue_session()


def _view(chat: Chat, _id: str, content: Content) -> None:
    chat.page.report_view(str(content["view"]), bool(content["shown"]), content["n"])
    lang = content.get("lang")
    if content["shown"] and isinstance(lang, str) and is_language(lang):
        chat.subscription.speak(lang)


_COMMANDS: Final[dict[str, Callable[[Chat, str, Content], None]]] = {
    "say": _say,
    "stop": _stop,
    "retry": _retry,
    "discard": _discard,
    "reconnect": _reconnect,
    "nudge": _nudge,
    "new": _new,
    "continue": _continue,
    "view": _view,
    "report": _report,
    "erase": _erase,
}


# --- questions ----------------------------------------------------------------------------------


@functools.cache
def part(name: str) -> str:
    """The code of a part of the front end. Raises KeyError if there is none of that name."""
    files = {path.stem: path for path in _PARTS.glob("*.js")}
    return files[name].read_text("utf-8")


async def _part(_chat: Chat, question: Content) -> str:
    return await run_on_disk(part, question["name"])


async def _words(chat: Chat, question: Content) -> None:
    tags = [str(tag) for tag in question["languages"]]
    chat.set_words(*await run_on_disk(words.chosen, tags))


async def _older(chat: Chat, question: Content) -> int:
    return await chat.load_older(int(question["n"]))


async def _file(chat: Chat, question: Content) -> dict[str, Any]:
    """A piece of the conversation as a file. The page joins the pieces."""
    suffix, start = f".{question['format']}", question["from"]
    if suffix not in SUFFIXES:
        raise ValueError(question)
    if start != 0:
        return chat.downloads.resume(str(start))
    conversation = await chat.whole_conversation()
    transcript = chat.client.session.transcript
    # On a thread: a long conversation takes seconds to format. Nothing in it ever changes.
    text = await asyncio.to_thread(conversation.text, suffix)
    if not chat.is_open:  # closed meanwhile
        raise Closed(code="chat_closed")
    if chat.client.session.transcript is not transcript:  # erased meanwhile, or replaced
        raise Refused(code="download_expired")
    return {**chat.downloads.begin(text), "name": conversation.name + suffix}


async def _context(_chat: Chat, question: Content) -> str | dict[str, str] | None:
    """What the learner may share, for a preview. None: there is none any more."""
    ran = ipython.watch.ran
    return {"cell": ran.cell or None, "error": ran.error}[question["of"]]


async def _notebook(chat: Chat, question: Content) -> str | None:
    """The id that the page's notebook has to hold."""
    return await chat.meet_page(question.get("holds"), question.get("path"))


QUESTIONS: Final[dict[str, Callable[[Chat, Content], Awaitable[Any]]]] = {
    "part": _part,
    "words": _words,
    "older": _older,
    "file": _file,
    "context": _context,
    "notebook": _notebook,
}
