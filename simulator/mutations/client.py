"""Faults of its shell in the kernel: journal, connection, credentials, wire format."""

from __future__ import annotations

from typing import Final

from .mutation import Mutation

OUTBOX: Final = "tutor_widget/outbox.py"

MUTATIONS: Final = (
    Mutation(
        OUTBOX,
        "            rest = rest[os.write(fd, rest) :]\n        os.fsync(fd)\n",
        "            rest = rest[os.write(fd, rest) :]\n",
        "the journal is not fsynced",
    ),
    Mutation(
        OUTBOX,
        "            rest = rest[os.write(fd, rest) :]",
        "            rest = rest[max(len(rest), os.write(fd, rest)) :]",
        "a short write loses the rest",
    ),
    Mutation(
        OUTBOX,
        "accumulate((m.at for m in messages.values()), max)",
        "[m.at for m in messages.values()]",
        "a clock set back reorders an adopted journal",
    ),
    Mutation(
        OUTBOX,
        "            self._append(lines)\n            self._remove()",
        "            self._append(lines)",
        "a settled journal stays",
        "tests/test_outbox.py",
    ),
    Mutation(
        OUTBOX,
        "if int(checksum, 16) != zlib.crc32(body) or",
        "if",
        "a damaged line is believed",
        "tests/test_outbox.py",
    ),
    Mutation(
        OUTBOX,
        "        if not _read(taken)[0].keys() <= adopted:",
        "        if taken.is_dir():",
        "what an owner wrote after its journal was adopted goes with it",
        "tests/test_outbox.py",
    ),
    Mutation(
        OUTBOX,
        "            if not _is_orphan(path, owner):",
        "            if path.is_dir():",
        "a living process's journal is adopted",
        "tests/test_outbox.py",
    ),
    Mutation(
        "tutor_widget/client.py",
        "        self._take(ev.Saved(tuple(put)))",
        "        self._put.update(put)",
        "nobody is told that a message is durable",
        "tests/test_client.py",
    ),
    Mutation(
        "tutor_widget/link.py",
        "        if ws.subprotocol != SUBPROTOCOL:",
        '        if ws.subprotocol == "":',
        "any WebSocket server is taken for a tutor",
        "tests/test_widget.py::test_a_server_without_the_subprotocol_is_fatal",
    ),
    Mutation(
        "tutor_widget/link.py",
        "        if is_binary:",
        "        if is_binary and not message:",
        "binary frames are taken for text",
        "tests/test_fuzz.py::test_the_client_closes_with_the_right_code",
    ),
    Mutation(
        "tutor_widget/target.py",
        "            if plain and not asked:",
        "            if plain and asked:",
        "a token travels unprotected",
        "tests/test_widget.py::test_a_token_over_plain_ws_to_another_machine_is_refused",
    ),
    Mutation(
        "tutor_widget/target.py",
        '    if ".." in re.split(',
        '    if "..." in re.split(',
        "a token goes to a path that climbs out of its own",
        "tests/test_client.py::test_the_environments_token_goes_to_no_path_that_climbs",
    ),
    Mutation(
        "tutor_widget/target.py",
        '                return "unreachable"',
        '                return "none"',
        "a source of tokens that fails once is given up",
        "tests/test_target.py",
    ),
    Mutation(
        OUTBOX,
        '[_line({"put": asdict(message)}) for message in self._live.values()]',
        '[_line({"put": asdict(message)}) for message in list(self._live.values())[-1:]]',
        "a rewritten journal holds only the newest message",
    ),
    Mutation(
        "tutor_widget/wire.py",
        "    if isinstance(text, bytes) and not is_utf8(text):",
        "    if not text:",
        "what is no UTF-8 passes where nobody looks",
        "tests/test_fuzz.py::test_whatever_is_decoded_is_a_frame_or_a_protocol_error",
    ),
)
