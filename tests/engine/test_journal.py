from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfbridge.engine import events
from kfbridge.engine.events import Artifact, Event, Outputs, RunStarted, TaskFailed, TaskSucceeded, from_json, to_json
from kfbridge.engine.journal import FileJournal, read_journal
from kfbridge.errors import RunError

ARTIFACT = Artifact("model", "system.Model", "/a/model", {"accuracy": 0.9}, "0.0.1", "/elsewhere")
ONE_OF_EACH: list[Event] = [
    RunStarted(1.0, "run-1", {"n": 2**70, "text": "Grüße\u2028\ud800"}, {"failure_policy": "fast"}),
    events.TaskStarted(2.0, "a[1]/b", 3, "pid 4"),
    TaskSucceeded(3.0, "a", 1, Outputs({"n": [1, 2.0, None]}, {"model": [ARTIFACT]}), cached=True),
    TaskFailed(4.0, "a", 1, "it broke", code=137, terminal=True),
    events.TaskLost(5.0, "a", 1, "the machine died"),
    events.TimePassed(6.0),
    events.CancelRequested(7.0),
    events.RunResumed(8.0),
    events.RunEnded(9.0, "failed"),
]


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: event.kind)
def test_an_event_survives_the_journal(event: Event, tmp_path: Path) -> None:
    assert from_json(to_json(event)) == event
    with FileJournal(tmp_path / "journal.jsonl") as journal:
        journal.append(event)
    assert read_journal(tmp_path / "journal.jsonl") == [event]


def test_one_event_is_one_line_and_short(tmp_path: Path) -> None:
    with FileJournal(tmp_path / "journal.jsonl") as journal:
        journal.append(TaskFailed(4.0, "a", 1, "one\ntwo"))
    assert (tmp_path / "journal.jsonl").read_text() == (
        '{"event":"task_failed","time":4.0,"key":"a","attempt":1,"reason":"one\\ntwo"}\n'
    )


@given(cut=st.integers(0, 2000))
def test_a_crash_tears_the_last_line_only(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    with FileJournal(path) as journal:
        for event in ONE_OF_EACH:
            journal.append(event)
    whole = path.read_bytes()
    path.write_bytes(whole[: cut % len(whole)])
    kept = read_journal(path)
    assert kept == ONE_OF_EACH[: whole[: cut % len(whole)].count(b"\n")]
    with FileJournal(path) as journal:
        journal.append(ONE_OF_EACH[-1])
    assert read_journal(path) == [*kept, ONE_OF_EACH[-1]]


def test_a_missing_journal_is_empty(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "journal.jsonl") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{not json}", "line 2 of the run's journal is broken"),
        ("[1]", "not a JSON object"),
        ('{"event": "task_exploded", "time": 1}', "unknown event 'task_exploded'"),
        ('{"event": "task_failed", "time": 1}', "incomplete event 'task_failed'"),
        ('{"event": "task_succeeded", "time": 1, "key": "a", "attempt": 1, "outputs": 3}', "outputs of a form"),
    ],
)
def test_a_broken_line_is_named(line: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(f'{{"event": "run_resumed", "time": 1}}\n{line}\n{{"event": "run_resumed", "time": 1}}\n')
    with pytest.raises(RunError, match="restore it, or start a new run") as caught:
        read_journal(path)
    assert reason in caught.value.reason
    assert caught.value.where == f"{path}:2"


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be written: No such file"):
        FileJournal(tmp_path / "nowhere" / "journal.jsonl")


def test_a_full_disk_leaves_whole_lines_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.jsonl"
    journal = FileJournal(path)
    journal.append(ONE_OF_EACH[0])
    write, calls = os.write, []

    def full(file: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) == 1:
            return write(file, data[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kfbridge.engine.journal.os.write", full)
    with pytest.raises(RunError, match="No space left on device") as caught:
        journal.append(ONE_OF_EACH[1])
    assert "kfbridge resume" in str(caught.value)
    monkeypatch.undo()
    journal.append(ONE_OF_EACH[2])
    journal.close()
    journal.close()
    assert read_journal(path) == [ONE_OF_EACH[0], ONE_OF_EACH[2]]
