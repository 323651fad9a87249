"""Predicated execution: no condition is left to the platform, and every step that must not run says so itself."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfbridge import api, dsl
from kfbridge.findings import Level
from kfbridge.graph.model import Importer, Task
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites import Rewritten
from kfbridge.graph.rewrites.predicate import predicate
from kfbridge.runs.detail import read_detail
from kfbridge.runs.store import RunStore
from kfbridge.spec.predicate import unwrap
from kfbridge.spec.read import Document, from_data, read_file
from kfbridge.spec.validate import problems
from kfbridge.spec.write import write_yaml
from kfbridge.testing.cases import CASES
from kfbridge.testing.cases.steps import add, fail, number
from tests.conftest import corpus_files
from tests.engine.build import In, Out, dag, pipeline, step, task
from tests.engine.graphs import Sample, samples
from tests.graph.rewrites.branching import documents
from tests.graph.rewrites.pretend import (
    Played,
    Pretence,
    all_tasks,
    case_document,
    document_of,
    plain,
    play,
    well_formed,
)


def compiled(function: Any) -> Document:
    return from_data([one for one in dsl.pipeline(function).documents if one])


def conditions(document: Document) -> list[str]:
    """The tasks that still have a condition."""
    return [path for path, task in all_tasks(resolve(document)) if task.condition is not None]


def ended(played: Played, importers: set[str]) -> dict[str, str]:
    """How the steps ended that were not skipped; an importer brings its artifact in whatever a condition says."""
    return {key: state for key, state in played.states.items() if state != "skipped" and plain(key) not in importers}


def check(document: Document, seed: int) -> Rewritten:
    """Rewrite, run both with and without a step that fails, and compare."""
    before = document.to_data()
    rewritten = predicate(document)
    assert document.to_data() == before
    assert write_yaml(predicate(document).document.to_data()) == write_yaml(rewritten.document.to_data())
    well_formed(rewritten.document)
    assert [f"{one.path}: {one.reason}" for one in problems(rewritten.document)] == []
    refused = [finding for finding in rewritten.findings if finding.level is Level.REFUSED]
    assert refused or not conditions(rewritten.document)
    pretence = Pretence(resolve(document), seed)
    importers = {path for path, task in all_tasks(pretence.graph) if isinstance(task.component.body, Importer)}
    leaves = sorted(play(pretence).given)
    for broken in (set[str](), set(random.Random(seed).sample(leaves, min(1, len(leaves))))):
        pretence.broken = broken
        original, found = play(pretence), play(pretence, rewritten)
        assert found.world.ended == original.world.ended
        assert found.given == original.given
        assert found.begun == original.begun
        if not any(finding.level is Level.REWRITTEN for finding in rewritten.findings):
            assert ended(found, importers) == ended(original, importers)
        assert found.outputs.parameters == original.outputs.parameters
        assert found.outputs.artifacts == original.outputs.artifacts
    return rewritten


def test_a_step_under_conditions_gets_what_they_read() -> None:
    def nested() -> None:
        first = number(value=3)
        with dsl.If(first.output > 2):
            second = number(value=first.output)
            with dsl.If(second.output == 3):
                add(a=1)

    rewritten = check(compiled(nested), 0)
    tasks = dict(all_tasks(resolve(rewritten.document)))
    step = tasks["condition-1/condition-2/add"]
    assert sorted(step.component.inputs.parameters) == ["a", "b", "if-1", "if-1-2"]
    found = unwrap(step.component.body.command)  # type: ignore[union-attr]
    assert found is not None
    assert found.conditions.index('">"') < found.conditions.index('"=="'), "the outer condition is looked at first"
    assert {path: origin.path for path, origin in rewritten.origins.items()} == {path: path for path in tasks}


def loop_under_a_condition(**more: Any) -> Task:
    """Collects a list; it reads ``n``, and runs where that is 1."""
    body = dag(task("a", step({"x": int}, {"x": int}), {"x": In("item")}), inputs={"item": int}, outputs={"x": "a.x"})
    body.inputs.parameters["n"] = step({"n": int}).inputs.parameters["n"]  # type: ignore[index]
    return task("loop", body, condition="inputs.parameter_values['n'] == 1", loop=[1, 2], **more)


def test_what_follows_a_loop_under_a_condition_looks_at_the_condition_too() -> None:
    start = task("start", step(outputs={"x": int}))
    loop = loop_under_a_condition(parameters={"n": Out("start.x")})
    after = task("after", step({"l": list}, {"x": int}), {"l": Out("loop.x")})
    for seed in range(6):
        rewritten = check(document_of(pipeline(start, loop, after)), seed)
    assert not rewritten.findings
    assert "if-1" in dict(all_tasks(resolve(rewritten.document)))["after"].parameters


def test_a_list_that_leaves_the_group_around_its_condition_keeps_the_condition() -> None:
    start = task("start", step(outputs={"x": int}))
    group = dag(loop_under_a_condition(parameters={"n": In("n")}), inputs={"n": int}, outputs={"x": "loop.x"})
    after = task("after", step({"l": list}, {"x": int}), {"l": Out("group.x")})
    for seed in range(6):
        rewritten = check(document_of(pipeline(start, task("group", group, {"n": Out("start.x")}), after)), seed)
    (finding,) = rewritten.findings
    assert (finding.level, finding.task) == (Level.REFUSED, "group/loop")
    assert finding.reason == ("an output of the group around it would come from loop although the condition is false")


@dsl.container_component
def print_it(text: str):
    return dsl.ContainerSpec(image="alpine", command=["echo"], args=[text])


@dsl.container_component
def shell_step(text: str):
    return dsl.ContainerSpec(image="alpine", command=["sh", "-c", 'echo "$0"', text])


@dsl.container_component
def entrypoint():
    return dsl.ContainerSpec(image="alpine")


def under(value: Any, component: Any, **arguments: Any) -> Document:
    def pipeline() -> None:
        with dsl.If(value(number(value=1).output)):
            component(**arguments)

    return compiled(pipeline)


def test_a_shell_is_enough_for_simple_conditions() -> None:
    for seed in range(4):
        rewritten = check(under(lambda one: one == 1, shell_step, text="it's"), seed)
    assert not rewritten.findings
    command = resolve(rewritten.document).root.body.tasks["condition-1"]  # type: ignore[union-attr]
    step = command.component.body.tasks["shell-step"].component.body  # type: ignore[union-attr]
    assert step.command[:2] == ("sh", "-c")
    assert step.command[3:5] == ("{{$.outputs.output_file}}", "{{$.inputs.parameters['if-1']}}")


@pytest.mark.parametrize(
    ("component", "arguments", "reason"),
    [
        (print_it, {"text": "x"}, "print-it has a command that cannot look at the condition first: echo"),
        (
            entrypoint,
            {},
            "entrypoint runs the entrypoint of its image, which cannot be told to look at a condition first",
        ),
    ],
)
def test_what_cannot_look_keeps_its_condition(component: Any, arguments: Any, reason: str) -> None:
    rewritten = check(under(lambda one: one == 1, component, **arguments), 0)
    (finding,) = rewritten.findings
    assert (finding.level, finding.task, finding.reason) == (Level.REFUSED, "condition-1", reason)
    assert conditions(rewritten.document) == ["condition-1"]


def test_a_cache_key_of_the_users_own_does_not_hide_a_condition() -> None:
    def pipeline() -> None:
        with dsl.If(number(value=1).output == 1):
            add(a=1).set_caching_options(True, cache_key="mine")

    document = compiled(pipeline)
    assert dict(all_tasks(resolve(document)))["condition-1/add"].cache_key == "mine"
    task = dict(all_tasks(resolve(check(document, 0).document)))["condition-1/add"]
    assert (task.cache, task.cache_key) == (False, "")


@pytest.mark.parametrize("name", CASES)
def test_conformance_cases(name: str) -> None:
    check(case_document(name), 0)


@pytest.mark.corpus
@pytest.mark.parametrize(
    "path",
    corpus_files("valid", "argo_compatibility", "kubernetes"),
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_corpus(path: Path) -> None:
    check(read_file(path), 0)


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(documents(), st.integers(0, 1000))
def test_random_branches(document: Document, seed: int) -> None:
    assert not check(document, seed).findings


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(samples(), st.integers(0, 1000))
def test_random_pipelines(sample: Sample, seed: int) -> None:
    check(document_of(sample.graph), seed)


CONDITIONAL = sorted(name for name, case in CASES.items() if {"If", "OneOf"} & set(case.features) and case.runs == 1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*a condition compares with")
@pytest.mark.parametrize("name", CONDITIONAL)
def test_real_steps(name: str, tmp_path: Path) -> None:
    """The conformance cases with conditions end as they must when every step of them looks for itself."""
    case = CASES[name]
    rewritten = predicate(case_document(name))
    file = tmp_path / "rewritten.yaml"
    file.write_text(write_yaml(rewritten.document.to_data()), encoding="utf-8")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    runs = {"artifact_root": str(tmp_path / "runs"), "containers": "host"}
    status = api.run(file, case.bound(str(scratch)), settings=runs).wait()
    assert case.expected.differences(status) == []


@pytest.mark.slow
def test_the_command_alone_is_enough(tmp_path: Path) -> None:
    """Without kfbridge: python3, the command of the step, and an ExecutorInput."""
    rewritten = predicate(under(lambda one: one == 1, add, a=1))
    command = resolve(rewritten.document).root.body.tasks["condition-1"]  # type: ignore[union-attr]
    step = command.component.body.tasks["add"].component.body  # type: ignore[union-attr]
    for value, made in ((1, '"Output": 2'), (2, '{"kfbridge": {"skipped": "its condition is false"}}')):
        output = tmp_path / str(value) / "executor_output.json"
        task = (
            f'{{"inputs": {{"parameterValues": {{"a": 1, "b": 1, "if-1": {value}}}}}, '
            f'"outputs": {{"parameters": {{}}, "outputFile": "{output}"}}}}'
        )
        words = [task if word == "{{$}}" else word for word in (*step.command, *step.args)]
        subprocess.run([sys.executable, *words[1:]], check=True, env={"PATH": f"{Path(sys.executable).parent}"})
        assert made in output.read_text()


@pytest.mark.slow
def test_run_records_say_that_a_step_skipped_itself(tmp_path: Path) -> None:
    def pipeline() -> None:
        with dsl.If(number(value=1).output == 2):
            add(a=1)
        fail()

    rewritten = predicate(compiled(pipeline))
    file = tmp_path / "rewritten.yaml"
    file.write_text(write_yaml(rewritten.document.to_data()), encoding="utf-8")
    settings = {"artifact_root": str(tmp_path / "runs")}
    status = api.run(file, settings=settings).wait()
    assert {task.path: task.state for task in status.tasks} == {
        "number": "succeeded",
        "condition-1": "succeeded",
        "condition-1/add": "skipped",
        "fail": "failed",
    }
    detail = read_detail(RunStore(tmp_path / "runs"), status.run_id)
    (record,) = [task for task in detail.tasks if task.path == "condition-1/add"]
    assert (record.state, record.error, record.tries) == ("skipped", "its condition is false", 1)
    assert [attempt.state for attempt in record.attempts] == ["skipped"]
    assert list(api.logs(status.run_id, "add", settings=settings)) == [
        ("condition-1/add", "skipped: its condition is false")
    ]
    detail.paths.journal.unlink()
    again = api.resume(status.run_id, settings=settings).wait()
    attempts = {task.path: task.attempts for task in again.tasks}
    assert (attempts["condition-1/add"], attempts["fail"]) == (1, 2), "that it skipped itself is final"
