"""Steps that look at their own condition and skip themselves: as if the engine had skipped them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfbridge.engine.cache import FileCache
from kfbridge.engine.driver import drive
from kfbridge.engine.events import RunResumed, RunStarted, TaskSkipped, from_json, to_json
from kfbridge.engine.journal import FileJournal, MemoryJournal, read_journal
from kfbridge.engine.outputs import skip_reason
from kfbridge.engine.scheduler import fold
from kfbridge.graph.model import Retry
from tests.engine.build import In, Out, Status, dag, pipeline, step, task
from tests.engine.fake import FakeRunner, Skip, World, scripted

MAKE = step(outputs={"x": int})
TAKE = step({"x": int}, {"x": int})
NEVER = scripted({"a": Skip("its condition is false")})


def test_it_is_skipped_and_so_is_what_needs_its_outputs() -> None:
    after = task("after", step(), after=("a",))
    optional = task("optional", step({"x": (int, 5)}), {"x": Out("a.x")})
    graph = pipeline(task("a", MAKE), task("b", TAKE, {"x": Out("a.x")}), after, optional)
    world = World(graph, NEVER).run()
    assert world.states() == {"a": "skipped", "b": "skipped", "after": "succeeded", "optional": "succeeded"}
    assert world.reason("a") == "its condition is false"
    assert world.given("optional") == {"x": 5}
    assert world.ended == "succeeded"
    (view,) = [view for view in world.scheduler.tasks() if view.key == "a"]
    assert (view.attempts, view.outputs.parameters) == (1, {})


def test_of_several_the_one_that_ran_counts() -> None:
    branches = dag(task("a", MAKE), task("b", MAKE), outputs={"x": ["a.x", "b.x"]})
    world = World(pipeline(task("group", branches), outputs={"x": "group.x"}), NEVER).run()
    assert world.states() == {"group": "succeeded", "group/a": "skipped", "group/b": "succeeded"}
    assert world.scheduler.outputs().parameters == {"x": 1}


def test_in_a_loop_it_contributes_nothing() -> None:
    body = dag(task("a", TAKE, {"x": In("item")}), inputs={"item": int}, outputs={"x": "a.x"})
    outcome = scripted({"loop[1]/a": Skip("no")})
    world = World(pipeline(task("loop", body, loop=[1, 2, 3]), outputs={"x": "loop.x"}), outcome).run()
    assert world.scheduler.outputs().parameters == {"x": [1, 1]}
    assert world.states()["loop[1]/a"] == "skipped"


def test_an_exit_task_learns_of_no_failure() -> None:
    told = task("told", step({"status": dict}), {"status": Status("a")}, always=True)
    world = World(pipeline(task("a", MAKE), told), NEVER).run()
    assert world.given("told")["status"]["state"] == "SUCCEEDED"


def test_it_is_final_for_a_resume_but_not_for_a_retry_of_what_it_is_in() -> None:
    graph = pipeline(task("a", MAKE), task("b", MAKE, after=("a",)))
    world = World(graph, scripted({"a": Skip("no"), "b": "it broke"})).run()
    again = World(graph, scripted({}))
    again.scheduler = fold(graph, world.events)
    again.events = list(world.events)
    again.tell(RunResumed(world.now))
    again.run()
    assert again.started == ["b#2"]
    assert again.states() == {"a": "skipped", "b": "succeeded"}
    inner = dag(task("a", MAKE), task("b", MAKE, after=("a",)))
    retried = World(
        pipeline(task("group", inner, retry=Retry(1))), scripted({"a": Skip("no"), "b": ["it broke", None]})
    )
    assert retried.run().started == ["group/a#1", "group/b#1", "group/a#2", "group/b#2"]


def test_it_is_in_the_journal_and_not_in_the_cache(tmp_path: Path) -> None:
    event = TaskSkipped(3.0, "a", 1, "no")
    assert from_json(to_json(event)) == event
    graph = pipeline(task("a", MAKE, cache=True))
    cache = FileCache(tmp_path / "cache")
    for number in range(2):
        path = tmp_path / f"{number}.jsonl"
        runner = FakeRunner(NEVER)
        with FileJournal(path) as journal:
            drive(graph, runner, journal, start=RunStarted(1.0, "run", {}), cache=cache, clock=runner.clock)
        assert [event.kind for event in read_journal(path)] == [
            "run_started",
            "task_started",
            "task_skipped",
            "run_ended",
        ]
        assert runner.started == ["a#1"], "nothing was kept, so nothing is found"


def test_it_makes_room_for_the_next() -> None:
    runner = FakeRunner(NEVER, capacity=1)
    graph = pipeline(task("a", MAKE), task("b", MAKE))
    drive(graph, runner, MemoryJournal(), start=RunStarted(1.0, "run", {}), clock=runner.clock)
    assert runner.started == ["a#1", "b#1"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"kfbridge": {"skipped": "no"}}', "no"),
        ('{"parameterValues": {"skipped": "no"}}', None),
        ('{"kfbridge": []}', None),
        ("[]", None),
        ("no JSON", None),
        ("", None),
        (None, None),
    ],
)
def test_the_mark_in_the_executor_output(text: str | None, reason: str | None) -> None:
    assert skip_reason(text) == reason
