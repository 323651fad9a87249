"""A run with all that its documents tell, for those who show, compare or continue it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from kfbridge.engine.events import Event, RunStarted, TaskFailed, TaskSkipped, TaskStarted, TaskSucceeded
from kfbridge.engine.journal import FileJournal, read_journal
from kfbridge.errors import RunError
from kfbridge.graph.model import MISSING, Graph
from kfbridge.graph.resolve import resolve
from kfbridge.runs.account import tell
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.record import ENDED, RunRecord
from kfbridge.runs.store import RunStore
from kfbridge.runs.task import TaskRecord, read_tasks, task_document
from kfbridge.spec.read import read_file


@dataclass(frozen=True)
class RunDetail:
    """A run and its tasks, groups before what is in them; `store` and `paths` know where its files lie."""

    record: RunRecord
    tasks: tuple[TaskRecord, ...]
    paths: RunPaths
    store: RunStore

    @cached_property
    def graph(self) -> Graph:
        """The pipeline that ran.

        Raises:
            SpecError: ``spec.yaml`` is missing or cannot be read.
        """
        return resolve(read_file(self.paths.spec))

    def arguments(self) -> dict[str, Any]:
        """The pipeline's arguments, those left out with their defaults.

        Raises:
            SpecError: ``spec.yaml`` is missing or cannot be read.
        """
        ports = self.graph.root.inputs.parameters
        defaults = {name: port.default for name, port in ports.items() if port.default is not MISSING}
        return {**defaults, **self.record.arguments}

    def document(self) -> dict[str, Any]:
        """The documents of the run and of its tasks as one."""
        return {"run": asdict(self.record), "tasks": [task_document(task) for task in self.tasks]}


def read_detail(store: RunStore, reference: str) -> RunDetail:
    """A run and its tasks; see `RunStore.find` for what names one.

    Raises:
        UsageError: There is no such run.
        RunError: Neither its documents nor its journal can be read.
    """
    record = store.find(reference)
    paths = store.paths(record.run_id)
    if record.state in ENDED:
        store.bring_documents(record.run_id)
    return RunDetail(record, tuple(tasks_of(record, paths)), paths, store)


def tasks_of(record: RunRecord, paths: RunPaths) -> list[TaskRecord]:
    """The tasks of a run, as their documents tell when it has ended; else as its journal tells.

    Raises:
        RunError: The journal is broken.
    """
    found = recorded_tasks(record, paths)
    if found is not None:
        return found
    return tell(resolve(read_file(paths.spec)), read_journal(paths.journal), record)


def recorded_tasks(record: RunRecord, paths: RunPaths) -> list[TaskRecord] | None:
    """The tasks of a run that has ended, from their documents; None when those are not all there."""
    if record.state not in ENDED or record.instances is None:
        return None
    try:
        tasks = read_tasks(paths)
    except RunError:
        return None
    return tasks if len(tasks) == record.instances else None


def restore_journal(record: RunRecord, paths: RunPaths) -> None:
    """Where the journal is lost, or never was, write what the task documents tell: a resumed run goes on from there.

    Raises:
        RunError: A document is broken, or the folder cannot be written.
    """
    if paths.journal.exists():
        return
    tasks = read_tasks(paths)
    if tasks:
        with FileJournal(paths.journal) as journal:
            for event in _retold(record, paths, tasks):
                journal.append(event)


def _retold(record: RunRecord, paths: RunPaths, tasks: list[TaskRecord]) -> Iterator[Event]:
    """The start of the run and the ends of its steps, each after its first attempt, as a journal would have them."""
    options = {
        "pipeline_root": str(paths.folder / "artifacts"),
        "failure_policy": record.options.get("failure_policy", "slow"),
        **({"workspace_path": str(paths.workspace)} if paths.workspace.is_dir() else {}),
    }
    yield RunStarted(record.created, record.run_id, record.arguments, options)
    for task in sorted(tasks, key=lambda task: task.ended or record.created):
        time = task.ended or record.created
        if not task.tries or task.is_group:
            continue
        if not task.cached:
            yield TaskStarted(task.started or time, task.path, 1, task.native_id)
        if task.state == "succeeded":
            yield TaskSucceeded(time, task.path, 1, task.left, task.cached)
        elif task.state == "skipped":
            yield TaskSkipped(time, task.path, 1, task.error or task.state)
        else:
            yield TaskFailed(time, task.path, 1, task.error or task.state, terminal=True)
