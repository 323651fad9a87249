"""What is said of a run whose driver has only just ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kfbridge.backends.driven.mirror import RUNS, Mirror
from kfbridge.backends.k8s.store import ClusterStore
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.record import RunRecord, write_record
from kfbridge.storage import open_storage

RUNNING = RunRecord("one", "pipeline", "kind", "k8s", "running", 1.0)
ENDED = replace(RUNNING, state="succeeded", ended=2.0, outputs={"Output": 1})


def write(root: Path, record: RunRecord) -> None:
    """What the driver leaves at the root."""
    paths = RunPaths(root / record.run_id)
    for path in (paths.record, root / RUNS / "one.json"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_record(path, record)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "root", RUNNING)
    return tmp_path / "root"


def test_an_end_that_comes_between_two_looks_is_no_failure(root: Path, tmp_path: Path) -> None:
    def is_driving(run_id: str) -> bool:
        write(root, ENDED)  # the record was brought before; now the driver ends, and its Job with it
        return False

    store = ClusterStore(Mirror(open_storage(root.as_uri()), tmp_path / "mirror"), is_driving)
    assert store.find("one").state == "succeeded"


def test_a_journal_is_as_new_as_its_record(root: Path, tmp_path: Path) -> None:
    store = ClusterStore(Mirror(open_storage(root.as_uri()), tmp_path / "mirror"), lambda run_id: True)
    assert store.find("one").state == "running"
    write(root, ENDED)
    (root / "one" / "journal.jsonl").write_text("new\n")
    store._mirror._looked.pop("")  # the records are looked at again; the run was looked at a moment ago
    assert store.find("one").state == "succeeded"
    assert (tmp_path / "mirror" / "one" / "journal.jsonl").read_text() == "new\n"
