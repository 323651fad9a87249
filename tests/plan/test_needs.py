"""What a pipeline needs: every feature is found where it is asked for, and nowhere else."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from kfbridge import dsl
from kfbridge.graph.model import Component, Constant, Dag, Graph, Loop, ParameterBinding, Ports, Task
from kfbridge.plan.check import feature_names
from kfbridge.plan.needs import Need, features
from tests.plan.asking import (
    ASKING,
    GRAPHS,
    asking,
    chain,
    graph_of,
    inner,
    numbers,
    shout,
    text,
    with_platform,
    work,
)


def found(graph: Graph, **arguments: Any) -> dict[str, list[Need]]:
    needs: dict[str, list[Need]] = {}
    for need in features(graph, arguments, "local"):
        needs.setdefault(need.feature, []).append(need)
    return needs


def only(graph: Graph, *names: str) -> dict[str, str]:
    """The tasks of these features."""
    return {name: ", ".join(need.task for need in found(graph).get(name, [])) for name in names}


def test_there_is_a_pipeline_for_every_feature() -> None:
    assert {*ASKING, *GRAPHS} == {*feature_names()}


@pytest.mark.parametrize("feature", feature_names())
def test_what_is_asked_for_is_found(feature: str) -> None:
    assert feature in found(asking(feature))


ALMOST_NOTHING = {"python_function", "cache"}


@pytest.mark.parametrize("feature", [name for name in ASKING if ASKING[name].__name__ == "pipeline"])
def test_a_setting_of_a_task_asks_for_nothing_else(feature: str) -> None:
    assert {*found(asking(feature))} == ALMOST_NOTHING | {feature}


def test_a_need_says_where_it_is_and_what_is_around_it() -> None:
    def pipeline() -> None:
        with dsl.ExitHandler(work()), dsl.ParallelFor(numbers().output) as x, dsl.If(x == 1):
            shout()

    graph = graph_of(pipeline)
    [need] = found(graph)["container"]
    assert need.task == "exit-handler-1/for-loop-2/condition-3/shout"
    assert need.within == ("exit_handler", "loop_over_output", "condition_on_output")
    [loop] = found(graph)["loop_over_output"]
    assert (loop.task, loop.within) == ("exit-handler-1/for-loop-2", ("exit_handler",))
    [handler] = found(graph)["exit_handler"]
    assert (handler.task, handler.within) == ("work", ())


def test_the_branches_of_an_if_are_no_nested_pipeline() -> None:
    assert "nested_pipeline" not in found(asking("one_of"))
    assert only(asking("one_of"), "one_of") == {"one_of": "condition-branches-1"}


# Conditions and loops, followed through groups -------------------------------------------------------


def test_a_condition_in_a_nested_pipeline_is_over_what_that_is_given() -> None:
    @dsl.pipeline
    def branching(x: int) -> None:
        with dsl.If(x == 1):
            work()

    def given_input(x: int = 1) -> None:
        branching(x=x)

    def given_output() -> None:
        branching(x=work().output)

    assert only(graph_of(given_input), "condition_on_input") == {"condition_on_input": "branching/condition-1"}
    assert only(graph_of(given_output), "condition_on_output") == {"condition_on_output": "branching/condition-1"}


@pytest.mark.parametrize("over", ["constant", "input", "output"])
def test_a_loop_over_an_item_is_what_the_outer_loop_is(over: str) -> None:
    @dsl.component
    def lists() -> list[list[int]]:
        return []

    def pipeline(xs: list[list[int]]) -> None:
        items = {"constant": [[1, 2], [3]], "input": xs, "output": lists().output}[over]
        with dsl.ParallelFor(items) as inner_items, dsl.ParallelFor(inner_items) as x:
            work(x=x)

    loops = found(graph_of(pipeline))[f"loop_over_{over}"]
    assert [need.task.count("/") for need in loops] == [0, 1]


@pytest.mark.parametrize(("over", "feature"), [("input", "condition_on_input"), ("output", "condition_on_output")])
def test_a_condition_over_an_item_is_what_the_loop_is(over: str, feature: str) -> None:
    def pipeline(xs: list[int]) -> None:
        with dsl.ParallelFor(xs if over == "input" else numbers().output) as x, dsl.If(x == 1):
            work()

    needs = found(graph_of(pipeline))
    assert [name for name in needs if name.startswith("condition")] == [feature]


def test_text_with_a_channel_in_it_counts_as_the_channel() -> None:
    def pipeline(name: str = "a") -> None:
        shout().set_container_image(f"registry/{name}:1")

    assert "image_at_run_time" not in found(graph_of(pipeline))

    def late() -> None:
        shout().set_container_image(f"registry/{text().output}:1")

    assert only(graph_of(late), "image_at_run_time") == {"image_at_run_time": "shout"}


def test_amounts_that_are_arguments_are_known_before_the_run() -> None:
    def pipeline(memory: str = "1Gi") -> None:
        work().set_memory_limit(memory)

    needs = found(graph_of(pipeline))
    assert "cpu_and_memory" in needs
    assert "resources_at_run_time" not in needs


def test_a_value_that_goes_through_pipelines_is_handed_over() -> None:
    def pipeline() -> None:
        inner(x=inner(x=1).output)

    assert only(graph_of(pipeline), "parameter") == {"parameter": "inner-2/work"}


def test_deeply_nested_pipelines_are_followed() -> None:
    component = graph_of(ASKING["python_function"]).root
    for level in range(300):
        task = Task(f"p{level}", f"p{level}", component)
        component = Component(f"comp-p{level}", Ports(), Ports(), Dag({task.name: task}))
    needs = found(Graph("deep", component))
    [step] = needs["python_function"]
    assert len(step.within) == 300


def test_a_default_counts_where_nothing_else_is_given() -> None:
    @dsl.container_component
    def located(place: str = "{{$.pipeline_google_cloud_location}}"):
        return dsl.ContainerSpec(image="busybox", command=["echo", place])

    assert only(graph_of(lambda: located() and None), "vendor_placeholder") == {"vendor_placeholder": "located"}
    assert only(graph_of(lambda: located(place="here") and None), "vendor_placeholder") == {"vendor_placeholder": ""}


def test_a_step_that_is_looped_over_by_itself_collects() -> None:
    graph = graph_of(ASKING["python_function"])
    dag = graph.root.body
    assert isinstance(dag, Dag)
    looped = replace(dag.tasks["work"], loop=Loop("x", [1, 2]))
    needs = found(replace(graph, root=replace(graph.root, body=Dag({"work": looped}))))
    assert {"loop_over_constant", "collected_parameters"} <= {*needs}


# Exit tasks and orders ------------------------------------------------------------------------------


def test_an_exit_task_is_no_ignored_failure_and_no_order() -> None:
    assert {*found(asking("exit_handler"))} == {"exit_handler", "python_function", "cache"}


def test_data_are_no_order() -> None:
    assert "order" not in found(asking("parameter"))
    assert only(asking("order"), "order") == {"order": "work-2"}


# Numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "large"),
    [(2**53, False), (2**53 + 1, True), (-(2**53) - 1, True), ({"a": [2**60]}, True), (True, False), (1e300, False)],
)
def test_integers_that_a_double_does_not_hold(value: Any, large: bool) -> None:
    graph = graph_of(ASKING["python_function"])
    dag = graph.root.body
    assert isinstance(dag, Dag)
    task = replace(dag.tasks["work"], parameters={"x": ParameterBinding(Constant(value))})
    changed = replace(graph, root=replace(graph.root, body=Dag({"work": task})))
    assert ("exact_integer" in found(changed)) is large


def test_a_large_argument_is_found_and_a_large_default_that_is_overridden_is_not() -> None:
    def pipeline(x: int = 2**60) -> None:
        work(x=x)

    graph = graph_of(pipeline)
    assert [need.task for need in found(graph)["exact_integer"]] == [""]
    assert "exact_integer" not in found(graph, x=1)
    assert "exact_integer" in found(graph, x=2**61)


# Settings -------------------------------------------------------------------------------------------


def test_a_setting_that_nobody_knows_is_a_need() -> None:
    [need] = found(with_platform("kubernetes", neverHeardOf=1))["unknown_setting"]
    assert (need.task, need.detail) == ("work", "the Kubernetes setting neverHeardOf")
    [need] = found(with_platform("kfbridge", fromTheFuture=1))["unknown_setting"]
    assert need.detail == "the setting fromTheFuture"
    [need] = found(with_platform("mars", gravity=1))["unknown_setting"]
    assert need.detail == "the setting mars.gravity"


def test_a_part_of_a_setting_that_nobody_knows_is_a_need_beside_it() -> None:
    graph = with_platform("kubernetes", secretAsEnv=[{"secretName": "db", "rotate": True}])
    needs = found(graph)
    assert "secret_env" in needs
    [need] = needs["unknown_setting"]
    assert need.detail == "the Kubernetes setting secretAsEnv[0].rotate"


def test_a_setting_of_the_wrong_form_is_a_need_that_nobody_knows() -> None:
    [need] = found(with_platform("kubernetes", secretAsEnv={"secretName": "db"}))["unknown_setting"]
    assert need.detail == "the Kubernetes setting secretAsEnv"


@pytest.mark.parametrize("value", [5, "local", ["local"]])
def test_native_settings_of_the_wrong_form_are_a_need_that_nobody_knows(value: Any) -> None:
    assert "unknown_setting" in found(with_platform("kfbridge", native=value))


def test_an_unknown_setting_of_the_pipeline_as_a_whole_is_a_need() -> None:
    graph = replace(asking("python_function"), platforms={"kubernetes": {"pipelineConfig": {"semaphore": "a"}}})
    [need] = found(graph)["unknown_setting"]
    assert (need.task, need.detail) == ("", "the Kubernetes setting semaphore")


@pytest.mark.parametrize("value", [None, False, [], {}, ""])
def test_what_is_empty_asks_for_nothing(value: Any) -> None:
    assert {*found(with_platform("kubernetes", secretAsEnv=value, neverHeardOf=value))} == {"python_function"}


def test_settings_for_another_backend_are_no_need() -> None:
    graph = with_platform("kfbridge", native={"sagemaker": {"VolumeSizeInGB": 100}})
    assert "native" not in {need.feature for need in features(graph, {}, "vertex")}
    assert "native" in {need.feature for need in features(graph, {}, "sagemaker")}


# Size -----------------------------------------------------------------------------------------------


def test_ten_thousand_tasks_take_about_a_second() -> None:
    graph = chain(10_000)
    begin = time.process_time()
    needs = features(graph)
    assert len(needs) == 10_000 * 3 - 1
    assert time.process_time() - begin < 3  # 0.5 s on a quiet machine
