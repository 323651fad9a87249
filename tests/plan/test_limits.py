"""Limits: what is measured before a plan is made, and what is said of what goes beyond."""

from __future__ import annotations

from typing import Any

import pytest

from kfbridge import dsl, plugins
from kfbridge.findings import Finding, Level
from kfbridge.graph.model import Graph
from kfbridge.plan.limits import Limit, Limits, Measure, check_limits, describe
from kfbridge.plan.measures import measures
from kfbridge.plan.needs import features
from tests.plan.asking import ASKING, graph_of, make, numbers, read_all, shout, with_platform, work
from tests.plan.checked import NAMES, backend


def measured(graph: Graph, limit: str, **arguments: Any) -> list[tuple[str, Any]]:
    found = measures(graph, features(graph, arguments), arguments)
    return [(one.task, one.value) for one in found if one.limit == limit]


# The check ------------------------------------------------------------------------------------------


def judged(limit: Limit, value: str | int, name: str = "argument") -> list[Finding]:
    return list(check_limits(Limits(**{name: limit}), [Measure(name, value, "a word", "a")]))


def test_what_fits_is_not_spoken_of() -> None:
    assert judged(Limit(3), "abc") == []
    assert judged(Limit(3), 3) == []
    assert check_limits(Limits(), [Measure("argument", "abc", "a word")]) == ()


def test_beyond_a_limit_is_refused_with_both_numbers_and_a_remedy() -> None:
    [finding] = judged(Limit(1000), "x" * 1234)
    assert (finding.feature, finding.task, finding.level) == ("argument", "a", Level.REFUSED)
    assert finding.reason == "a word is 1,234 characters, and at most 1,000 are allowed"
    assert finding.remedy == "Hand long text over as an artifact, or read it from a file in the image."


def test_beyond_a_quota_is_said_and_not_refused() -> None:
    [finding] = judged(Limit(50, soft=True), 51, "tasks")
    assert finding.level is Level.NATIVE
    assert finding.reason == "a word is 51, and at most 50 are allowed unless the account's quota is raised"


def test_text_that_does_not_match_is_refused() -> None:
    [finding] = judged(Limit(10, r"[a-z]+"), "Ab")
    assert finding.reason == "a word is 'Ab', which does not match [a-z]+"
    assert finding.remedy


# What is measured -----------------------------------------------------------------------------------


def test_steps_are_counted_as_if_known_loops_were_unrolled() -> None:
    def pipeline(xs: list[int]) -> None:
        with dsl.ParallelFor([1, 2, 3]) as outer:
            work(x=outer)
            with dsl.ParallelFor(xs) as x:
                work(x=x)
        with dsl.ParallelFor(numbers().output) as x:
            work(x=x)

    graph = graph_of(pipeline)
    assert measured(graph, "tasks", xs=[1, 2, 3, 4]) == [("", 3 + 3 * 4 + 1 + 1)]
    assert measured(graph, "tasks") == [("", 3 + 3 + 1 + 1)]
    assert [value for _, value in measured(graph, "loop_items", xs=[1, 2, 3, 4])] == [3, 4]


def test_collected_artifacts_are_as_many_as_the_items() -> None:
    def pipeline(xs: list[int]) -> None:
        with dsl.ParallelFor(xs) as x:
            made = make().after(work(x=x))
        read_all(data=dsl.Collected(made.outputs["data"]))

    assert measured(graph_of(pipeline), "artifact_list", xs=[0] * 101) == [("for-loop-1", 101)]


def test_names_counts_and_sizes_of_a_step() -> None:
    def pipeline(first: int, second: int = 2) -> None:
        shout().set_env_variable("LEVEL", "debug").set_retry(3)

    graph = graph_of(pipeline)
    assert measured(graph, "parameters") == [("", 2)]
    assert measured(graph, "parameter_name") == [("", "first"), ("", "second")]
    assert measured(graph, "environment") == [("shout", 1)]
    assert measured(graph, "environment_value") == [("shout", "debug")]
    assert measured(graph, "arguments") == [("shout", 2)]
    assert measured(graph, "image") == [("shout", "busybox")]
    assert measured(graph, "retries") == [("shout", 3)]


def test_settings_are_measured_in_seconds_and_bytes() -> None:
    assert measured(with_platform("kfbridge", timeout="7200s"), "timeout") == [("work", 7200)]
    assert measured(with_platform("kubernetes", activeDeadlineSeconds="60"), "timeout") == [("work", 60)]
    assert measured(with_platform("kfbridge", sharedMemory="1Gi"), "shared_memory") == [("work", 2**30)]
    assert measured(with_platform("kfbridge", sharedMemory="much"), "shared_memory") == []


# The backends ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_has_a_source_and_a_bound(name: str) -> None:
    for field in describe():
        limit = getattr(plugins.backend(name).limits, field)
        if limit is not None:
            assert limit.source
            assert limit.maximum is not None or limit.pattern


def beyond(name: str, function: Any, **arguments: Any) -> dict[str, Level]:
    """What is said of limits; some of them have the name of a feature."""
    found = backend(name).check(graph_of(function), arguments)
    return {one.feature: one.level for one in found if " allowed" in one.reason or "does not match" in one.reason}


def test_a_quota_of_sagemaker_is_said_and_can_be_raised_in_the_target() -> None:
    def pipeline() -> None:
        with dsl.ParallelFor(list(range(60))) as x:
            work(x=x)

    assert beyond("sagemaker", pipeline)["tasks"] is Level.NATIVE
    found = backend("sagemaker", step_quota=100).check(graph_of(pipeline), {})
    assert "tasks" not in {one.feature for one in found}


def test_limits_of_the_services_are_refused() -> None:
    def parallel() -> None:
        with dsl.ParallelFor([1, 2], parallelism=51) as x:
            work(x=x)

    def patient() -> None:
        work().set_timeout("240h")

    assert "loop_parallelism" in beyond("sagemaker", parallel)
    assert beyond("sagemaker", patient)["timeout"] is Level.REFUSED
    assert "timeout" not in beyond("k8s", patient)


def test_a_hundred_and_one_collected_artifacts_are_too_many_for_vertex() -> None:
    def pipeline() -> None:
        with dsl.ParallelFor(list(range(101))) as x:
            made = make().after(work(x=x))
        read_all(data=dsl.Collected(made.outputs["data"]))

    assert beyond("vertex", pipeline)["artifact_list"] is Level.REFUSED


def test_what_fits_is_not_spoken_of_by_any_backend() -> None:
    for name in NAMES:
        assert beyond(name, ASKING["python_function"]) == {}
