"""The tables of the backends: whole, readable, and with a way out of every refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from kfbridge import plugins
from kfbridge.backends.azureml.capabilities import preview
from kfbridge.findings import Level
from kfbridge.plan.capabilities import Capabilities, describe
from kfbridge.plan.support import Support
from tests.plan.checked import NAMES, backend

TABLES = {
    **{name: plugins.backend(name).capabilities for name in NAMES},
    "local-host": backend("local", containers="host").capabilities,
    "local-docker": backend("local", containers="docker").capabilities,
    "azureml-preview": preview(),
    "azureml-cluster": backend("azureml", compute="mine").capabilities,
}
GROUPS = {
    "nested_pipeline",
    "condition_on_input",
    "condition_on_output",
    "loop_over_constant",
    "loop_over_input",
    "loop_over_output",
    "loop_over_artifacts",
    "exit_handler",
}
"""The features that a group can have."""


def answers(table: Capabilities) -> Iterator[tuple[str, Support]]:
    yield from ((one.name, getattr(table, one.name)) for one in describe())
    yield from ((f"{one.feature} within {one.within}", one.support) for one in table.combinations)


every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


@every_table
def test_a_reason_reads_after_the_tasks_name(table: Capabilities) -> None:
    for feature, support in answers(table):
        if support.reason:
            first = support.reason.split()[0]
            is_name = not first.islower()  # Azure, Vertex, DependsOn, TASK_CONFIG
            assert is_name or first[0].islower(), feature
            assert not support.reason.endswith((".", "!", ";", ",")), feature
            assert "  " not in support.reason, feature


@every_table
def test_a_refusal_has_a_reason_and_a_remedy_and_nothing_else_has_one(table: Capabilities) -> None:
    for feature, support in answers(table):
        if support.level is Level.REFUSED:
            assert len(support.reason.split()) >= 4, feature
            assert re.fullmatch(r"[A-Z].*\.", support.remedy), feature
        else:
            assert (support.remedy, support.loss) == ("", False), feature


@every_table
def test_what_is_rewritten_says_how(table: Capabilities) -> None:
    unsaid = [name for name, one in answers(table) if one.level is Level.REWRITTEN and not one.reason]
    assert unsaid == []


@every_table
def test_a_loss_can_be_accepted_where_the_remedy_says_so(table: Capabilities) -> None:
    for feature, support in answers(table):
        assert support.loss or not re.search("allow (its|the) loss", support.remedy), feature


@every_table
def test_a_combination_is_of_a_feature_in_a_group_and_differs(table: Capabilities) -> None:
    names = {one.name for one in describe()}
    for one in table.combinations:
        assert one.feature in names
        assert one.within in GROUPS
        assert one.support != getattr(table, one.feature)


def test_every_feature_has_a_group_and_a_meaning() -> None:
    assert {one.group for one in describe()} == {"Control flow", "Steps", "Data", "Machines", "Settings"}
    assert all(one.meaning.endswith(".") for one in describe())


def test_other_answers_leave_the_rest_and_stand_before_it() -> None:
    table = TABLES["vertex"]
    changed = table.but(spot=table.cache)
    assert changed.spot == table.cache
    assert replace(changed, spot=table.spot) == table


COMBINED = [
    ("vertex", "loop_over_input", ("exit_handler",), Level.REWRITTEN),
    ("vertex", "loop_over_input", (), Level.NATIVE),
    ("vertex", "retry", ("loop_over_output",), Level.NATIVE),
    ("sagemaker", "condition_on_output", (), Level.NATIVE),
    ("sagemaker", "condition_on_output", ("condition_on_input",), Level.REWRITTEN),
    ("sagemaker", "condition_on_output", ("loop_over_output",), Level.REWRITTEN),
    ("sagemaker", "loop_over_output", ("loop_over_constant",), Level.REWRITTEN),
    ("sagemaker", "loop_over_output", ("nested_pipeline", "loop_over_output"), Level.REFUSED),
    ("sagemaker", "loop_over_constant", ("loop_over_output",), Level.REWRITTEN),
    ("sagemaker", "exit_handler", ("loop_over_output",), Level.REFUSED),
    ("sagemaker", "exit_handler", ("loop_over_constant",), Level.REWRITTEN),
    ("azureml-preview", "loop_over_output", ("loop_over_output",), Level.REFUSED),
    ("azureml-preview", "loop_over_output", ("loop_over_constant",), Level.REWRITTEN),
    ("k8s", "loop_over_output", ("loop_over_output", "exit_handler"), Level.DRIVEN),
]


@pytest.mark.parametrize(("name", "feature", "within", "level"), COMBINED)
def test_what_differs_inside_of_a_group(name: str, feature: str, within: tuple[str, ...], level: Level) -> None:
    assert TABLES[name].support(feature, within).level is level
