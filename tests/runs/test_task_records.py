"""The document that each task leaves: written whole, and telling the same as the journal."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from kfbridge import api
from kfbridge.engine.journal import read_journal
from kfbridge.errors import RunError
from kfbridge.runs.account import CUT_OFF, tell
from kfbridge.runs.detail import RunDetail, read_detail, recorded_tasks
from kfbridge.runs.paths import RunPaths, record_name
from kfbridge.runs.store import RunStore
from kfbridge.runs.task import AttemptRecord, TaskRecord, parse_task, read_tasks, task_document, write_task
from tests.cli.kfbridge_process import Project, states, wait_for

TASK = TaskRecord(
    run_id="iris-1",
    path="loop[3]/train",
    name="train",
    display_name="Train",
    kind="leaf",
    state="succeeded",
    order=(0, 3, 1),
    started=1.5,
    ended=2.5,
    inputs={"parameters": {"big": 2**70, "text": "é\ud800 </script>", "none": None}},
    attempts=(AttemptRecord(1, "failed", 1.0, 1.2, "it broke", 3), AttemptRecord(2, "succeeded", 1.5, 2.5)),
    tries=2,
)

WORK = """
    @dsl.component
    def add(a: int, b: int) -> int:
        print(f"adding {a} and {b}")
        return a + b

    @dsl.component
    def fragile(n: int, marks: str) -> int:
        import os
        if n == 2 and not os.path.exists(marks):
            open(marks, "w").close()
            raise ValueError("not at first")
        return n

    @dsl.component
    def gate(n: int, folder: str) -> int:
        import os
        open(f"{folder}/gate", "a").write("x")
        if not os.path.exists(f"{folder}/open"):
            raise ValueError("the gate is shut")
        return n

    @dsl.pipeline(name="work")
    def work(folder: str, n: int = 2) -> int:
        first = add(a=n, b=1)
        with dsl.ParallelFor([1, 2, 3]) as item:
            tried = fragile(n=item, marks=f"{folder}/marks").set_retry(1)
            with dsl.If(tried.output > 2):
                add(a=tried.output, b=first.output)
        return gate(n=first.output, folder=folder).set_caching_options(False).output
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def run(project: Project, code: int = 0) -> RunDetail:
    words = ["run", project.write(WORK), "-p", f"folder={project.folder}", "--run-id", "work-1"]
    project.call(*words, code=code)
    return read_detail(RunStore(project.runs), "work-1")


def test_a_task_document_reads_back_equal_and_may_hold_more() -> None:
    text = json.dumps(task_document(TASK))
    assert parse_task(text) == TASK
    assert parse_task(json.dumps({**json.loads(text), "from_the_future": 1})) == TASK


def test_a_document_of_a_newer_form_is_refused_with_the_reason(tmp_path: Path) -> None:
    write_task(RunPaths(tmp_path), replace(TASK, schema=2))
    with pytest.raises(RunError, match=r"it has the schema 2, and this version of kfbridge reads 1 at most"):
        read_tasks(RunPaths(tmp_path))


def test_a_document_of_an_older_version_lacks_what_came_later() -> None:
    old = {"run_id": "a", "path": "b", "name": "b", "display_name": "b", "kind": "leaf", "state": "succeeded"}
    assert parse_task(json.dumps(old)).attempts == ()


def test_what_a_crash_left_half_written_is_not_read(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    write_task(paths, TASK)
    (paths.task_records / f".{record_name('other')}").write_text('{"run_id": "ir')
    assert read_tasks(paths) == [TASK]


def test_each_task_has_a_file_of_its_own_whatever_its_name() -> None:
    keys = ["a", "a/b", "a+b", "a[1]", "a@1", "a[1]/b", "../a", "/".join(["deep"] * 90), "/".join(["deep"] * 91)]
    names = [record_name(key) for key in keys]
    assert len(set(names)) == len(keys)
    assert all(os.path.basename(name) == name and len(name) < 240 for name in names)  # noqa: PTH119


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write")
def test_a_folder_that_cannot_be_written_is_named_with_the_remedy() -> None:
    with pytest.raises(RunError, match=r"cannot be written: .*\n?.*kfbridge resume RUN"):
        write_task(RunPaths(Path("/proc/self/nowhere")), TASK)


def test_a_step_leaves_inputs_outputs_attempts_and_the_place_of_its_log(project: Project) -> None:
    (project.folder / "open").touch()
    detail = run(project)
    tasks = {task.path: task for task in detail.tasks}
    tried = tasks["for-loop-2[1]/fragile"]
    assert tried.inputs["parameters"].items() >= {"n": 2, "marks": f"{project.folder}/marks"}.items()
    assert tried.outputs["parameters"] == {"Output": 2}
    assert [(one.state, one.code) for one in tried.attempts] == [("failed", 1), ("succeeded", None)]
    assert "ValueError: not at first" in (tried.attempts[0].error or "")
    assert (detail.paths.folder / tried.attempts[0].log).read_text().rstrip().endswith("ValueError: not at first")
    assert tried.machine
    skipped = tasks["for-loop-2[0]/condition-3"]
    assert (skipped.state, skipped.machine, skipped.attempts) == ("skipped", "", ())
    assert "its condition is false" in (skipped.error or "")
    assert tasks["for-loop-2[2]"].inputs == {"parameters": {"pipelinechannel--loop-item-param-1": 3}}


def test_the_run_says_what_it_was_made_of(project: Project) -> None:
    (project.folder / "open").touch()
    record = run(project).record
    assert record.kfbridge
    assert record.python
    assert len(record.spec_sha256) == 64
    assert record.tasks == {"succeeded": 6}
    assert record.instances == len(list((project.runs / "work-1" / "records").iterdir()))


def test_the_documents_tell_what_the_journal_tells(project: Project) -> None:
    detail = run(project, code=1)
    events = read_journal(detail.paths.journal)
    assert [without_place(task) for task in tell(detail.graph, events, detail.record)] == [
        without_place(task) for task in detail.tasks
    ]


def without_place(task: TaskRecord) -> TaskRecord:
    return replace(task, machine="")


def test_the_status_is_the_same_with_and_without_documents(project: Project) -> None:
    run(project, code=1)
    told = project.json("status", "work-1")
    for path in (project.runs / "work-1" / "records").iterdir():
        path.unlink()
    assert project.json("status", "work-1") == told


def test_status_and_logs_read_the_documents_where_there_is_no_journal(project: Project) -> None:
    (project.folder / "open").touch()
    run(project)
    told, lines = project.json("status", "work-1"), project.json("logs", "work-1", "add")
    (project.runs / "work-1" / "journal.jsonl").unlink()
    assert project.json("status", "work-1") == told
    assert project.json("logs", "work-1", "add") == lines
    assert {"task": "add", "line": "adding 2 and 1"} in lines["lines"]


def test_a_resumed_run_keeps_what_it_has_without_a_journal_too(project: Project) -> None:
    before = run(project, code=1)
    (project.runs / "work-1" / "journal.jsonl").unlink()
    (project.folder / "open").touch()
    resumed = project.json("resume", "work-1")
    assert resumed["state"] == "succeeded"
    assert resumed["outputs"] == {"Output": 3}
    ran_again = {
        task["path"]
        for task, old in zip(resumed["tasks"], before.tasks, strict=True)
        if task["started"] != old.started and not old.is_group
    }
    assert ran_again == {"gate"}
    assert (project.folder / "gate").read_text() == "xx"
    assert project.json("status", "work-1") == resumed


def test_a_resumed_run_writes_the_documents_anew(project: Project) -> None:
    run(project, code=1)
    stale = project.runs / "work-1" / "records" / record_name("gone/since")
    stale.write_text("{}")
    (project.folder / "open").touch()
    resumed = project.json("resume", "work-1")
    detail = read_detail(RunStore(project.runs), "work-1")
    assert recorded_tasks(detail.record, detail.paths) == list(detail.tasks)
    assert not stale.exists()
    gate = next(task for task in detail.tasks if task.path == "gate")
    assert [one.state for one in gate.attempts] == ["failed", "succeeded"]
    assert states(resumed)["gate"] == "succeeded"


def test_a_broken_document_is_made_up_for_by_the_journal(project: Project) -> None:
    run(project, code=1)
    told = project.json("status", "work-1")
    (project.runs / "work-1" / "records" / "add.json").write_text('{"run_id": ')
    assert project.json("status", "work-1") == told


WAITING = """
    @dsl.component
    def first() -> int:
        return 1

    @dsl.component
    def waits(n: int, folder: str) -> int:
        import os, time
        while not os.path.exists(f"{folder}/open"):
            time.sleep(0.02)
        return n

    @dsl.pipeline(name="waiting")
    def waiting(folder: str) -> int:
        return waits(n=first().output, folder=folder).output
"""


def test_a_run_that_goes_on_is_told_as_far_as_it_is(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    run = api.run(project.write(WAITING), {"folder": str(project.folder)})

    def second_task_runs() -> RunDetail | None:
        detail = api.detail(run.run_id)
        return detail if [task.state for task in detail.tasks] == ["succeeded", "running"] else None

    try:
        detail: RunDetail = wait_for(second_task_runs)
        assert detail.record.state == "running"
        assert recorded_tasks(detail.record, detail.paths) is None
        assert detail.tasks[1].inputs["parameters"]["n"] == 1
        assert [attempt.state for attempt in detail.tasks[1].attempts] == ["running"]
        assert [task.path for task in read_tasks(detail.paths)] == ["first"]
    finally:
        (project.folder / "open").touch()
        run.wait()
    assert [task.state for task in api.detail(run.run_id).tasks] == ["succeeded", "succeeded"]


def test_what_was_cut_off_is_told_once_the_run_is_resumed_or_looked_at(project: Project) -> None:
    project.write(WAITING)
    process = project.start("run", "pipeline.py", "-p", f"folder={project.folder}", "--run-id", "cut")
    journal = project.runs / "cut" / "journal.jsonl"
    wait_for(lambda: journal.exists() and journal.read_text().count('"task_started"') >= 3)
    process.kill()
    process.communicate()
    detail = read_detail(RunStore(project.runs), "cut")
    assert detail.record.state == "failed"
    assert [(task.state, task.error) for task in detail.tasks] == [("succeeded", None), ("cancelled", CUT_OFF)]
    (project.folder / "open").touch()
    project.call("resume", "cut")
    detail = read_detail(RunStore(project.runs), "cut")
    assert [attempt.state for attempt in detail.tasks[1].attempts] == ["lost", "succeeded"]
