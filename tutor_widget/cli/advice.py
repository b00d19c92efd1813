"""What happened and what to do, for a terminal, which has no notebook and no button."""

from __future__ import annotations

from typing import Any, Final

from tutor_widget import words
from tutor_widget.codes import Code

_ADDRESS: Final = "Check the address of the tutor."
_TOKEN: Final = "Correct it or pass a token."
_VARIABLE: Final = "Correct that variable."
_UPDATE: Final = "Update tutor_widget. Tell the person who runs the tutor."
_ADVICE: Final[dict[Code, str]] = {
    "no_tutor": _ADDRESS,
    "not_a_tutor": _ADDRESS,
    "redirected": _ADDRESS,
    "redirected_to": "Use that address, if it is the tutor's. If you must sign in there, do that.",
    "proxy_malformed": _VARIABLE,
    "proxy_without_scheme": _VARIABLE,
    "proxy_scheme": _VARIABLE,
    "proxy_needs_socks": "Install python-socks, or name an http:// proxy.",
    "http_status": _ADDRESS,
    "unusable_address": _ADDRESS,
    "connection_refused": "Check the address. If it is right, the tutor is not running.",
    "name_not_found": "Check that this computer is online and that the address is spelt right.",
    "bad_certificate": "Check the address and this computer's clock, or ask who runs the tutor.",
    "sign_in": "Sign in again or pass a new token.",
    "no_token": _TOKEN,
    "bad_token": _TOKEN,
    "bad_variable": _TOKEN,
    "not_let_in": "Tell the person who runs the tutor.",
    "not_understood": _UPDATE,
    "not_understood_because": _UPDATE,
    "taken_over": "Connect again to take it back.",
    "too_many_connections": "Close it somewhere else.",
}
"""Where the page's advice names its button, a cell or a notebook."""
_SENTENCES: Final[dict[Code, str]] = {
    "not_understood": "The tutor and this program do not understand each other (code {code}).",
    "not_understood_because": "The tutor and this program do not understand each other "
    "(code {code}: {detail}).",
    "not_let_in": "The tutor does not let this program in (HTTP status {status}).",
    "embedded_failed": "The tutor built in here cannot start: {detail}.",
    "not_saved": "Messages cannot be saved on this computer ({detail}). They are kept in memory "
    "only: do not end this program before they are sent.",
    "folder_of_another": "The folder for messages on this computer belongs to another user, and is "
    "not used. Messages are kept in memory only: do not end this program before they are sent.",
    "closed_before_answer": "The chat was closed before the answer came. The message is kept.",
    "chat_closed": "This chat is closed.",
}
"""Where the page's sentence names the notebook, its kernel or a cell."""


def sentence_for(code: str, args: dict[str, Any] | None = None) -> str:
    """What happened, by a code of `tutor_widget.codes`; ``""`` for a code without a sentence."""
    template = _SENTENCES.get(code)  # type: ignore[call-overload]
    return words.sentence(code, args) if template is None else words.fill(template, args or {})


def advice_for(code: str) -> str:
    """What to do, by a code of `Policy.advice`; ``""`` if there is nothing to do."""
    return _ADVICE.get(code) or words.advice(code)  # type: ignore[call-overload]
