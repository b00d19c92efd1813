"""Faults of the command line, and of conversations as files."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

MUTATIONS: Final = (
    Mutation(
        "tutor_widget/markup/links.py",
        'r"(?:https?:|mailto:)"',
        'r"(?:https?:|mailto:|ftp:)"',
        "a saved page leads elsewhere than to the web and to mail",
        "tests/test_conversation.py::test_a_page_leads_only_where_a_browser_may_be_led",
    ),
    Mutation(
        "tutor_widget/conversation.py",
        "if answers.get(event.re) is event:",
        "if event.re in asked:",
        "of two answers to one message a file has only the last",
        "tests/test_conversation.py::test_every_answer_is_in_the_file",
    ),
    Mutation(
        "tutor_widget/conversation.py",
        "    unsent: list[Unsent]\n    earlier: bool = False\n",
        "    unsent: list[Unsent]\n    earlier: bool\n",
        "a file of an earlier version no longer loads",
        "tests/test_conversation.py::test_a_file_of_an_earlier_version_loads_and_one_of_a_later_does_not",
    ),
    Mutation(
        "tutor_widget/cli/screen.py",
        "        self._put(printable(text))",
        "        self._put(text)",
        "a server's text drives the terminal",
        "tests/cli/test_chat.py::test_what_a_server_sends_drives_no_terminal",
    ),
    Mutation(
        "tutor_widget/cli/chat.py",
        "                message = begun\n",
        "                pass\n",
        "a terminal writes each reply twice",
        "tests/cli/test_chat.py::test_a_reply_is_written_as_it_comes_and_once",
    ),
    Mutation(
        "tutor_widget/cli/chat.py",
        "        self._shown_after = 0\n        self._subscription.open_new()",
        "        self._subscription.open_new()",
        "a new conversation in a terminal begins without its first words",
        "tests/cli/test_chat.py::test_a_new_conversation_is_shown_from_its_beginning",
    ),
    Mutation(
        "tutor_widget/cli/chat.py",
        "                self._await_answers()\n",
        "                pass\n",
        "a piped question is not waited for",
        "tests/cli/test_terminal.py::test_a_piped_question_is_answered",
    ),
    Mutation(
        "tutor_widget/cli/__init__.py",
        '            stream.reconfigure(errors="replace")',
        "            pass",
        "a piece with a character that a terminal does not have ends the program",
        "tests/cli/test_terminal.py::test_what_an_encoding_does_not_have_is_a_question_mark",
    ),
    Mutation(
        "tutor_widget/cli/check.py",
        "    memory.remember(session)\n",
        "",
        "each check of a connection leaves a conversation behind",
        "tests/cli/test_check.py::test_each_check_is_of_the_same_conversation",
    ),
)
