"""Faults of the notebook's side: the widget, what it mirrors and remembers, and what it starts."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

WIDGET: Final = "tutor_widget/notebook/widget.py"
MIRROR: Final = "tutor_widget/notebook/mirror.py"
COMMANDS: Final = "tests/notebook/test_commands.py"
ADDRESSES: Final = "tests/client/test_addresses.py"
LEADS: Final = "tests/notebook/test_mirror.py::test_changes_lead_to_what_the_traits_hold"

MUTATIONS: Final = (
    # --- what a page asks for
    Mutation(
        WIDGET,
        'if message is not None and message.status == "saving":',
        'if message is not None and message.status == "":',
        "a command is acknowledged before it is durable",
        f"{COMMANDS}::test_a_message_is_acknowledged_when_it_is_durable",
    ),
    Mutation(
        WIDGET,
        "ev.Nudged(ev.Nudge.BROWSER)",
        "ev.Nudged(ev.Nudge.BUTTON)",
        "a page that comes back into view leaves *failed*",
        f"{COMMANDS}::test_only_the_button_leaves_failed",
    ),
    Mutation(
        WIDGET,
        "case do.HistoryReplaced(last) if transcript.epoch != self._news_after[0]:",
        "case do.HistoryReplaced(last):",
        "what came during an outage is no news",
        f"{COMMANDS}::test_only_what_is_new_is_told_to_callbacks",
    ),
    Mutation(
        WIDGET,
        "case do.Committed(event) if event.seq > self._news_after[1]:",
        "case do.Committed(event):",
        "callbacks hear the log again when it is told anew",
        f"{COMMANDS}::test_only_what_is_new_is_told_to_callbacks",
    ),
    Mutation(
        WIDGET,
        'return {"at": round(used_at * 1000)}',
        'return {"at": round(used_at)}',
        "an old conversation is offered as one of 1970",
        f"{COMMANDS}::test_a_stale_conversation_is_offered_until_the_learner_decides",
    ),
    Mutation(
        WIDGET,
        "                self.layout.close()  #",
        "                pass  #",
        "each chat leaves a widget behind",
        f"{COMMANDS}::test_a_closed_chat_leaves_no_widget_behind",
    ),
    Mutation(
        WIDGET,
        "            while len(self._handled) > _COMMANDS_REMEMBERED:",
        "            while not self._handled:",
        "commands are remembered for ever",
        f"{COMMANDS}::test_only_so_many_commands_are_remembered",
    ),
    Mutation(
        WIDGET,
        "unsent=tuple(Unsent(m.id, m.text, m.at) for m in messages)",
        "unsent=()",
        "a saved conversation lacks what the tutor does not have yet",
        f"{COMMANDS}::test_what_is_saved_has_its_title_its_state_and_what_waits",
    ),
    # --- what a page is told
    Mutation(
        MIRROR,
        "            and reply.text.startswith(told.text)",
        "",
        "a reply that begins anew is appended to the old one",
        LEADS,
    ),
    Mutation(
        MIRROR,
        "            and (told.re, told.id, told.place) == (reply.re, reply.id, reply.place)",
        "",
        "a reply that no longer waits keeps its place in the queue",
        LEADS,
    ),
    Mutation(
        MIRROR,
        '"text": reply.text[len(told.text) :]}',
        '"text": reply.text}',
        "each delta repeats the whole reply",
        LEADS,
    ),
    Mutation(
        MIRROR,
        "                    self._gone.append(id)",
        "                    pass",
        "a page keeps a message that was taken back",
        LEADS,
    ),
    Mutation(
        MIRROR,
        '            said["state"] = session.transcript.state',
        "            pass",
        "a page does not hear of the session's state",
        LEADS,
    ),
    Mutation(
        MIRROR,
        '        item["re"] = event.re',
        "        pass",
        "no answer names its question",
        LEADS,
    ),
    Mutation(
        MIRROR,
        '            said["older"] = self._older',
        "            pass",
        "a page does not hear of earlier messages",
        "tests/notebook/test_mirror.py::test_earlier_messages_come_before_those_held",
    ),
    Mutation(
        MIRROR,
        "self._older[:0] = [_event(event, session) for event in events]",
        "self._older += [_event(event, session) for event in events]",
        "earlier messages are shown in the wrong order",
        "tests/client/test_older.py::test_all_of_it_comes_before_a_conversation_is_saved",
    ),
    # --- what is remembered, and of which cell
    Mutation(
        "tutor_widget/client/memory.py",
        '{"left": [id for id in self.left() if id != session]}',
        '{"left": []}',
        "settling one conversation that was left forgets the others",
        "tests/client/test_memory.py::test_of_two_conversations_that_were_left_each_is_sent",
    ),
    Mutation(
        "tutor_widget/client/memory.py",
        "{digest(server, notebook, user())}",
        "{digest(server, notebook)}",
        "two users of one home share a conversation",
        "tests/client/test_memory.py::test_what_is_remembered_is_the_users_own",
    ),
    Mutation(
        "tutor_widget/notebook/ipython.py",
        "        if not info.store_history:",
        "        if info is None:",
        "a front end's own code is offered as the learner's cell",
        "tests/notebook/test_ipython.py::test_what_a_front_end_runs_is_no_cell_of_the_learners",
    ),
    Mutation(
        "tutor_widget/notebook/ipython.py",
        "elif cell is not None and cell == self.ran.error_in:",
        "elif cell == self.ran.error_in:",
        "where cells have no ids, any cell ends an error",
        "tests/notebook/test_ipython.py::test_an_error_without_a_cells_id_stays",
    ),
    # --- the connection and its credentials
    Mutation(
        "tutor_widget/client/connection.py",
        "_silent.propagate = False",
        "_silent.propagate = True",
        "the token stands in the program's log at DEBUG",
        "tests/client/test_connection.py::test_a_token_stands_in_no_log",
    ),
    Mutation(
        "tutor_widget/client/connection.py",
        "self._redirected > MAX_REDIRECTS",
        "self._redirected < 0",
        "redirects are followed without end",
        "tests/client/test_connection.py::test_redirects_are_followed_a_few_times",
    ),
    Mutation(
        "tutor_widget/client/endpoint.py",
        "asked or (not plain and _is_hub_service(self.url))",
        "asked or _is_hub_service(self.url)",
        "the hub's token goes over a plain connection",
        f"{ADDRESSES}::test_the_hubs_token_goes_to_its_services_alone",
    ),
    Mutation(
        "tutor_widget/client/endpoint.py",
        "    path = other.path.rstrip",
        '    path = other.path.rstrip("/") or "/"\n    _ = other.path.rstrip',
        "a token goes to a path that merely begins like its own",
        f"{ADDRESSES}::test_a_path_below_another",
    ),
    Mutation(
        "tutor_widget/client/endpoint.py",
        "        elif self._last is None:\n",
        "        else:\n",
        "a learner signs in anew at each dial",
        f"{ADDRESSES}::test_a_function_is_asked_once_until_its_token_is_refused",
    ),
    # --- what runs beside it
    Mutation(
        "tutor_widget/client/loop.py",
        "await asyncio.shield(asyncio.wrap_future(future))",
        "await asyncio.wrap_future(future)",
        "a write that is cancelled while it waits its turn is never made",
        "tests/client/test_loop.py",
    ),
    Mutation(
        "tutor_widget/embedded.py",
        "if starting is None or (starting.done() and starting.exception() is not None):",
        "if starting is None:",
        "an embedded tutor whose start failed once is never started",
        "tests/test_embedded.py::test_a_start_that_failed_is_tried_again",
    ),
    Mutation(
        "tutor_widget/client/older.py",
        "PAGE if count is None else min(PAGE, count - came)",
        "PAGE if count is None else min(PAGE, count)",
        "250 earlier messages are asked for, and 400 come",
        "tests/client/test_older.py::test_no_more_comes_than_was_asked_for",
    ),
    Mutation(
        "tutor_widget/client/older.py",
        "            arrived.set_exception(_unreachable())",
        "            pass",
        "who waits for earlier messages does not hear that the connection is lost",
        "tests/client/test_older.py::test_who_waits_for_a_page_hears_that_the_connection_is_lost",
    ),
    Mutation(
        "tutor_widget/notebook/questions.py",
        "end if end < len(file) else None",
        "end if end <= len(file) else None",
        "a file of whole pieces has an empty one behind the last",
        "tests/client/test_older.py::test_a_piece_of_a_file_that_cannot_be_is_refused",
    ),
    # --- files, and the terminal
    Mutation(
        "tutor_widget/conversation.py",
        'r"(?:https?:|mailto:)"',
        'r"(?:https?:|mailto:|ftp:)"',
        "a saved page leads elsewhere than to the web and to mail",
        "tests/test_conversation.py::test_a_page_leads_only_where_a_browser_may_be_led",
    ),
    Mutation(
        "tutor_widget/conversation.py",
        "if event.re in asked and answers[event.re] is event:",
        "if event.re in asked:",
        "of two answers to one message a file has only the last",
        "tests/test_conversation.py::test_every_answer_is_in_the_file",
    ),
    Mutation(
        "tutor_widget/conversation.py",
        'found.get("earlier", False)',
        'found["earlier"]',
        "a file of an earlier version no longer loads",
        "tests/test_conversation.py::test_a_file_of_an_earlier_version_loads_and_one_of_a_later_does_not",
    ),
    Mutation(
        "tutor_widget/cli/chat.py",
        "        safe = printable(text)",
        "        safe = text",
        "a server's text drives the terminal",
        "tests/cli/test_chat.py::test_what_a_server_sends_drives_no_terminal",
    ),
    Mutation(
        "tutor_widget/cli/chat.py",
        '            self._write(event.text[len(shown.text) :] + "\\n")',
        '            self._print(f"Tutor: {event.text}")',
        "a terminal writes each reply twice",
        "tests/cli/test_chat.py::test_a_reply_is_written_as_it_comes_and_once",
    ),
    Mutation(
        "tutor_widget/cli/chat.py",
        "                self._shown_after = 0\n",
        "",
        "a new conversation in a terminal begins without its first words",
        "tests/cli/test_chat.py::test_a_new_conversation_is_shown_from_its_beginning",
    ),
    Mutation(
        "tutor_widget/cli/check.py",
        "    memory.remember(session)\n",
        "",
        "each check of a connection leaves a conversation behind",
        "tests/cli/test_check.py::test_each_check_is_of_the_same_conversation",
    ),
)
