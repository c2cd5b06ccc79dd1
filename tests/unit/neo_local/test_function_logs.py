"""What a function wrote and MiniStack has not read yet."""

import os

from neo_local.ministack.function_logs import unread_bytes


def test_written_lines_are_unread_until_they_are_read() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as lines, os.fdopen(writing, "w") as function:
        assert unread_bytes(lines) == 0
        print("one line", file=function, flush=True)
        assert unread_bytes(lines) == 9
        assert lines.readline() == "one line\n"
        assert unread_bytes(lines) == 0
    assert unread_bytes(lines) == 0, "closed"
