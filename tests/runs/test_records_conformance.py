"""Over all conformance cases: the documents of a run tell what its journal tells, and a page can be made of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kfbridge import api
from kfbridge.backends.base import Target
from kfbridge.backends.driven.report import recorded_status
from kfbridge.backends.local.config import Config, Containers
from kfbridge.engine.journal import read_journal
from kfbridge.page import page
from kfbridge.runs.account import tell
from kfbridge.runs.detail import RunDetail, recorded_tasks
from kfbridge.runs.store import RunStore
from kfbridge.runs.task import TaskRecord
from kfbridge.testing.cases import CASES

pytestmark = pytest.mark.filterwarnings("ignore:.*a condition compares with")


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_documents_and_journal_agree(name: str, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    config = Config(artifact_root=str(tmp_path / "runs"), containers=Containers.HOST, parallel=8)
    target = Target("local", config, tmp_path)
    run = api.run(CASES[name].pipeline, CASES[name].bound(str(scratch)), target=target)
    status = run.wait()
    store = RunStore(tmp_path / "runs")
    record, paths = store.find(run.run_id), store.paths(run.run_id)
    tasks = recorded_tasks(record, paths)
    assert tasks is not None
    detail = RunDetail(record, tuple(tasks), paths, store)
    told = tell(detail.graph, read_journal(paths.journal), record)
    assert {task.path: timeless(task) for task in tasks} == {task.path: timeless(task) for task in told}
    assert recorded_status(record, str(paths.folder), tasks) == status
    page(detail)


def timeless(task: TaskRecord) -> TaskRecord:
    """Without what a journal does not know: the machine, and the order of the tasks as the pipeline was traced."""
    return replace(task, machine="", order=())
