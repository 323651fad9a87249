from __future__ import annotations

import json
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfbridge.runs.lock import DriverLock
from kfbridge.runs.logs import follow_logs, read_logs
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.tail import FLOOD, LONGEST_LINE, Tail, lines


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    return RunPaths(tmp_path)


def tell(run: RunPaths, event: str, **fields: Any) -> None:
    with run.journal.open("a") as journal:
        journal.write(json.dumps({"event": event, "time": 0, **fields}) + "\n")


def log(run: RunPaths, key: str, text: str, attempt: int = 1) -> None:
    path = run.log(key, attempt)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)


def anything(key: str) -> bool:
    return True


def test_a_tail_gives_whole_lines_each_once(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    tail = Tail(path)
    assert list(tail.read()) == []
    path.write_bytes(b"one\ntw")
    assert list(tail.read()) == ["one"]
    with path.open("ab") as file:
        file.write(b"o\r\nthree \xff")
    assert list(tail.read()) == ["two"]
    assert list(tail.close()) == ["three \ufffd"]


def test_a_line_without_an_end_comes_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"x" * (3 * LONGEST_LINE))
    pieces = list(lines(path))
    assert len(pieces) > 1
    assert "".join(pieces) == "x" * (3 * LONGEST_LINE)


def test_a_brief_tail_leaves_out_a_flood_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    tail = Tail(path, brief=True)
    path.write_text("first\n")
    assert list(tail.read()) == ["first"]
    with path.open("a") as file:
        file.writelines(f"line {number}\n" for number in range(300_000))
    assert path.stat().st_size > FLOOD
    shown = list(tail.read())
    assert shown[0].endswith(f"MB left out; all of it is in {path}")
    assert shown[1].startswith("line ")
    assert shown[-1] == "line 299999"
    assert len(shown) < 10_000


def test_a_large_log_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"a line of the log that is not very long\n" * 200_000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in lines(path)) == 200_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_logs_come_in_the_order_in_which_attempts_started(run: RunPaths) -> None:
    for key, attempt in (("b", 1), ("loop[0]/a", 1), ("b", 2)):
        tell(run, "task_started", key=key, attempt=attempt)
        log(run, key, f"{key} {attempt}\n", attempt)
    tell(run, "task_started", key="silent", attempt=1)
    assert list(read_logs(run, anything)) == [("b", "b 1"), ("loop[0]/a", "loop[0]/a 1"), ("b", "b 2")]
    assert list(read_logs(run, "b".__eq__)) == [("b", "b 1"), ("b", "b 2")]


def test_a_run_that_nobody_drives_is_read_to_its_end_and_left(run: RunPaths) -> None:
    tell(run, "task_started", key="a", attempt=1)
    log(run, "a", "one\nunfinished")
    with run.journal.open("a") as journal:
        journal.write('{"event": "task_suc')  # torn by a crash
    assert list(follow_logs(run, anything)) == [("a", "one"), ("a", "unfinished")]


def test_following_sees_lines_as_they_come_until_the_run_ends(run: RunPaths) -> None:
    tell(run, "task_started", key="a", attempt=1)
    log(run, "a", "one\n")
    with DriverLock(run.lock):
        followed: Iterator[tuple[str, str]] = follow_logs(run, anything)
        assert next(followed) == ("a", "one")
        log(run, "a", "two\n")
        assert next(followed) == ("a", "two")
        timer = threading.Timer(0.2, end, [run])
        timer.start()
        assert list(followed) == [("a", "last"), ("b", "b")]
        timer.join()


def end(run: RunPaths) -> None:
    log(run, "a", "last")
    log(run, "b", "b\n")
    tell(run, "task_started", key="b", attempt=1)
    tell(run, "task_succeeded", key="a", attempt=1)
    tell(run, "task_failed", key="b", attempt=1)
    tell(run, "run_ended", state="failed")
