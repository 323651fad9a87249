"""A run that did not finish, as a pipeline of its own: no finished step runs twice, and the outcome is the same."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfbridge import api, dsl
from kfbridge.engine.events import Outputs, RunResumed
from kfbridge.engine.remainder import remainder
from kfbridge.engine.runner import TaskInvocation
from kfbridge.engine.scheduler import fold
from kfbridge.findings import Level
from kfbridge.graph.model import Importer, Trigger
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites import Rewritten
from kfbridge.graph.rewrites.resume import finished_tasks, resume
from kfbridge.runs.outputs import outputs_document
from kfbridge.spec.read import Document, from_data, read_file, read_text
from kfbridge.spec.validate import problems
from kfbridge.spec.write import write_yaml
from kfbridge.testing.cases import CASES
from kfbridge.testing.cases.steps import add, number, read, write
from tests.conftest import corpus_files
from tests.engine.fake import World, scripted
from tests.engine.graphs import Sample, samples
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

# Compiled by hand ------------------------------------------------------------------------------------


def compiled(function: Any) -> Document:
    return from_data([one for one in dsl.pipeline(function).documents if one])


def root_tasks(rewritten: Rewritten) -> dict[str, Any]:
    root = rewritten.document.to_data()[0]["root"]
    return dict(root["dag"].get("tasks") or {})


@dsl.component
def total(values: list) -> int:
    return sum(values)


def test_a_finished_step_becomes_a_constant() -> None:
    def pipeline() -> int:
        return add(a=number(value=1).output).output

    document = compiled(pipeline)
    before = document.to_data()
    rewritten = resume(document, {"number": {"Output": 2**60 + 1}})
    tasks = root_tasks(rewritten)
    assert list(tasks) == ["add"]
    assert tasks["add"]["inputs"]["parameters"]["a"] == {"runtimeValue": {"constant": 2**60 + 1}}
    assert "dependentTasks" not in tasks["add"]
    assert document.to_data() == before, "the argument of a rewrite stays what it was"
    text = write_yaml(rewritten.document.to_data())
    assert read_text(text).to_data() == rewritten.document.to_data(), "integers survive the file, too"
    assert write_yaml(resume(document, {"number": {"Output": 2**60 + 1}}).document.to_data()) == text


def test_a_finished_artifact_becomes_an_importer() -> None:
    def pipeline() -> str:
        return read(data=write(text="hello").outputs["data"]).output

    artifact = {"name": "data", "type": "system.Dataset", "uri": "gs://bucket/data", "metadata": {"length": 5}}
    rewritten = resume(compiled(pipeline), {"write": {"data": artifact}})
    tasks = root_tasks(rewritten)
    assert sorted(tasks) == ["read", "write-data"]
    assert tasks["read"]["dependentTasks"] == ["write-data"]
    graph = resolve(rewritten.document)
    importer = dict(all_tasks(graph))["write-data"].component.body
    assert isinstance(importer, Importer)
    assert importer.uri.source.value == "gs://bucket/data"  # type: ignore[union-attr]
    assert (importer.schema_title, importer.metadata) == ("system.Dataset", {"length": 5})
    assert rewritten.origins.keys() == {"read"}, "an importer stands for no task of the user's"


def test_an_output_of_the_pipeline_that_is_known_is_given_by_a_small_step() -> None:
    def pipeline() -> int:
        number(value=4)
        return add(a=1).output

    rewritten = resume(compiled(pipeline), {"add": {"Output": 2}})
    assert sorted(root_tasks(rewritten)) == ["number", "output-Output"]


def test_text_that_reads_like_a_placeholder_cannot_become_a_constant() -> None:
    @dsl.component
    def say(text: str) -> str:
        return text

    def pipeline() -> None:
        say(text=say(text="x").output)

    rewritten = resume(compiled(pipeline), {"say": {"Output": "{{$.pipeline_job_name}}"}})
    assert sorted(root_tasks(rewritten)) == ["say", "say-2"]
    (finding,) = rewritten.findings
    assert (finding.feature, finding.task, finding.level, finding.loss) == ("resume", "say", Level.REFUSED, True)
    assert finding.reason == "its output 'Output' reads like a placeholder"


def test_a_loop_of_which_iterations_ran_goes_on_with_the_others() -> None:
    def pipeline() -> int:
        with dsl.ParallelFor([1, 2, 3]) as item:
            doubled = add(a=item, b=item)
            more = add(a=doubled.output)
        return total(values=dsl.Collected(more.output)).output

    finished = {
        "for-loop-2[0]/add": {"Output": 2},
        "for-loop-2[0]/add-2": {"Output": 3},
        "for-loop-2[1]/add": {"Output": 4},
    }
    rewritten = remainder(compiled(pipeline), {}, finished)
    assert sorted(rewritten.document.pipeline.components or {}) != []
    keys = sorted(origin.key for origin in rewritten.origins.values())
    assert keys == [
        "for-loop-2[1]",
        "for-loop-2[1]/add-2",
        "for-loop-2[2]",
        "for-loop-2[2]/add",
        "for-loop-2[2]/add-2",
        "total",
    ]


def test_the_iterations_that_remain_keep_the_limit_of_their_loop() -> None:
    def pipeline() -> None:
        with dsl.ParallelFor([1, 2, 3, 4, 5], parallelism=2) as item:
            add(a=item)

    document = compiled(pipeline)
    rewritten = remainder(document, {}, {"for-loop-2[1]/add": {"Output": 3}})
    graph = resolve(rewritten.document)
    world = World(graph, scripted({"for-loop-2-0/add": "it broke"})).begin()
    most = 0
    while world.ended is None:
        most = max(most, len(world.running))
        world.finish(next(iter(world.running)))
    assert most == 2
    assert len(world.started) == 4, "one that fails keeps none of the others back"
    assert world.ended == "failed"


def test_what_a_finished_iteration_made_cannot_become_a_constant_if_it_reads_like_a_placeholder() -> None:
    @dsl.component
    def say(number: int) -> str:
        return str(number)

    @dsl.component
    def listen(texts: list[str]):
        pass

    def pipeline() -> None:
        with dsl.ParallelFor([1, 2]) as item:
            said = say(number=item)
        listen(texts=dsl.Collected(said.output))

    rewritten = remainder(compiled(pipeline), {}, {"for-loop-2[0]/say": {"Output": "{{$.pipeline_job_name}}"}})
    (finding,) = rewritten.findings
    assert (finding.task, finding.reason) == ("for-loop-2", "what a finished iteration made reads like a placeholder")


def test_a_condition_that_is_decided_takes_what_is_under_it_away() -> None:
    def pipeline() -> None:
        value = number(value=1)
        with dsl.If(value.output == 2):
            number(value=5)
        with dsl.Else():
            number(value=6)

    rewritten = remainder(compiled(pipeline), {}, {"number": {"Output": 1}})
    keys = {origin.key for origin in rewritten.origins.values()}
    assert "condition-branches-1/condition-3/number-3" in keys
    assert not any("condition-2" in key for key in keys)


def test_nothing_finished_leaves_the_pipeline_as_it_is() -> None:
    def pipeline() -> int:
        return number(value=1).output

    document = compiled(pipeline)
    assert resume(document, {}).document.to_data() == document.to_data()


# Everything that there is ----------------------------------------------------------------------------


def some(leaves: list[str], seed: int) -> set[str]:
    rng = random.Random(seed)
    return set(rng.sample(leaves, min(len(leaves), rng.randint(1, 2)))) if leaves else set()


def record(played: Played) -> dict[str, Mapping[str, Any]]:
    """The outputs of the steps that succeeded, as a run record has them."""
    views = played.world.scheduler.tasks()
    return {
        view.key: outputs_document(view.outputs) for view in views if view.state == "succeeded" and not view.is_group
    }


def resumed_in_place(pretence: Pretence, broken: Played) -> Played:
    """The same run, resumed by the engine where it began."""
    given: dict[str, Any] = {}

    def outcome(invocation: TaskInvocation) -> Outputs | str:
        given[invocation.key] = pretence.given(invocation.key, invocation)
        return pretence.outcome(invocation.key, invocation)

    world = World(pretence.graph, outcome)
    world.scheduler = fold(pretence.graph, broken.world.events)
    world.events = list(broken.world.events)
    world.tell(RunResumed(broken.world.now))
    world.run()
    states = {view.key: view.state for view in world.scheduler.tasks() if not view.is_group}
    return Played(world, given, states, {})


def artifacts_of(outputs: Outputs) -> dict[str, Any]:
    return {
        name: [(one.name, one.schema_title, one.uri, one.metadata) for one in found]
        for name, found in outputs.artifacts.items()
    }


def check(document: Document, seed: int, pretence: Pretence | None = None) -> Rewritten:
    """Break a run, finish it as a pipeline of its own, and compare with a resume where it began."""
    pretence = pretence or Pretence(resolve(document), seed)
    whole = play(pretence)
    pretence.broken = some(sorted(whole.given), seed)
    broken = play(pretence)
    pretence.broken = ()
    before = document.to_data()
    rewritten = remainder(document, pretence.arguments(), record(broken))
    assert document.to_data() == before
    well_formed(rewritten.document)
    assert [f"{one.path}: {one.reason}" for one in problems(rewritten.document)] == []
    rest, expected = play(pretence, rewritten), resumed_in_place(pretence, broken)
    assert rest.world.ended == expected.world.ended
    if expected.world.ended == "succeeded":
        assert rest.outputs.parameters == expected.outputs.parameters
        assert artifacts_of(rest.outputs) == artifacts_of(expected.outputs)
    if not any(finding.level is Level.REFUSED for finding in rewritten.findings):
        assert rest.given == expected.given, "the same steps run, none of them twice, and are given the same"
    if not tolerant_ended(pretence, broken):
        assert rest.world.ended == whole.world.ended
        if whole.world.ended == "succeeded":
            assert rest.outputs.parameters == whole.outputs.parameters
    return rewritten


def tolerant_ended(pretence: Pretence, broken: Played) -> bool:
    """Whether a task that runs after failures, too, has seen one and is done: what it made is final."""
    tolerant = {path for path, task in all_tasks(pretence.graph) if task.trigger is Trigger.UPSTREAM_COMPLETED}
    return any(plain(key).startswith(tuple(tolerant)) for key in broken.succeeded) if tolerant else False


@pytest.mark.parametrize("name", CASES)
def test_conformance_cases(name: str) -> None:
    for seed in range(2):
        check(case_document(name), seed)


@pytest.mark.corpus
@pytest.mark.parametrize(
    "path",
    corpus_files("valid", "argo_compatibility", "kubernetes"),
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_corpus(path: Path) -> None:
    for seed in range(2):
        check(read_file(path), seed)


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(samples(), st.integers(0, 1000))
def test_random_pipelines(sample: Sample, seed: int) -> None:
    document = document_of(sample.graph)
    pretence = Pretence(resolve(document), seed)
    check(document, seed, pretence)


# Real steps ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_that_failed_is_finished_elsewhere(tmp_path: Path) -> None:
    """Run, let a step fail, take the record, rewrite, take the fault away, run the rest in another place."""
    log, fault = tmp_path / "log.txt", tmp_path / "fault"

    @dsl.component
    def tell(text: str, log: str) -> str:
        from pathlib import Path

        with Path(log).open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        return text

    @dsl.component
    def measure(item: int, log: str, fault: str) -> int:
        from pathlib import Path

        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"measure {item}\n")
        if item == 2 and Path(fault).exists():
            raise RuntimeError("the fault")
        return item * 10**18

    @dsl.pipeline
    def whole(log: str, fault: str) -> str:
        first = tell(text="first", log=log)
        data = write(text=first.output)
        with dsl.ParallelFor([1, 2, 3]) as item:
            measured = measure(item=item, log=log, fault=fault)
        with dsl.If(first.output == "first"):
            tell(text="under a condition", log=log)
        summed = total(values=dsl.Collected(measured.output))
        last = tell(text=f"{summed.output}", log=log)
        read(data=data.outputs["data"]).after(last)
        return last.output

    arguments = {"log": str(log), "fault": str(fault)}
    uninterrupted = api.run(whole, arguments, settings={"artifact_root": str(tmp_path / "a"), "cache": False}).wait()
    assert uninterrupted.state == "succeeded"
    steps = sorted(log.read_text().splitlines())
    log.write_text("")
    fault.touch()
    broken = api.run(whole, arguments, settings={"artifact_root": str(tmp_path / "b"), "cache": False}).wait()
    assert broken.state == "failed"
    fault.unlink()
    document = from_data([one for one in whole.documents if one])
    finished = finished_tasks(task for task in broken.tasks if not task.group)
    rewritten = remainder(document, arguments, finished)
    file = tmp_path / "rest.yaml"
    file.write_text(write_yaml(rewritten.document.to_data()), encoding="utf-8")
    rest = api.run(file, arguments, settings={"artifact_root": str(tmp_path / "c"), "cache": False}).wait()
    assert rest.state == "succeeded", rest.error
    assert rest.outputs == uninterrupted.outputs == {"Output": str(6 * 10**18)}
    assert sorted(log.read_text().splitlines()) == sorted([*steps, "measure 2"]), "the step that failed ran twice"
    assert next(task for task in rest.tasks if task.name == "read").outputs == {"Output": "first"}
