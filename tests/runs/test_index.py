"""The index of runs: quick, and never believed against the documents."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kfbridge.runs.paths import RunPaths
from kfbridge.runs.record import RunRecord, write_record
from kfbridge.runs.store import RunStore

INDEX = ".index.sqlite"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "runs"


def save(root: Path, number: int, state: str = "succeeded") -> Path:
    record = RunRecord(f"iris-{number}", "iris", "local", "local", state, float(number))
    paths = RunPaths(root / record.run_id)
    paths.folder.mkdir(parents=True, exist_ok=True)
    write_record(paths.record, record)
    return paths.record


def listed(root: Path) -> list[str]:
    return [f"{run.run_id} {run.state}" for run in RunStore(root).runs()]


def test_what_was_listed_once_is_not_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        save(root, number)
    before = listed(root)
    assert (root / INDEX).exists()
    monkeypatch.setattr(RunStore, "_read", lambda *_: pytest.fail("a document was read"))
    assert listed(root) == before == ["iris-2 succeeded", "iris-1 succeeded", "iris-0 succeeded"]


def test_runs_that_came_changed_and_went_are_seen_at_once(root: Path) -> None:
    for number in range(3):
        save(root, number)
    listed(root)
    save(root, 3)
    path = save(root, 1, "failed")
    os.utime(path, (0, 0))  # a clock that went backwards
    (root / "iris-0" / "run.json").unlink()
    assert listed(root) == ["iris-3 succeeded", "iris-2 succeeded", "iris-1 failed"]


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_broken_index_is_made_anew(root: Path, content: bytes) -> None:
    save(root, 1)
    before = listed(root)
    (root / INDEX).write_bytes(content)
    assert listed(root) == before
    with sqlite3.connect(root / INDEX) as database:
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    database.close()


def test_an_index_torn_in_the_middle_hides_nothing(root: Path) -> None:
    for number in range(200):
        save(root, number)
    before = listed(root)
    whole = (root / INDEX).read_bytes()
    for start in range(0, len(whole), 8192):
        (root / INDEX).write_bytes(whole[:start] + os.urandom(4096) + whole[start + 4096 :])
        assert listed(root) == before
    (root / INDEX).write_bytes(whole[: len(whole) // 2])
    assert listed(root) == before


def test_a_document_that_is_broken_in_the_index_alone_is_read_again(root: Path) -> None:
    save(root, 1)
    before = listed(root)
    with sqlite3.connect(root / INDEX) as database:
        database.execute("UPDATE runs SET document = '{'")
    database.close()
    assert listed(root) == before


def test_the_index_of_another_version_is_made_anew(root: Path) -> None:
    save(root, 1)
    root.joinpath(INDEX).unlink(missing_ok=True)
    database = sqlite3.connect(root / INDEX)
    database.execute("CREATE TABLE runs (something TEXT)")
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()
    assert listed(root) == listed(root) == ["iris-1 succeeded"]


def test_while_another_process_holds_the_index_the_documents_are_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kfbridge.runs.index._PATIENCE", 0.1)
    save(root, 1)
    listed(root)
    database = sqlite3.connect(root / INDEX, isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    save(root, 2)
    assert listed(root) == ["iris-2 succeeded", "iris-1 succeeded"]
    database.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_the_index_of_a_folder_that_cannot_be_written_lies_among_the_caches(root: Path, tmp_path: Path) -> None:
    save(root, 1)
    root.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert listed(root) == listed(root) == ["iris-1 succeeded"]
    finally:
        root.chmod(stat.S_IRWXU)
    assert not (root / INDEX).exists()
    assert len(list((tmp_path / "caches").rglob("*.sqlite"))) == 1


def test_where_the_index_cannot_be_kept_beside_the_runs_the_caches_have_it(root: Path, tmp_path: Path) -> None:
    save(root, 1)
    (root / INDEX).mkdir()  # nobody can write a database there, not even root
    assert listed(root) == listed(root) == ["iris-1 succeeded"]
    assert len(list((tmp_path / "caches").rglob("*.sqlite"))) == 1


LISTS = """
import sys, pathlib
from kfbridge.runs.store import RunStore
root = pathlib.Path(sys.argv[1])
for _ in range(40):
    found = {run.run_id for run in RunStore(root).runs()}
    assert {f"iris-{number}" for number in range(30)} <= found, sorted(found)
"""


def test_many_processes_at_once_and_one_that_breaks_it_never_hide_a_run(root: Path) -> None:
    for number in range(30):
        save(root, number)
    processes = [subprocess.Popen([sys.executable, "-c", LISTS, str(root)], stderr=subprocess.PIPE) for _ in range(3)]
    number = 30
    while any(process.poll() is None for process in processes):
        save(root, number)
        if number % 7 == 0:
            (root / INDEX).write_bytes(os.urandom(3000))
        elif number % 5 == 0:
            (root / INDEX).unlink(missing_ok=True)
        number += 1
        time.sleep(0.005)
    for process in processes:
        errors = process.communicate()[1]
        assert process.returncode == 0, errors.decode()


def test_five_thousand_runs_are_listed_in_well_under_a_second(root: Path) -> None:
    run = RunRecord("", "iris", "local", "local", "succeeded", 0.0, {"epochs": 3}, outputs={"accuracy": 0.9})
    for number in range(5000):
        folder = root / f"iris-{number}"
        folder.mkdir(parents=True)
        write_record(folder / "run.json", replace(run, run_id=folder.name, created=float(number)))
    RunStore(root).runs()
    begin = time.process_time()
    assert len(RunStore(root).runs()) == 5000
    assert time.process_time() - begin < 1.0
