"""Retries, lost attempts, cancelling, resuming."""

from __future__ import annotations

from kfbridge.engine.events import Outputs, RunResumed, TaskFailed, TaskLost, TaskStarted, TaskSucceeded
from kfbridge.engine.flow import MAX_LOSSES
from kfbridge.engine.scheduler import fold
from kfbridge.graph.model import Graph, Retry
from tests.engine.build import In, Out, dag, pipeline, step, task
from tests.engine.fake import World, scripted

MAKE = step(outputs={"x": int})
USE = step({"x": int})


def resumed(graph: Graph, events: list, outcome=None) -> World:
    """A new world that goes on from these events."""
    world = World(graph, outcome)
    world.scheduler = fold(graph, events)
    world.events = list(events)
    world.forgetful = True
    world.tell(RunResumed(2000.0))
    return world


def test_a_failed_attempt_is_tried_again_after_the_backoff() -> None:
    graph = pipeline(task("a", MAKE, retry=Retry(3, backoff=10, factor=2, max_backoff=15)))
    world = World(graph, scripted({"a": ["one", "two", "three", None]})).begin()
    world.finish("a")
    assert world.wakes == [1011.0]
    assert world.states() == {"a": "pending"}
    assert world.reason("a") == "one"
    world.pass_time()
    world.finish("a")
    assert world.wakes == [1012.0 + 20 - 5]  # not more than max_backoff
    world.run()
    assert world.started == ["a#1", "a#2", "a#3", "a#4"]
    assert world.ended == "succeeded"


def test_when_all_tries_failed_the_last_reason_counts() -> None:
    world = World(pipeline(task("a", MAKE, retry=Retry(1))), scripted({"a": ["one", "two"]})).run()
    assert world.ended == "failed"
    assert world.reason("a") == "two"


def test_what_retrying_cannot_help_is_not_retried() -> None:
    world = World(pipeline(task("a", MAKE, retry=Retry(5)))).begin()
    world.tell(TaskFailed(world.now, "a", 1, "no such image", terminal=True))
    assert world.ended == "failed"


def test_a_wrong_output_is_a_failed_attempt() -> None:
    graph = pipeline(task("a", MAKE, retry=Retry(1)), outputs={"x": "a.x"})
    world = World(graph, scripted({"a": [{"x": "many"}, {"x": 7}]})).run()
    assert world.started == ["a#1", "a#2"]
    assert world.scheduler.outputs().parameters == {"x": 7}


def test_a_dag_is_tried_again_as_a_whole() -> None:
    body = dag(task("a", MAKE), task("b", USE, {"x": Out("a.x")}))
    world = World(pipeline(task("d", body, retry=Retry(1))), scripted({"b": ["it broke", None]})).run()
    assert world.ended == "succeeded"
    assert world.started == ["d/a#1", "d/b#1", "d/a#2", "d/b#2"]


def test_with_the_fast_policy_a_failure_in_a_dag_that_is_tried_again_stops_nothing() -> None:
    graph = pipeline(task("d", dag(task("a", MAKE)), retry=Retry(1)), task("b", MAKE), task("c", step(), after=("b",)))
    world = World(graph, scripted({"a": ["it broke", None]}), failure_policy="fast").run()
    assert world.ended == "succeeded"
    world = World(graph, scripted({"a": "it broke"}), failure_policy="fast").begin()
    world.finish("d/a")
    world.finish("d/a")
    assert world.run().states()["c"] == "skipped", "once the dag has failed for good"


def test_each_iteration_of_a_loop_has_its_own_tries() -> None:
    body = dag(task("a", MAKE), inputs={"item": int})
    world = World(
        pipeline(task("d", body, loop=[1, 2], retry=Retry(1))), scripted({"d[1]/a": ["it broke", None]})
    ).run()
    assert world.started == ["d[0]/a#1", "d[1]/a#1", "d[1]/a#2"]
    assert world.ended == "succeeded"


def test_a_lost_attempt_does_not_count() -> None:
    world = World(pipeline(task("a", MAKE))).begin()
    world.tell(TaskLost(world.now, "a", 1, "the machine died"))
    assert world.started == ["a#1", "a#2"]
    assert world.run().ended == "succeeded"


def test_a_task_that_is_lost_again_and_again_fails() -> None:
    world = World(pipeline(task("a", MAKE))).begin()
    for attempt in range(1, MAX_LOSSES + 1):
        world.tell(TaskLost(world.now, "a", attempt, "the machine died"))
    assert world.ended == "failed"
    assert world.reason("a") == "it was lost 10 times, the last time because the machine died"


def test_events_of_earlier_attempts_change_nothing() -> None:
    world = World(pipeline(task("a", MAKE))).begin()
    world.tell(TaskLost(world.now, "a", 1, "the machine died"))
    world.tell(TaskSucceeded(world.now, "a", 1, Outputs({"x": 9})))
    world.tell(TaskFailed(world.now, "a", 1, "late"))
    world.tell(TaskStarted(world.now, "nobody", 1))
    assert world.states() == {"a": "running"}


def test_cancelling_ends_what_runs_and_starts_nothing() -> None:
    graph = pipeline(
        task("a", MAKE),
        task("b", USE, {"x": Out("a.x")}),
        task("exit", step(), after=("a",), always=True),
        task("c", MAKE),
    )
    world = World(graph, scripted({"a": "killed"})).begin()
    world.cancel()
    world.cancel()
    assert world.cancelled == ["a", "c"]
    world.finish("a")
    world.finish("c")
    assert world.ended == "cancelled"
    assert world.states() == {"a": "cancelled", "b": "cancelled", "exit": "cancelled", "c": "succeeded"}


def test_cancelling_ends_waits_and_what_is_queued() -> None:
    body = dag(task("x", MAKE), inputs={"item": int})
    graph = pipeline(
        task("a", MAKE, retry=Retry(1, backoff=60)),
        task("loop", body, loop=[1, 2], parallelism=1),
    )
    world = World(graph, scripted({"a": "it broke"})).begin()
    world.finish("a")
    world.cancel()
    world.finish("loop[0]/x")
    assert world.ended == "cancelled"
    assert world.states() == {"a": "cancelled", "loop": "cancelled", "loop[0]": "succeeded", "loop[0]/x": "succeeded"}


def test_a_resume_keeps_successes_and_decides_the_rest_anew() -> None:
    graph = pipeline(task("a", MAKE), task("b", USE, {"x": Out("a.x")}), task("c", step(), after=("b",)))
    first = World(graph, scripted({"b": "it broke"})).run()
    world = resumed(graph, first.events).run()
    assert world.started == ["b#2", "c#1"]
    assert world.ended == "succeeded"
    assert {view.key: view.attempts for view in world.scheduler.tasks()} == {"a": 1, "b": 2, "c": 1}
    assert world.scheduler.tasks()[0].ended == first.scheduler.tasks()[0].ended


def test_a_resume_after_cancelling_finishes_the_run() -> None:
    graph = pipeline(task("a", MAKE), task("b", USE, {"x": Out("a.x")}))
    first = World(graph, scripted({"a": "killed"})).begin()
    first.cancel()
    first.finish("a")
    assert resumed(graph, first.events).run().ended == "succeeded"


def test_a_resume_loses_what_ran_unless_it_is_taken_up() -> None:
    graph = pipeline(task("a", MAKE))
    events = World(graph).begin().events
    assert resumed(graph, events).started == ["a#2"]
    world = World(graph)
    world.scheduler = fold(graph, events)
    world.tell(RunResumed(2000.0))
    assert world.started == ["a#1"]


def test_an_attempt_that_ends_before_its_turn_comes_again_counts() -> None:
    graph = pipeline(task("loop", step({"n": int}, {"x": int}), loop=[1, 2], item="n", parallelism=1))
    first = World(graph, scripted({"loop[0]": "it broke"})).begin()
    first.finish("loop[0]")
    world = World(graph)
    world.scheduler = fold(graph, first.events)
    world.events = list(first.events)
    world.tell(RunResumed(2000.0))
    world.tell(TaskSucceeded(2001.0, "loop[1]", 1, Outputs({"x": 5})))
    world.run()
    assert world.started == ["loop[0]#2"]
    assert world.ended == "succeeded"


def test_a_resume_of_a_run_that_succeeded_only_says_so() -> None:
    graph = pipeline(task("a", MAKE), outputs={"x": "a.x"})
    world = resumed(graph, World(graph).run().events)
    assert world.started == []
    assert world.ended == "succeeded"
    assert world.scheduler.outputs().parameters == {"x": 1}


def test_a_dag_that_is_tried_again_does_not_reuse_successes_after_a_resume() -> None:
    body = dag(task("a", MAKE), task("b", USE, {"x": Out("a.x")}))
    graph = pipeline(task("d", body, retry=Retry(1)))
    first = World(graph, scripted({"b": ["it broke", None]})).begin()
    first.finish("d/a")
    first.finish("d/b")
    assert first.started[-1] == "d/a#2"
    world = resumed(graph, first.events).run()
    assert world.started == ["d/a#3", "d/b#2"]


def test_deep_nesting_and_long_chains_need_no_stack() -> None:
    component = dag(task("leaf", MAKE))
    for _ in range(1500):
        component = dag(task("d", component))
    chain = [task(f"t{i}", step(), after=(f"t{i - 1}",) if i else ()) for i in range(3000)]
    world = World(pipeline(task("d", component), *chain), scripted({"t0": "it broke"})).run()
    assert len(world.states()) == 1 + 1501 + 3000
    assert world.states()["t2999"] == "skipped"


def test_the_work_for_an_event_does_not_grow_with_the_run(monkeypatch) -> None:
    from kfbridge.engine import flow

    steps = []
    do = flow.Flow._do
    monkeypatch.setattr(flow.Flow, "_do", lambda self, step, instance: (steps.append(1), do(self, step, instance))[1])
    counts = []
    for size in (500, 1000):
        body = dag(task("a", USE, {"x": In("item")}), inputs={"item": int})
        graph = pipeline(task("loop", body, loop=list(range(size)), parallelism=50))
        steps.clear()
        World(graph).run()
        counts.append(len(steps))
    assert counts[1] <= 2 * counts[0]
    assert counts[0] <= 500 * 8
