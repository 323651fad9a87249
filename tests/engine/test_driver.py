from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfbridge.engine.cache import FileCache
from kfbridge.engine.driver import drive
from kfbridge.engine.events import (
    CancelRequested,
    DriverReplaced,
    Event,
    RunResumed,
    RunStarted,
    TaskFailed,
    TaskSucceeded,
)
from kfbridge.engine.instance import State
from kfbridge.engine.journal import FileJournal, MemoryJournal, read_journal
from kfbridge.engine.runner import TaskInvocation
from kfbridge.engine.scheduler import Scheduler
from kfbridge.errors import BackendError, RefusedError, RunError
from kfbridge.graph.model import Graph, Retry
from tests.engine.build import In, Out, dag, pipeline, step, task
from tests.engine.fake import FakeRunner, scripted

MAKE = step(outputs={"x": int})
BODY = dag(task("a", step({"x": int}), {"x": In("item")}), inputs={"item": int})
START = RunStarted(1000.0, "run-1", {})


def driven(graph: Graph, runner: FakeRunner, journal: Any = None, **more: Any) -> Scheduler:
    more = {"start": START, **more}
    scheduler = drive(graph, runner, journal or MemoryJournal(), clock=runner.clock, steady=runner.clock, **more)
    assert runner.closed
    return scheduler


def kinds(journal: MemoryJournal) -> list[str]:
    return [event.kind for event in journal.events]


def test_everything_that_happens_is_in_the_journal_in_order() -> None:
    journal = MemoryJournal()
    scheduler = driven(pipeline(task("a", MAKE), task("b", step(), after=("a",))), FakeRunner(), journal)
    assert scheduler.state is State.SUCCEEDED
    assert kinds(journal) == ["run_started", *["task_started", "task_succeeded"] * 2, "run_ended"]


@pytest.mark.parametrize(("capacity", "parallel", "most"), [(3, None, 3), (None, 2, 2), (5, 2, 2), (None, None, 10)])
def test_no_more_run_at_once_than_there_is_room_for(capacity: int | None, parallel: int | None, most: int) -> None:
    runner = FakeRunner(capacity=capacity)
    driven(pipeline(task("loop", BODY, loop=list(range(10)))), runner, parallel=parallel)
    assert runner.most_at_once == most
    assert runner.started == [f"loop[{number}]/a#1" for number in range(10)]


def test_a_backoff_is_waited_for() -> None:
    runner = FakeRunner(scripted({"a": ["it broke", None]}))
    journal = MemoryJournal()
    assert driven(pipeline(task("a", MAKE, retry=Retry(1, backoff=60))), runner, journal).state is State.SUCCEEDED
    started = [event.time for event in journal.events if event.kind == "task_started"]
    assert started[1] - started[0] >= 60
    assert "time_passed" in kinds(journal)


def test_a_clock_that_is_put_back_makes_no_wait_longer() -> None:
    runner = FakeRunner(scripted({"a": ["it broke", None]}))
    began = runner.now

    def clock() -> float:
        return runner.now if runner.now < began + 10 else runner.now - 3600

    graph = pipeline(task("a", MAKE, retry=Retry(1, backoff=60)))
    scheduler = drive(graph, runner, MemoryJournal(), start=START, clock=clock, steady=runner.clock)
    assert scheduler.state is State.SUCCEEDED
    assert 60 <= runner.now - began < 120


def test_a_cancel_request_ends_what_runs_and_forgets_what_waits() -> None:
    runner = FakeRunner(capacity=2)
    scheduler = driven(
        pipeline(task("loop", BODY, loop=list(range(6)))), runner, cancelled=lambda: len(runner.started) >= 3
    )
    assert scheduler.state is State.CANCELLED
    assert len(runner.started) == 3
    assert runner.cancelled == ["loop[2]/a"], "of what waits the runner knows nothing"
    assert {view.state for view in scheduler.tasks()} == {"succeeded", "cancelled"}


def test_outputs_are_found_in_the_cache(tmp_path: Path) -> None:
    graph = pipeline(task("a", MAKE, cache=True), task("b", step({"x": int}), {"x": Out("a.x")}))
    cache = FileCache(tmp_path)
    driven(graph, FakeRunner(), cache=cache)
    runner = FakeRunner()
    scheduler = driven(graph, runner, cache=cache)
    assert runner.started == ["b#1"]
    view = scheduler.tasks()[0]
    assert (view.cached, view.state, view.outputs.parameters) == (True, "succeeded", {"x": 1})
    runner = FakeRunner()
    driven(graph, runner)
    assert runner.started == ["a#1", "b#1"], "no cache, no look-up"


class Refusing(FakeRunner):
    """Says no to the first starts."""

    def __init__(self, times: int, transient: bool) -> None:
        super().__init__()
        self.left, self.transient = times, transient

    def start(self, invocation: TaskInvocation) -> str:
        if self.left:
            self.left -= 1
            raise BackendError("the platform said no", transient=self.transient)
        return super().start(invocation)


def test_a_start_that_fails_for_good_fails_the_task() -> None:
    scheduler = driven(pipeline(task("a", MAKE, retry=Retry(3))), Refusing(1, transient=False))
    assert scheduler.state is State.FAILED
    assert scheduler.reason == "a: the platform said no"


def test_a_start_that_fails_for_a_passing_reason_is_tried_again_later() -> None:
    runner = Refusing(3, transient=True)
    assert driven(pipeline(task("a", MAKE)), runner).state is State.SUCCEEDED
    assert runner.started == ["a#1"]
    assert runner.now >= 1000 + 1 + 2 + 4
    assert driven(pipeline(task("a", MAKE)), Refusing(5, transient=True)).state is State.FAILED


def test_a_resume_goes_on_where_the_journal_ends(tmp_path: Path) -> None:
    graph = pipeline(task("a", MAKE), task("b", step({"x": int}), {"x": Out("a.x")}))
    path = tmp_path / "journal.jsonl"
    with FileJournal(path) as journal:
        driven(graph, FakeRunner(scripted({"b": "it broke"})), journal)
    runner = FakeRunner()
    with FileJournal(path) as journal:
        scheduler = driven(graph, runner, journal, history=read_journal(path))
    assert runner.started == ["b#2"]
    assert scheduler.state is State.SUCCEEDED
    assert [event.kind for event in read_journal(path)].count("run_resumed") == 1


class Crash(Exception):
    """Stands for the death of the program."""


class FragileJournal(MemoryJournal):
    """Keeps so many events, then the program dies."""

    def __init__(self, events: list[Event], room: int) -> None:
        super().__init__()
        self.events = events
        self.room = room

    def append(self, event: Event) -> None:
        if len(self.events) >= self.room:
            raise Crash
        super().append(event)


def test_a_driver_that_dies_at_any_event_can_be_followed_by_another() -> None:
    body = dag(task("a", MAKE, retry=Retry(1)), task("b", step({"x": int}), {"x": Out("a.x")}), inputs={"item": int})
    graph = pipeline(task("loop", body, loop=[1, 2], parallelism=1), task("end", step(), after=("loop",)))
    outcome = scripted({"loop[1]/a": ["it broke", None]})
    for room in range(1, 14):
        events: list[Event] = []
        with pytest.raises(Crash):
            driven(graph, FakeRunner(outcome), FragileJournal(events, room))
        done = {event.key for event in events if isinstance(event, TaskSucceeded)}
        runner = FakeRunner(outcome)
        journal = FragileJournal(events, 1000)
        scheduler = driven(graph, runner, journal, history=list(events))
        assert isinstance(events[room], RunResumed)
        assert scheduler.state is State.SUCCEEDED
        assert not done & {start.partition("#")[0] for start in runner.started}


def test_a_driver_that_takes_over_goes_on_where_the_other_was_cut_off() -> None:
    graph = pipeline(
        task("bad", step(), retry=Retry(1)), task("good", MAKE), task("after", step(), {"x": Out("good.x")})
    )
    outcome = scripted({"bad": ["it broke", "again"]})
    whole: list[Event] = []
    driven(graph, FakeRunner(outcome), FragileJournal(whole, 1000))
    for room in range(1, len(whole)):
        events: list[Event] = []
        with pytest.raises(Crash):
            driven(graph, FakeRunner(outcome), FragileJournal(events, room))
        ended = {f"{event.key}#{event.attempt}" for event in events if isinstance(event, (TaskSucceeded, TaskFailed))}
        told: list[str] = []
        runner = FakeRunner(outcome)
        scheduler = driven(
            graph, runner, FragileJournal(events, 1000), history=list(events), takes_over=True,
            witness=lambda ending: told.append(ending.view.key),  # noqa: B023  called in this round alone
        )  # fmt: skip
        assert isinstance(events[room], DriverReplaced)
        assert (scheduler.state, scheduler.reason) == (State.FAILED, "bad: again")
        assert not ended & {*runner.started}
        assert sorted(told) == ["after", "bad", "good"]  # those that had ended, too: their records may not be written


class Lasting(FakeRunner):
    """Its attempts outlive the driver."""

    def adopt(self, invocation: TaskInvocation, native_id: str) -> bool:
        self.running[invocation.key] = invocation
        return native_id == "pid-1"


def test_attempts_that_outlive_the_driver_are_taken_up_and_the_others_are_lost() -> None:
    graph = pipeline(task("a", MAKE), task("b", MAKE))
    events: list[Event] = []
    with pytest.raises(Crash):
        driven(graph, FakeRunner(), FragileJournal(events, 3))
    runner = Lasting()
    journal = FragileJournal(events, 100)
    assert driven(graph, runner, journal, history=list(events)).state is State.SUCCEEDED
    assert runner.started == ["b#2"]
    assert "task_lost" in kinds(journal)


def test_a_full_disk_ends_the_run_safely() -> None:
    class Full(MemoryJournal):
        def append(self, event: Event) -> None:
            if len(self.events) == 2:
                raise RunError("no space")
            super().append(event)

    runner = FakeRunner()
    with pytest.raises(RunError, match="no space"):
        driven(pipeline(task("a", MAKE)), runner, Full())
    assert runner.closed


def test_the_runner_is_closed_when_the_pipeline_is_refused() -> None:
    runner = FakeRunner()
    with pytest.raises(RefusedError):
        driven(Graph("p", MAKE), runner)
    assert runner.closed


def test_a_listener_sees_each_event_after_the_scheduler() -> None:
    seen: list[tuple[str, str]] = []

    def listen(event: Event, scheduler: Scheduler) -> None:
        seen.append((event.kind, scheduler.state.value))

    driven(pipeline(task("a", MAKE)), FakeRunner(), listener=listen)
    assert seen == [
        ("run_started", "running"),
        ("task_started", "running"),
        ("task_succeeded", "succeeded"),
        ("run_ended", "succeeded"),
    ]


def test_a_runner_may_report_late_and_twice() -> None:
    class Stutterer(FakeRunner):
        def events(self, timeout: float | None) -> Iterator[Event]:
            for event in super().events(timeout):
                yield event
                yield TaskFailed(event.time, "a", 1, "late")
                yield CancelRequested(event.time)

    journal = MemoryJournal()
    assert driven(pipeline(task("a", MAKE)), Stutterer(), journal).state is State.SUCCEEDED
    assert kinds(journal)[-1] == "run_ended"
