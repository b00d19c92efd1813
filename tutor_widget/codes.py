"""The codes of all that a learner may have to know, between programs.

A code says what happened; with its arguments it makes a sentence in each language of
`tutor_widget.words`. Codes are stable: programs may compare them.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple, cast, get_args

Code = Literal[
    "closed",
    "connection_lost",
    "internal_error",
    "restarting",
    "not_taking_messages",
    "gateway",
    "tls_broke",
    "hello_late",
    "not_yours",
    "not_yours_because",
    "no_tutor",
    "taken_over",
    "erased",
    "sign_in",
    "too_many_connections",
    "not_understood",
    "not_understood_because",
    "busy",
    "not_ready",
    "not_let_in",
    "redirected",
    "redirected_to",
    "http_status",
    "not_answering",
    "no_answer_in_time",
    "not_acknowledged",
    "log_mismatch",
    "name_not_found",
    "not_a_tutor",
    "bad_certificate",
    "unusable_address",
    "no_token",
    "bad_token",
    "bad_variable",
    "sign_in_unavailable",
    "tls_failed",
    "no_tls",
    "tls_expected",
    "proxy_refused",
    "proxy_unreachable",
    "proxy_malformed",
    "proxy_without_scheme",
    "proxy_scheme",
    "proxy_needs_socks",
    "connection_refused",
    "unreachable",
    "dial_failed",
    "embedded_failed",
    "database_unusable",
    "database_newer",
    "database_not_migrated",
    "unprotected_token",
    "too_long",
    "empty",
    "bad_context",
    "rate",
    "unacked",
    "full",
    "conflict",
    "withdrawn",
    "other_sign_in",
    "maybe_sent",
    "breaks_connection",
    "no_such_message",
    "no_such_answer",
    "no_reports",
    "report_refused",
    "no_erasure",
    "erasing",
    "reason_too_long",
    "other_conversation",
    "chat_closed",
    "forked",
    "closed_before_answer",
    "no_answer_yet",
    "cannot_wait",
    "no_jupyterlab",
    "session_name",
    "message_empty",
    "message_too_long",
    "message_too_big",
    "attachment_surrogate",
    "attachment_not_object",
    "attachment_not_text",
    "attachment_too_big",
    "queue_full",
    "journal_damaged",
    "not_saved",
    "folder_of_another",
    "not_erased",
    "not_read",
    "tutor_away",
    "download_expired",
    "other_version",
    "page_not_understood",
]

_CODES: Final[frozenset[str]] = frozenset(get_args(Code))

Args = dict[str, Any]
"""The arguments of a code: numbers and names, for the places of its sentence and for programs.

``detail`` is what the system, a library or the server said of it, shown as it is.
"""


class Notice(NamedTuple):
    """Something to tell people, as a code with its arguments."""

    code: Code
    args: Args


def known(code: str) -> Code | Literal[""]:
    """The code that a journal holds; ``""`` for one of another version of this package."""
    return cast("Code", code) if code in _CODES else ""
