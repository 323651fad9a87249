"""Pipelines as components of pipelines."""

from __future__ import annotations

from kfbridge import dsl
from kfbridge.dsl import Dataset
from kfbridge.dsl.names import UniqueNames
from tests.dsl.components import add, echo, make, nothing, read


@dsl.pipeline(name="inner", display_name="Inner")
def inner(a: int, label: str = "x") -> int:
    first = add(a=a)
    return add(a=first.output).output


def test_components_and_executors_of_an_inner_pipeline_get_free_names(compiled) -> None:
    def function():
        add(a=1)
        inner(a=2)

    spec = compiled(function)
    components = spec["components"]
    tasks = components["comp-inner"]["dag"]["tasks"]
    names = [tasks[name]["componentRef"]["name"] for name in ("add", "add-2")]
    assert names == ["comp-add-3", "comp-add-2"]
    labels = [components[name]["executorLabel"] for name in ("comp-add", *names)]
    assert len(set(labels)) == 3
    assert set(labels) == set(spec["deploymentSpec"]["executors"])


def test_an_inner_pipeline_is_not_changed_by_its_use(compiled) -> None:
    before = str(inner.documents)

    def function():
        add(a=inner(a=1).output)
        inner(a=2)

    compiled(function)
    assert str(inner.documents) == before


def test_lists_of_artifacts_come_out_of_an_inner_pipeline_and_are_looped_over(compiled) -> None:
    @dsl.pipeline(name="parts")
    def parts() -> list[Dataset]:
        with dsl.ParallelFor([1, 2]) as rows:
            part = make(rows=rows)
        return dsl.Collected(part.output)

    def function():
        with dsl.ParallelFor(parts().output) as part:
            read(data=part)

    task = compiled(function)["root"]["dag"]["tasks"]["for-loop-1"]
    assert task["artifactIterator"] == {
        "items": {"inputArtifact": "pipelinechannel--parts-Output"},
        "itemInput": "pipelinechannel--parts-Output-loop-item",
    }


def test_a_pipeline_may_be_the_exit_task(compiled) -> None:
    @dsl.pipeline(name="clean")
    def clean(text: str = "x"):
        echo(text=text)

    def function():
        with dsl.ExitHandler(clean(text="done")):
            nothing()

    task = compiled(function)["root"]["dag"]["tasks"]["clean"]
    assert task["dependentTasks"] == ["exit-handler-1"]
    assert task["componentRef"] == {"name": "comp-clean"}


def test_a_pipeline_may_be_made_while_another_is_traced(compiled) -> None:
    def function():
        nothing()

        @dsl.pipeline(name="local")
        def local():
            echo(text="x")

        local()

    assert sorted(compiled(function)["root"]["dag"]["tasks"]) == ["local", "nothing"]


def test_naming_a_task_takes_the_same_effort_however_many_there_are() -> None:
    class Counting(set):
        looked = 0

        def __contains__(self, name: object) -> bool:
            Counting.looked += 1
            return super().__contains__(name)

    names = UniqueNames()
    names._taken = Counting()
    for _ in range(10_000):
        names.take("task")
    assert names.take("task") == "task-10001"
    assert Counting.looked < 50_000


def test_a_thousand_uses_of_an_inner_pipeline_get_names_in_one_pass() -> None:
    from kfbridge.dsl.lowering.merging import Registry

    registry = Registry()
    pipeline, platform = inner.documents
    for _ in range(1_000):
        registry.add_pipeline(pipeline, platform)
    assert len(registry.components) == len(registry.executors) == 2_000
    used = {component["executorLabel"] for component in registry.components.values()}
    assert used == set(registry.executors)
