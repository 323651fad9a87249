"""Unrolling loops: a task for each item, lanes, lists that were collected."""

from __future__ import annotations

from typing import Any

import pytest

from kfbridge import dsl
from kfbridge.errors import UsageError
from kfbridge.findings import Level
from kfbridge.graph.model import Constant, Importer, Trigger
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites import Origin, Rewritten, apply, conditions, inline, unroll
from kfbridge.spec.read import Document, from_data
from tests.engine.build import In, Out, Retry, Status, dag, pipeline, step, task
from tests.engine.fake import World
from tests.graph.rewrites.documents import document_of
from tests.graph.rewrites.equal import differences, happens, happens_rewritten


def compiled(function: Any) -> Document:
    return from_data([part for part in dsl.pipeline(function).documents if part])


def tasks_of(done: Rewritten) -> Any:
    return resolve(done.document).root.body.tasks


@dsl.component
def square(value: int) -> int:
    return value**2


@dsl.component
def total(values: list) -> int:
    return sum(values)


@dsl.component
def items() -> list:
    return [1, 2]


def test_each_item_has_a_task_of_its_own() -> None:
    def squares():
        with dsl.ParallelFor([3, 5]) as item:
            square(value=item)

    done = unroll(compiled(squares))
    tasks = tasks_of(done)
    assert list(tasks) == ["for-loop-2-0", "for-loop-2-1"]
    assert [next(iter(task.parameters.values())).source for task in tasks.values()] == [Constant(3), Constant(5)]
    assert not any(task.loop for task in tasks.values())
    assert done.origins["for-loop-2-1/square"] == Origin("for-loop-2/square", (1, None))
    assert done.origin_key("for-loop-2-1/square") == "for-loop-2[1]/square"
    assert len(done.document.pipeline.components or {}) == 2, "the iterations share their components"


def test_unrolled_and_inlined_the_steps_stand_beside_each_other() -> None:
    def squares():
        with dsl.ParallelFor([3, 5]) as item:
            square(value=item)

    done = apply(compiled(squares), [unroll, inline])
    assert {name: done.origin_key(name) for name in tasks_of(done)} == {
        "for-loop-2-0-square": "for-loop-2[0]/square",
        "for-loop-2-1-square": "for-loop-2[1]/square",
    }


def test_nested_loops_also_over_a_part_of_the_outer_item() -> None:
    def squares():
        things = [{"name": "a", "values": [1, 2]}, {"name": "b", "values": [3]}]
        with dsl.ParallelFor(things) as outer, dsl.ParallelFor(outer.values) as inner:
            square(value=inner)

    document = compiled(squares)
    done = apply(document, [unroll, inline])
    assert {key: given["value"] for key, given in happens_rewritten(done, {}).given.items()} == {
        "for-loop-2[0]/for-loop-3[0]/square": 1,
        "for-loop-2[0]/for-loop-3[1]/square": 2,
        "for-loop-2[1]/for-loop-3[0]/square": 3,
    }
    assert not differences(happens(document, {}), happens_rewritten(done, {}))


def test_a_loop_over_an_input_is_unrolled_for_the_arguments_of_a_run() -> None:
    def squares(values: list = [1, 2, 3]):  # noqa: B006
        with dsl.ParallelFor(values) as item:
            square(value=item)

    document = compiled(squares)
    finding, *_ = unroll(document).findings
    assert (finding.feature, finding.level) == ("loop_over_input", Level.REFUSED)
    assert finding.reason == "its items are known only when the pipeline runs"
    assert len(tasks_of(unroll(document, {}))) == 3, "the default"
    done = unroll(document, {"values": [7]})
    assert [finding.reason for finding in done.findings] == [
        "it is unrolled for the list that the arguments give it",
    ]
    assert happens_rewritten(done, {"values": [7]}).given == {"for-loop-1[0]/square": {"value": 7}}
    with pytest.raises(UsageError, match='the pipeline "squares" has no input "valuse"'):
        unroll(document, {"valuse": [7]})


def test_a_loop_over_an_output_stays_and_what_is_in_it_is_unrolled() -> None:
    def squares():
        with dsl.ParallelFor(items().output), dsl.ParallelFor([1, 2]) as inner:
            square(value=inner)

    done = unroll(compiled(squares))
    (finding,) = done.findings
    assert (finding.feature, finding.task) == ("loop_over_output", "for-loop-1")
    inside = {path: origin.key for path, origin in done.origins.items() if path.endswith("/square")}
    assert inside == {
        "for-loop-1/for-loop-3-0/square": "for-loop-1/for-loop-3[0]/square",
        "for-loop-1/for-loop-3-1/square": "for-loop-1/for-loop-3[1]/square",
    }
    assert done.origin_key("for-loop-1[4]/for-loop-3-1/square") == "for-loop-1[4]/for-loop-3[1]/square"


def test_condition_retries_and_name_stay_on_each_of_the_tasks() -> None:
    each = task(
        "each",
        step({"n": int, "go": int}),
        {"go": 1},
        loop=[1, 2],
        item="n",
        condition="inputs.parameter_values['go'] == 1",
        retry=Retry(2),
    )
    document = document_of(pipeline(each))
    done = unroll(document)
    for one in tasks_of(done).values():
        assert one.retry == Retry(2)
        assert one.condition is not None
        assert one.display_name == "each"
    assert happens_rewritten(done, {}, lambda key, attempt: attempt < 2).attempts == {"each[0]": 2, "each[1]": 2}


def test_a_loop_without_items_leaves_nothing_and_its_consumers_wait_for_what_was_before_it() -> None:
    loop = task("each", step({"n": int}), after=("first",), loop=[], item="n")
    document = document_of(pipeline(task("first", step()), loop, task("last", step(), after=("each",))))
    tasks = tasks_of(unroll(document))
    assert set(tasks) == {"first", "last"}
    assert tasks["last"].producers == ("first",)


# Lanes -------------------------------------------------------------------------------------------------


def limited(parallelism: int) -> Document:
    return document_of(pipeline(task("each", step({"n": int}), loop=list(range(5)), item="n", parallelism=parallelism)))


def test_parallelism_is_kept_by_lanes() -> None:
    done = unroll(limited(2))
    tasks = tasks_of(done)
    assert {name: task.producers for name, task in tasks.items() if not name.startswith("each-lane")} == {
        "each-0": (),
        "each-1": (),
        "each-2": ("each-lane-2",),
        "each-3": ("each-lane-3",),
        "each-4": ("each-lane-4",),
    }
    gate = tasks["each-lane-3"]
    assert (gate.producers, gate.trigger) == (("each-1",), Trigger.UPSTREAM_COMPLETED)
    assert isinstance(gate.component.body, Importer), "it takes no job"
    assert "each-lane-3" not in done.origins
    assert [finding.feature for finding in done.findings] == ["loop_parallelism"]


@pytest.mark.parametrize("parallelism", [1, 2, 3, 5, 0])
def test_no_more_than_the_limit_run_at_once(parallelism: int) -> None:
    world = World(resolve(unroll(limited(parallelism)).document)).begin()
    most = 0
    while world.ended is None:
        most = max(most, len(world.running))
        world.finish(next(reversed(world.running)))
    assert most == (parallelism or 5)


def test_lanes_hold_when_the_iterations_are_inlined() -> None:
    body = dag(task("a", step({"n": int}), {"n": In("n")}), task("b", step(), after=("a",)), inputs={"n": int})
    document = document_of(pipeline(task("each", body, loop=[1, 2, 3], item="n", parallelism=1)))
    done = apply(document, [unroll, inline])
    tasks = tasks_of(done)
    assert set(tasks) - done.origins.keys() == {"each-lane-1", "each-lane-2"}
    assert tasks["each-lane-1"].producers == ("each-0-b",)
    assert tasks["each-1-a"].producers == ("each-lane-1",)
    fails = lambda key, attempt: key == "each[0]/a"  # noqa: E731
    assert not differences(happens(document, {}, fails), happens_rewritten(done, {}, fails))


def test_an_iteration_that_fails_does_not_keep_the_next_in_its_lane_from_running() -> None:
    document = limited(1)
    fails = lambda key, attempt: key == "each[1]"  # noqa: E731
    after = happens_rewritten(unroll(document), {}, fails)
    assert after.ran == {f"each[{number}]": "failed" if number == 1 else "succeeded" for number in range(5)}
    assert not differences(happens(document, {}, fails), after)


# What loops collect ------------------------------------------------------------------------------------


def test_a_list_of_what_is_sure_to_be_made_needs_no_step() -> None:
    def sums():
        with dsl.ParallelFor([1, 2]) as item:
            squared = square(value=item)
        total(values=dsl.Collected(squared.output))

    done = unroll(compiled(sums))
    assert set(tasks_of(done)) == {"for-loop-2-0", "for-loop-2-1", "total"}
    key = "pipelinechannel--square-Output"
    assert tasks_of(done)["total"].parameters["values"].source == Constant(
        [
            f"{{{{$.inputs.parameters['pipelinechannel--for-loop-2-0-{key}']}}}}",
            f"{{{{$.inputs.parameters['pipelinechannel--for-loop-2-1-{key}']}}}}",
        ]
    )
    assert not differences(happens(compiled(sums), {}), happens_rewritten(done, {}))


def test_what_a_condition_may_keep_from_being_made_is_collected_by_a_step() -> None:
    def sums() -> int:
        with dsl.ParallelFor([1, 2, 3]) as item, dsl.If(item != 2):
            squared = square(value=item)
        return total(values=dsl.Collected(squared.output)).output

    document = compiled(sums)
    done = apply(document, [unroll, inline, conditions])
    (name,) = tasks_of(done).keys() - done.origins.keys()
    assert name == "for-loop-2-collect-pipelinechannel--square-Output"
    assert [finding.feature for finding in done.findings] == ["collected_parameters"]
    after = happens_rewritten(done, {})
    assert len(after.given["total"]["values"]) == 2
    assert not differences(happens(document, {}), after)


def test_a_loop_that_may_be_skipped_is_collected_only_where_it_ran() -> None:
    loop = task(
        "each",
        step({"n": int, "go": int}, {"x": int}),
        {"go": In("go")},
        loop=[1, 2],
        item="n",
        condition="inputs.parameter_values['go'] == 1",
    )
    document = document_of(pipeline(loop, task("user", step({"l": list}), {"l": Out("each.x")}), inputs={"go": int}))
    done = unroll(document)
    assert set(happens_rewritten(done, {"go": 1}).ran) == {"each[0]", "each[1]", "user"}
    assert set(happens_rewritten(done, {"go": 0}).ran) == set()


def test_artifacts_are_collected_by_a_step() -> None:
    @dsl.component
    def write(text: str, out: dsl.Output[dsl.Dataset]):
        pass

    @dsl.component
    def merge(files: dsl.Input[list[dsl.Dataset]]):
        pass

    def gather():
        with dsl.ParallelFor(["a", "b"]) as item:
            written = write(text=item)
        merge(files=dsl.Collected(written.outputs["out"]))

    document = compiled(gather)
    done = unroll(document)
    after = happens_rewritten(done, {})
    assert [one.uri for one in after.given["merge"]["files"]] == [
        "/for-loop-2[0]/write/out",
        "/for-loop-2[1]/write/out",
    ]
    assert not differences(happens(document, {}), after)


# What stays --------------------------------------------------------------------------------------------


def refusals(graph: Any, **options: Any) -> list[str]:
    done = unroll(document_of(graph), **options)
    return [f"{finding.task}: {finding.reason}" for finding in done.findings if finding.level is Level.REFUSED]


def test_a_list_of_artifacts_that_may_be_empty_keeps_its_loop() -> None:
    loop = task("each", step({"n": int}, artifacts_out={"f": "system.Dataset"}), loop=[], item="n")
    user = task("user", step(artifacts_in={"f": "system.Dataset"}), artifacts={"f": Out("each.f")})
    assert refusals(pipeline(loop, user)) == [
        "each: the list of artifacts 'f' that it collects may be empty, which only a loop can say"
    ]


def test_a_loop_over_too_many_items_stays() -> None:
    graph = pipeline(task("each", step({"n": int}), loop=list(range(11)), item="n"))
    assert refusals(graph, at_most=10) == ["each: it has 11 items, and at most 10 are unrolled"]


def test_a_loop_whose_status_is_asked_for_stays() -> None:
    exit = task("exit", step({"status": dict}), {"status": Status("each")}, always=True)
    assert refusals(pipeline(task("each", step({"n": int}), loop=[1], item="n"), exit)) == [
        "each: a task asks for its final status"
    ]


def test_a_loop_without_items_stays_if_it_could_fail_all_the_same() -> None:
    loop = task(
        "each",
        step({"n": int, "s": str}),
        {"s": "many"},
        loop=[],
        item="n",
        condition="int(inputs.parameter_values['s']) > 0",
    )
    assert refusals(pipeline(loop)) == [
        "each: it has nothing to run, but fails where its condition or an input cannot be evaluated"
    ]


def test_only_the_loops_that_are_named_are_unrolled() -> None:
    graph = pipeline(*(task(name, step({"n": int}), loop=[1], item="n") for name in ("a", "b")))
    assert list(tasks_of(unroll(document_of(graph), only=["b"]))) == ["a", "b-0"]


def test_an_item_that_looks_like_a_placeholder_keeps_the_loop() -> None:
    @dsl.component
    def say(text: str):
        pass

    def texts(words: list):
        with dsl.ParallelFor(words) as word:
            say(text=word)

    done = unroll(compiled(texts), {"words": ["{{$.pipeline_job_name}}"]})
    assert [finding.reason for finding in done.findings] == ["an item holds a placeholder"]
