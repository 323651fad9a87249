from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from kfbridge.errors import RunError, UsageError
from kfbridge.runs.lock import DriverLock, holder, is_held
from kfbridge.runs.record import RunRecord, new_run_id, read_record, write_record
from kfbridge.runs.store import RunStore


def record(run_id: str = "iris-1", created: float = 1.0, state: str = "succeeded") -> RunRecord:
    return RunRecord(run_id, "iris", "local", "local", state, created)


def save(store: RunStore, run: RunRecord) -> None:
    paths = store.paths(run.run_id)
    paths.folder.mkdir(parents=True, exist_ok=True)
    write_record(paths.record, run)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def test_a_record_reads_back_equal_and_ignores_what_a_newer_version_wrote(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    run = replace(record(), arguments={"text": "é\ud800", "big": 2**70}, outputs={"a": [1, None]})
    write_record(path, run)
    assert read_record(path) == run
    path.write_text(json.dumps({**json.loads(path.read_text()), "from_the_future": 1}))
    assert read_record(path) == run
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


def test_readers_never_see_half_a_record(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    runs = [replace(record(), error="x" * size) for size in (10, 200_000)]
    write_record(path, runs[0])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for run in runs:
                write_record(path, run)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(read_record(path) in runs for _ in range(200))
    finally:
        stop.set()
        writer.join()


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"nowhere/run.json cannot be written: No such file or directory"):
        write_record(tmp_path / "nowhere" / "run.json", record())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_the_old_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    write_record(path, record())
    monkeypatch.setattr(Path, "with_name", lambda self, name: Path("/dev/full"))
    monkeypatch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
    with pytest.raises(RunError, match="No space left on device"):
        write_record(path, record(state="failed"))
    assert read_record(path).state == "succeeded"


def test_run_ids_say_what_and_when_and_are_never_equal() -> None:
    ids = {new_run_id("My Pipeline / é!", 0.0) for _ in range(100)}
    assert len(ids) == 100
    assert all(run_id.startswith("my-pipeline-19700101-000000-") for run_id in ids)
    assert new_run_id("…", 0.0).startswith("run-19700101")


def test_runs_are_listed_newest_first_without_folders_that_are_no_runs(store: RunStore) -> None:
    assert store.runs() == []
    for number in (2, 3, 1):
        save(store, record(f"iris-{number}", created=number))
    (store.root / "notes").mkdir()
    (store.root / "broken").mkdir()
    (store.root / "broken" / "run.json").write_text("{")
    assert [run.run_id for run in store.runs()] == ["iris-3", "iris-2", "iris-1"]


def test_a_run_is_found_by_id_by_prefix_and_as_the_latest(store: RunStore) -> None:
    save(store, record("iris-1", created=1))
    save(store, record("iris-12", created=2))
    save(store, record("wine-1", created=3))
    assert store.find("iris-1").run_id == "iris-1"
    assert store.find("wi").run_id == "wine-1"
    assert store.find("latest").run_id == "wine-1"


def test_an_unknown_or_ambiguous_run_names_the_nearest(store: RunStore) -> None:
    with pytest.raises(UsageError, match="There are no runs in"):
        store.find("latest")
    save(store, record("iris-11"))
    save(store, record("iris-12"))
    with pytest.raises(UsageError, match=r"2 runs begin with 'iris'") as error:
        store.find("iris")
    assert "iris-11" in str(error.value.remedy)
    with pytest.raises(UsageError, match=r"There is no run 'irsi-12'") as error:
        store.find("irsi-12")
    assert "Nearest are: iris-12" in str(error.value.remedy)
    with pytest.raises(UsageError):
        store.find("../iris-11")


def test_a_broken_record_that_is_asked_for_says_so(store: RunStore) -> None:
    (store.root / "broken").mkdir(parents=True)
    (store.root / "broken" / "run.json").write_text("[]")
    with pytest.raises(RunError, match=r"broken/run.json cannot be read: it is not a JSON object"):
        store.find("broken")


def test_a_run_whose_driver_died_has_failed_and_can_be_resumed(store: RunStore) -> None:
    save(store, record(state="running"))
    with DriverLock(store.paths("iris-1").lock):
        assert store.find("iris-1").state == "running"
    found = store.find("iris-1")
    assert (found.state, found.error) == (
        "failed",
        "kfbridge ended before the run did; continue with: kfbridge resume iris-1",
    )


def test_a_run_whose_driver_died_while_it_was_cancelled_is_cancelled(store: RunStore) -> None:
    save(store, record(state="running"))
    store.paths("iris-1").cancel.touch()
    assert store.find("iris-1").state == "cancelled"


def test_only_one_process_drives_a_run(tmp_path: Path) -> None:
    lock = tmp_path / "iris-1" / "driver.lock"
    lock.parent.mkdir()
    assert not is_held(lock)
    with DriverLock(lock):
        assert is_held(lock)
        assert holder(lock) == os.getpid()
        with pytest.raises(RunError, match=f"The run is being driven by process {os.getpid()}") as error:
            DriverLock(lock).acquire()
        assert error.value.remedy == "Wait for it, or end it with: kfbridge cancel iris-1"
    assert not is_held(lock)


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "driver.lock"
    script = (
        "import sys, time, pathlib; from kfbridge.runs.lock import DriverLock\n"
        "DriverLock(pathlib.Path(sys.argv[1])).acquire(); print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(lock)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"held\n"
        assert is_held(lock)
        assert holder(lock) == process.pid
        process.kill()
        process.wait()
    assert not is_held(lock)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_lock_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(RunError, match=r"driver.lock cannot be opened: Permission denied"):
        DriverLock(tmp_path / "driver.lock").acquire()
