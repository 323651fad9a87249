"""The arguments of a run: typed, complete, and helpful when they are not."""

from __future__ import annotations

from typing import Any

import pytest

from kfbridge.errors import UsageError
from kfbridge.graph.arguments import bind_arguments, parse_arguments, required_inputs
from kfbridge.graph.model import ArtifactPort, Component, Dag, Graph, ParameterPort, ParameterType, Ports

T = ParameterType
GRAPH = Graph(
    "train",
    Component(
        "root",
        Ports(
            {
                "rows": ParameterPort(T.NUMBER_INTEGER),
                "name": ParameterPort(T.STRING),
                "rate": ParameterPort(T.NUMBER_DOUBLE, default=0.1, optional=True),
                "tags": ParameterPort(T.LIST, optional=True),
                "flag": ParameterPort(T.BOOLEAN, default=False, optional=True),
            },
            {"data": ArtifactPort("system.Dataset"), "more": ArtifactPort(is_list=True, optional=True)},
        ),
        Ports(),
        Dag({}),
    ),
)


def test_text_becomes_values_of_the_declared_types() -> None:
    pairs = {"rows": "5", "name": "007", "rate": "1", "tags": '["a"]', "flag": "true", "data": "gs://b/x"}
    assert parse_arguments(GRAPH, pairs) == {
        "rows": 5,
        "name": "007",
        "rate": 1.0,
        "tags": ["a"],
        "flag": True,
        "data": "gs://b/x",
    }


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (
            {"rows": "many"},
            r"the argument \"rows\" \(NUMBER_INTEGER\): 'many' is not a whole number\n  Correct it",
        ),
        ({"row": "1"}, 'the pipeline "train" has no input "row"\n  Did you mean rows'),
        ({"zzz": "1"}, "Its inputs are rows, name, rate, tags, flag, data, more"),
    ],
)
def test_text_that_does_not_fit_is_refused(pairs: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_arguments(GRAPH, pairs)


def test_values_are_bound_without_filling_in_defaults() -> None:
    values: dict[str, Any] = {"rows": 900.0, "name": 3, "data": "gs://b/x", "more": ["a", "b"], "tags": None}
    assert bind_arguments(GRAPH, values) == {"rows": 900, "name": "3", "data": "gs://b/x", "more": ["a", "b"]}


def test_missing_ones_are_named_all_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        bind_arguments(GRAPH, {"name": None})
    assert str(caught.value) == (
        'the pipeline "train" needs a value for rows, name, data\n  Give them: -p rows=... -p name=... -p data=...'
    )
    assert required_inputs(GRAPH) == ["rows", "name", "data"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rows": "5"}, "'5' is not a whole number"),
        ({"data": 3}, r"the argument \"data\" \(system.Dataset\): an artifact is given by its URI\n"),
        ({"more": [3]}, "an artifact is given by its URI, or a list of them"),
        ({"rowz": 5}, "Did you mean rows"),
    ],
)
def test_values_that_do_not_fit_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        bind_arguments(GRAPH, values)


def test_a_pipeline_without_inputs_says_so() -> None:
    graph = Graph("empty", Component("root", Ports(), Ports(), Dag({})))
    with pytest.raises(UsageError, match="It takes no arguments"):
        bind_arguments(graph, {"x": 1})
