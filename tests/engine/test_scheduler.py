from __future__ import annotations

import pytest

from kfbridge.errors import RefusedError
from kfbridge.graph.model import Graph
from tests.engine.build import In, Out, dag, pipeline, step, task
from tests.engine.fake import World, scripted

MAKE = step(outputs={"x": int})
USE = step({"x": int}, {"y": str})
ANY = step()


def test_a_task_starts_when_its_producers_have_succeeded() -> None:
    world = World(pipeline(task("a", MAKE), task("b", USE, {"x": Out("a.x")}), task("c", ANY, after=("b",)))).begin()
    assert world.started == ["a#1"]
    world.finish("a")
    assert world.started == ["a#1", "b#1"]
    world.run()
    assert world.states() == {"a": "succeeded", "b": "succeeded", "c": "succeeded"}
    assert world.ended == "succeeded"
    assert world.given("b") == {"x": 1}


def test_independent_tasks_start_at_once_in_the_order_of_the_dag() -> None:
    world = World(pipeline(task("c", ANY), task("a", ANY), task("b", ANY))).begin()
    assert world.started == ["c#1", "a#1", "b#1"]


def test_a_failure_keeps_from_running_what_relies_on_it_and_nothing_else() -> None:
    graph = pipeline(
        task("a", MAKE),
        task("b", USE, {"x": Out("a.x")}),
        task("c", ANY, after=("b",)),
        task("other", ANY),
        task("last", ANY, after=("other",)),
    )
    world = World(graph, scripted({"a": "it broke"})).run()
    assert world.ended == "failed"
    assert world.states() == {"a": "failed", "b": "skipped", "c": "skipped", "other": "succeeded", "last": "succeeded"}
    assert world.reason("b") == "a failed"
    assert world.reason("c") == "b was kept from running"
    assert world.scheduler.reason == "a: it broke"


def test_with_the_fast_policy_nothing_starts_after_a_failure() -> None:
    graph = pipeline(task("a", ANY), task("other", ANY), task("last", ANY, after=("other",)))
    world = World(graph, scripted({"a": "it broke"}), failure_policy="fast").run()
    assert world.states() == {"a": "failed", "other": "succeeded", "last": "skipped"}
    assert world.reason("last") == "a failed, and the failure policy is fast"
    assert world.ended == "failed"


def test_a_nested_dag_gives_its_outputs_to_the_dag_around() -> None:
    inner = dag(task("make", MAKE), task("use", USE, {"x": In("n")}), inputs={"n": int}, outputs={"out": "use.y"})
    graph = pipeline(
        task("inner", inner, {"n": In("n")}), task("z", step({"y": str}), {"y": Out("inner.out")}), inputs={"n": int}
    )
    world = World(graph).run(n=3)
    assert world.given("inner/use") == {"x": 3}
    assert world.given("z") == {"y": "inner/use"}


def test_an_empty_pipeline_succeeds_at_once() -> None:
    assert World(pipeline()).begin().ended == "succeeded"


def test_a_pipeline_that_is_a_single_component_is_refused() -> None:
    with pytest.raises(RefusedError, match="the root of 'p' is a single component, not a pipeline"):
        World(Graph("p", ANY))
