"""What a witness is told of each task instance that ends: the stuff of run records."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from kfbridge.engine.ending import Ending
from kfbridge.engine.events import RunResumed
from kfbridge.engine.scheduler import fold
from tests.engine.build import In, Out, dag, pipeline, step, task
from tests.engine.fake import World, scripted
from tests.engine.graphs import Sample, samples
from tests.engine.test_meaning import SETTINGS, run_in_any_order, world_of

DOUBLE = step({"n": int, "by": int}, {"n": int})
BODY = dag(
    task("double", DOUBLE, {"n": In("item"), "by": In("by")}),
    inputs={"item": int, "by": int},
    outputs={"n": "double.n"},
)


def witnessed(world: World) -> list[Ending]:
    told: list[Ending] = []
    world.scheduler.witness = told.append
    return told


def test_an_ending_has_the_inputs_and_the_place_in_the_run() -> None:
    graph = pipeline(task("loop", BODY, {"by": 2}, loop=[5, 6]), task("sum", step({"ns": list}), {"ns": Out("loop.n")}))
    world = World(graph, scripted({"double": lambda n, by: {"n": n * by}}))
    told = witnessed(world)
    world.run()
    ends = {one.view.key: one for one in told}
    assert ends["loop[1]/double"].inputs.parameters == {"n": 6, "by": 2}
    assert ends["loop[1]/double"].view.outputs.parameters == {"n": 12}
    assert (ends["loop[1]/double"].component, ends["loop[1]/double"].image) == ("comp-step", "image")
    assert ends["loop[1]"].inputs.parameters == {"item": 6}, "what all iterations share is the loop's"
    assert ends["loop"].inputs.parameters == {"by": 2}
    assert ends["sum"].inputs.parameters == {"ns": [10, 12]}
    assert [(one.view.key, one.order) for one in sorted(told, key=lambda one: one.order)] == [
        ("loop", (0,)),
        ("loop[0]", (0, 0)),
        ("loop[0]/double", (0, 0, 0)),
        ("loop[1]", (0, 1)),
        ("loop[1]/double", (0, 1, 0)),
        ("sum", (1,)),
    ]


def test_a_skipped_task_ends_without_inputs_and_says_why() -> None:
    graph = pipeline(task("a", step()), task("b", step(), after=("a",)))
    world = World(graph, scripted({"a": "it broke"}))
    told = witnessed(world)
    world.run()
    assert [(one.view.key, one.view.state, one.view.reason) for one in told] == [
        ("a", "failed", "it broke"),
        ("b", "skipped", "a failed"),
    ]


@SETTINGS
@given(samples(dag_retries=True), st.randoms(use_true_random=False))
def test_the_last_ending_of_each_instance_is_how_it_stands(sample: Sample, random: Random) -> None:
    world = world_of(sample)
    told = witnessed(world)
    world.begin(n=2)
    run_in_any_order(world, random)
    last = {one.view.key: one for one in told}
    tasks = world.scheduler.tasks()
    assert [last[view.key].view for view in tasks] == tasks
    assert [view.key for view in tasks] == sorted((view.key for view in tasks), key=lambda key: last[key].order)
    assert world.scheduler.unfinished() == []


@settings(SETTINGS, max_examples=20)
@given(samples(), st.randoms(use_true_random=False), st.integers(1, 40))
def test_a_resumed_run_tells_of_all_that_ended(sample: Sample, random: Random, position: int) -> None:
    world = world_of(sample)
    world.begin(n=2)
    run_in_any_order(world, random)
    kept = world.events[: 1 + position % len(world.events)]
    again = world_of(sample)
    again.scheduler = fold(sample.graph, kept)
    again.forgetful = True
    told = witnessed(again)
    again.tell(RunResumed(world.now))
    ended = {one.view.key for one in told}
    left = [one.view.key for one in again.scheduler.unfinished()]
    assert [view.key for view in again.scheduler.tasks() if view.key not in ended] == left
    run_in_any_order(again, random)
    last = {one.view.key: one.view for one in told}
    assert [last[view.key] for view in again.scheduler.tasks()] == again.scheduler.tasks()
