"""The scheduler against the recursive reference, in any order of events and with a crash at any point."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfbridge.engine.events import DriverReplaced, Outputs, RunResumed, TaskFailed, TaskLost, TaskSucceeded
from kfbridge.engine.runner import TaskInvocation
from kfbridge.engine.scheduler import fold
from tests.engine.fake import World
from tests.engine.graphs import Sample, samples
from tests.engine.reference import Reference

SETTINGS = settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))


def world_of(sample: Sample) -> World:
    def outcome(invocation: TaskInvocation) -> Outputs | str:
        made = sample.attempt(invocation.key, invocation.attempt)
        return "it broke" if made is None else Outputs(made)

    return World(sample.graph, outcome)


def run_in_any_order(world: World, random: Random) -> None:
    """Let what runs end in a random order, and waits be over at random moments."""
    while world.ended is None:
        if world.running and (not world.wakes or random.random() < 0.7):
            world.finish(random.choice(list(world.running)))
        else:
            assert world.wakes, f"stuck: {world.states()}"
            world.pass_time()


def same_outcome(world: World, reference: Reference) -> None:
    states = world.states()
    assert states == reference.states
    assert world.ended == reference.result.state.replace("skipped", "succeeded")
    if world.ended == "succeeded":
        assert world.scheduler.outputs().parameters == reference.result.outputs


@SETTINGS
@given(samples(dag_retries=True), st.randoms(use_true_random=False))
def test_any_order_of_events_gives_the_outcome_of_the_reference(sample: Sample, random: Random) -> None:
    world = world_of(sample)
    world.begin(n=2)
    run_in_any_order(world, random)
    reference = Reference(sample.graph, sample.attempt, {"n": 2})
    same_outcome(world, reference)
    assert {start.partition("#")[0]: 0 for start in world.started}.keys() == reference.attempts.keys()
    for key, attempts in reference.attempts.items():
        assert [start for start in world.started if start.startswith(f"{key}#")] == [
            f"{key}#{number}" for number in range(1, attempts + 1)
        ]


@SETTINGS
@given(samples(), st.randoms(use_true_random=False), st.integers(1, 60), st.integers(1, 3))
def test_a_crash_at_any_point_changes_nothing_and_repeats_nothing(
    sample: Sample, random: Random, position: int, crashes: int
) -> None:
    world = world_of(sample)
    world.begin(n=2)
    run_in_any_order(world, random)
    for _ in range(crashes):
        kept = world.events[: 1 + position % len(world.events)]
        done = {event.key for event in kept if isinstance(event, TaskSucceeded)}
        world = world_of(sample)
        world.scheduler = fold(sample.graph, kept)
        world.events = list(kept)
        world.now = kept[-1].time + 1
        world.forgetful = True
        world.tell(RunResumed(world.now))
        run_in_any_order(world, random)
        assert not done & {start.partition("#")[0] for start in world.started}
    same_outcome(world, Reference(sample.graph, sample.attempt, {"n": 2}))


@SETTINGS
@given(samples(dag_retries=True), st.randoms(use_true_random=False), st.integers(1, 60), st.booleans())
def test_a_driver_that_takes_over_repeats_nothing_that_ended_well_or_badly(
    sample: Sample, random: Random, position: int, forgetful: bool
) -> None:
    world = world_of(sample)
    world.begin(n=2)
    run_in_any_order(world, random)
    kept = world.events[: 1 + position % len(world.events)]
    ended = {f"{event.key}#{event.attempt}" for event in kept if isinstance(event, (TaskSucceeded, TaskFailed))}
    after = world_of(sample)
    after.scheduler = fold(sample.graph, kept)
    after.now = kept[-1].time + 1
    after.forgetful = forgetful
    after.tell(DriverReplaced(after.now))
    run_in_any_order(after, random)
    assert not ended & {*after.started}
    if not forgetful:  # what is lost is tried again, under the next number, with which the sample may do better
        same_outcome(after, Reference(sample.graph, sample.attempt, {"n": 2}))


@SETTINGS
@given(samples(), st.randoms(use_true_random=False), st.integers(0, 20))
def test_a_run_that_is_cancelled_starts_nothing_more_and_can_be_resumed(
    sample: Sample, random: Random, moment: int
) -> None:
    world = world_of(sample)
    world.begin(n=2)
    for _ in range(moment):
        if world.running:
            world.finish(random.choice(list(world.running)))
    started = list(world.started)
    if world.ended is None:
        world.cancel()
        run_in_any_order(world, random)
        assert (world.ended == "cancelled") == ("cancelled" in world.states().values())  # else it was over by itself
    assert world.started == started
    again = world_of(sample)
    again.scheduler = fold(sample.graph, world.events)
    again.tell(RunResumed(world.now))
    run_in_any_order(again, random)
    same_outcome(again, Reference(sample.graph, sample.attempt, {"n": 2}))


@settings(SETTINGS, max_examples=20)
@given(samples(dag_retries=True), st.randoms(use_true_random=False))
def test_a_journal_rebuilds_the_state_at_any_time(sample: Sample, random: Random) -> None:
    world = world_of(sample)
    world.begin(n=2)
    while world.ended is None:
        if random.random() < 0.2:
            assert fold(sample.graph, world.events).tasks() == world.scheduler.tasks()
        if world.running:
            world.finish(random.choice(list(world.running)))
        else:
            world.pass_time()
    assert fold(sample.graph, world.events).tasks() == world.scheduler.tasks()
    assert not any(isinstance(event, TaskLost) for event in world.events)
