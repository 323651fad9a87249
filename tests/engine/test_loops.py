from __future__ import annotations

from kfbridge.graph.model import MISSING, DagInput, ParameterBinding
from kfbridge.spec.expression import parse
from tests.engine.build import In, Out, dag, pipeline, step, task
from tests.engine.fake import World, scripted

DOUBLE = step({"n": int}, {"n": int})
TWICE = scripted({"double": lambda n: {"n": 2 * n}})
BODY = dag(task("double", DOUBLE, {"n": In("item")}), inputs={"item": int}, outputs={"n": "double.n"})
SUM = step({"ns": list})


def test_iterations_run_at_once_and_are_collected_in_item_order() -> None:
    graph = pipeline(task("loop", BODY, loop=[3, 1, 2]), task("sum", SUM, {"ns": Out("loop.n")}))
    world = World(graph, TWICE).begin()
    assert world.started == ["loop[0]/double#1", "loop[1]/double#1", "loop[2]/double#1"]
    for number in (2, 0, 1):
        world.finish(f"loop[{number}]/double")
    assert world.given("sum") == {"ns": [6, 2, 4]}


def test_a_limit_keeps_iterations_waiting() -> None:
    world = World(pipeline(task("loop", BODY, loop=[1, 2, 3, 4], parallelism=2)), TWICE).begin()
    assert list(world.running) == ["loop[0]/double", "loop[1]/double"]
    world.finish("loop[1]/double")
    assert list(world.running) == ["loop[0]/double", "loop[2]/double"]
    world.run()
    assert world.ended == "succeeded"


def test_no_items_give_empty_lists() -> None:
    graph = pipeline(task("loop", BODY, loop=[]), task("sum", SUM, {"ns": Out("loop.n")}))
    world = World(graph, TWICE).run()
    assert world.given("sum") == {"ns": []}
    assert world.states()["loop"] == "succeeded"


def test_a_loop_over_another_tasks_list_and_over_an_argument() -> None:
    graph = pipeline(
        task("make", step(outputs={"list": list})),
        task("a", BODY, {"items": Out("make.list")}, loop="items"),
        task("b", BODY, {"items": In("given")}, loop="items"),
        inputs={"given": list},
    )
    world = World(graph, scripted({"make": {"list": [5]}})).run(given=[7, 8])
    assert world.given("a[0]/double") == {"n": 5}
    assert world.given("b[1]/double") == {"n": 8}


def test_nested_loops_collect_lists_of_lists() -> None:
    sub = ParameterBinding(DagInput("item"), parse('parseJson(string_value)["ns"]'))
    inner = task("inner", BODY, {"items": sub}, loop="items")
    outer = dag(inner, inputs={"item": dict}, outputs={"ns": "inner.n"})
    graph = pipeline(
        task("outer", outer, loop=[{"ns": [1, 2]}, {"ns": []}, {"ns": [3]}]), task("sum", SUM, {"ns": Out("outer.ns")})
    )
    world = World(graph, TWICE).run()
    assert world.given("sum") == {"ns": [[2, 4], [], [6]]}


def test_artifacts_of_nested_loops_are_one_flat_list() -> None:
    make = step({"n": int}, artifacts_out={"data": "system.Dataset"})
    body = dag(task("make", make, {"n": In("item")}), inputs={"item": int}, artifacts_out={"data": "make.data"})
    outer = dag(task("inner", body, loop=[1, 2]), inputs={"item": int}, artifacts_out={"data": "inner.data"})
    use = step(artifacts_in={"data": "system.Dataset"})
    world = World(
        pipeline(task("outer", outer, loop=[1, 2]), task("use", use, artifacts={"data": Out("outer.data")}))
    ).run()
    assert [one.uri for one in world.invocations["use"].artifacts["data"]] == [
        f"/outer[{i}]/inner[{j}]/make/data" for i in (0, 1) for j in (0, 1)
    ]


def test_an_iteration_that_skipped_the_producer_contributes_nothing() -> None:
    body = dag(
        task("double", DOUBLE, {"n": In("item")}, condition="inputs.parameter_values['n'] > 1"),
        inputs={"item": int},
        outputs={"n": "double.n"},
    )
    graph = pipeline(task("loop", body, loop=[1, 2, 1, 3]), task("sum", SUM, {"ns": Out("loop.n")}))
    assert World(graph, TWICE).run().given("sum") == {"ns": [4, 6]}


def test_a_failed_iteration_fails_the_loop_and_the_others_go_on() -> None:
    graph = pipeline(task("loop", BODY, loop=[1, 2, 3], parallelism=1), task("sum", SUM, {"ns": Out("loop.n")}))
    world = World(graph, scripted({"loop[1]/double": "it broke"})).run()
    assert world.ended == "failed"
    states = world.states()
    assert [states[f"loop[{i}]"] for i in range(3)] == ["succeeded", "failed", "succeeded"]
    assert states["loop"] == "failed"
    assert states["sum"] == "skipped"
    assert world.scheduler.reason == "loop[1]/double: it broke"


def test_with_the_fast_policy_no_iteration_is_opened_after_a_failure() -> None:
    world = World(
        pipeline(task("loop", BODY, loop=[1, 2, 3], parallelism=1)),
        scripted({"loop[0]/double": "it broke"}),
        failure_policy="fast",
    ).run()
    assert world.started == ["loop[0]/double#1"]
    assert world.ended == "failed"


def test_a_loop_over_a_leaf() -> None:
    graph = pipeline(task("double", DOUBLE, loop=[1, 2], item="n"), task("sum", SUM, {"ns": Out("double.n")}))
    world = World(graph, TWICE).run()
    assert world.started[:2] == ["double[0]#1", "double[1]#1"]
    assert world.given("sum") == {"ns": [2, 4]}


def test_a_loop_over_artifacts() -> None:
    make = step(artifacts_out={"data": "system.Dataset"})
    collect = dag(task("m", make), inputs={"item": int}, artifacts_out={"data": "m.data"})
    use = step(artifacts_in={"one": "system.Dataset"}, outputs={"n": int})
    graph = pipeline(
        task("made", collect, loop=[1, 2]),
        task("use", use, artifacts={"all": Out("made.data")}, loop="all", item="one", over_artifacts=True),
        task("sum", SUM, {"ns": Out("use.n")}),
    )
    world = World(graph).run()
    assert [one.uri for one in world.invocations["use[1]"].artifacts["one"]] == ["/made[1]/m/data"]
    assert world.given("sum") == {"ns": [1, 1]}


def test_a_loop_over_what_is_no_list_fails_with_the_reason() -> None:
    graph = pipeline(task("a", BODY, {"items": In("n")}, loop="items"), inputs={"n": (int, MISSING)})
    assert "its input 'items' is a number, not a list" in World(graph).run(n=3).reason("a")
    assert "its input 'items' was not given" in World(graph).run().reason("a")


def test_an_item_of_the_wrong_type_fails_its_iteration() -> None:
    world = World(pipeline(task("loop", BODY, loop=[1, "two"])), TWICE).run()
    assert world.states()["loop[0]"] == "succeeded"
    assert world.states()["loop[1]"] == "failed"
    assert "two" in world.reason("loop[1]")


def test_constants_that_refer_to_the_item_are_filled_in_for_each_iteration() -> None:
    say = step({"n": int, "text": str}, {"n": int})
    graph = pipeline(task("say", say, {"text": "item {{$.inputs.parameters['n']}}"}, loop=[1, 2], item="n"))
    world = World(graph).run()
    assert world.given("say[1]") == {"n": 2, "text": "item 2"}


def test_items_without_a_type_reach_a_step_that_takes_numbers_as_numbers() -> None:
    """The compiler declares the item of ``rows: list`` as text, for it knows no better."""
    item = "pipelinechannel--rows-loop-item"
    steps = [
        task("whole", step({"n": int}), {"n": In(item)}),
        task("part", step({"n": float}), {"n": In(item)}),
        task("text", step({"n": str}), {"n": In(item)}),
    ]
    group = task("group", dag(*steps, inputs={item: str}), {item: In("item")})
    world = World(pipeline(task("loop", dag(group, inputs={"item": str}), loop=[2])), TWICE).begin()
    given = [world.given(f"loop[0]/group/{name}")["n"] for name in ("whole", "part", "text")]
    assert [(value, type(value)) for value in given] == [(2, int), (2.0, float), ("2", str)]


def test_an_item_that_is_no_number_is_refused_where_one_is_wanted() -> None:
    item = "pipelinechannel--rows-loop-item"
    group = task("group", dag(task("whole", step({"n": int}), {"n": In(item)}), inputs={item: str}), {item: In("item")})
    world = World(pipeline(task("loop", dag(group, inputs={"item": str}), loop=["two"])), TWICE).run()
    assert world.states()["loop[0]/group/whole"] == "failed"
