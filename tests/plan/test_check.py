"""Needs held against capabilities: findings, losses, combinations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kfbridge.backends.driven import driven_capabilities
from kfbridge.errors import UsageError
from kfbridge.findings import Finding, Level
from kfbridge.plan.capabilities import Capabilities, Combination
from kfbridge.plan.check import check, feature_names, left_out, unused
from kfbridge.plan.needs import Need
from kfbridge.plan.support import Support, native, refused, rewritten
from tests.plan.asking import asking
from tests.plan.checked import NAMES, backend
from tests.plan.checked import refused as refused_features

ABSENT = refused("there is none here", "Remove it.")
LOSS = refused("there is none here", "Remove it.", loss=True)


def table(*combinations: Combination, **answers: Support) -> Capabilities:
    return driven_capabilities(**answers).but(*combinations)


def test_every_need_has_a_finding_also_where_there_is_nothing_to_say() -> None:
    needs = [Need("cache", "a"), Need("cache", "b"), Need("retry", "a")]
    found = check(table(retry=native("a field of the job")), needs)
    assert [(one.feature, one.task, one.level, one.reason) for one in found] == [
        ("cache", "a", Level.DRIVEN, ""),
        ("cache", "b", Level.DRIVEN, ""),
        ("retry", "a", Level.NATIVE, "a field of the job"),
    ]


def test_refusals_come_first_and_the_rest_stays_in_order() -> None:
    needs = [Need("cache", "a"), Need("spot", "b"), Need("retry", "c")]
    assert [one.feature for one in check(table(spot=ABSENT), needs)] == ["spot", "cache", "retry"]


def test_a_need_is_answered_by_what_is_around_it() -> None:
    inside = Combination("retry", "loop_over_output", ABSENT)
    needs = [
        Need("retry", "a"),
        Need("retry", "b", ("exit_handler", "loop_over_output", "nested_pipeline")),
        Need("retry", "c", ("loop_over_constant",)),
        Need("cache", "b", ("loop_over_output",)),
    ]
    assert [one.task for one in check(table(inside), needs) if one.level is Level.REFUSED] == ["b"]


def test_the_first_combination_counts() -> None:
    found = check(
        table(Combination("retry", "exit_handler", rewritten("first")), Combination("retry", "one_of", ABSENT)),
        [Need("retry", "a", ("one_of", "exit_handler"))],
    )
    assert [one.reason for one in found] == ["first"]


def test_an_answer_can_be_made_exact_and_be_several() -> None:
    def exact(need: Need, answer: Support) -> Iterator[Support]:
        yield answer
        if need.task == "b":
            yield rewritten("only here")

    found = check(table(), [Need("cache", "a"), Need("cache", "b")], exact)
    assert [(one.task, one.reason) for one in found] == [("a", ""), ("b", ""), ("b", "only here")]


# Losses ---------------------------------------------------------------------------------------------


def test_an_allowed_loss_is_left_out_and_says_so() -> None:
    [finding] = check(table(spot=LOSS), [Need("spot", "a")], allow_loss=["spot"])
    assert (finding.level, finding.remedy) == (Level.REWRITTEN, "")
    assert finding.reason == "left out, as allowed: there is none here"
    assert left_out([finding]) == {"spot"}


def test_what_cannot_be_left_out_stays_refused() -> None:
    [finding] = check(table(spot=ABSENT), [Need("spot", "a")], allow_loss=["spot"])
    assert finding.level is Level.REFUSED
    assert unused(["spot"], [finding]) == ["spot"]


def test_a_loss_that_is_not_needed_makes_no_difference() -> None:
    found = check(table(spot=LOSS), [Need("cache", "a")], allow_loss=["spot"])
    assert unused(["spot", "cache"], found) == ["spot", "cache"]


@pytest.mark.parametrize("name", ["node_selection", "node-selection", "node selection"])
def test_a_feature_is_found_however_it_is_spelt(name: str) -> None:
    [finding] = check(table(node_selection=LOSS), [Need("node_selection", "a")], allow_loss=[name])
    assert finding.level is Level.REWRITTEN


def test_a_name_that_is_no_feature_is_an_error_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        check(table(), [Need("cache", "a")], allow_loss=["node_selector"])
    assert str(caught.value) == (
        "allow_loss: There is no feature called 'node_selector' that could be left out.\n"
        "  Did you mean 'node_selection'? `kfbridge check` names those that the pipeline needs."
    )


def test_a_backends_own_feature_can_be_allowed() -> None:
    def exact(need: Need, answer: Support) -> Iterator[Support]:
        yield answer

    assert check(table(), [Need("cache", "a")], exact, allow_loss=["cache"])


# Unknown settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_backend_refuses_a_setting_that_nobody_knows(name: str) -> None:
    [finding] = [one for one in backend(name).check(asking("unknown_setting"), {}) if one.level is Level.REFUSED]
    assert (finding.feature, finding.task) == ("unknown_setting", "work")
    assert "the Kubernetes setting neverHeardOf" in finding.reason


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_that_nobody_knows_can_be_left_out_by_name(name: str) -> None:
    found = backend(name, allow_loss=["unknown_setting"]).check(asking("unknown_setting"), {})
    assert refused_features(found) == []
    assert left_out(found) == {"unknown_setting"}


# Every backend, every feature -----------------------------------------------------------------------


def answer(name: str, feature: str) -> list[Finding]:
    found = backend(name, **({"containers": "host"} if name == "local" else {})).check(asking(feature), {})
    return [one for one in found if one.feature == feature]


@pytest.mark.parametrize("feature", feature_names())
@pytest.mark.parametrize("name", ["k8s", "vertex", "sagemaker", "azureml"])
def test_a_provider_says_of_each_feature_what_its_table_says(name: str, feature: str) -> None:
    if feature == "unknown_setting":
        assert {one.level for one in answer(name, feature)} == {Level.REFUSED}
    elif feature == "native":  # the pipeline speaks to local alone
        assert answer(name, feature) == []
    else:
        expected: Any = getattr(backend(name).capabilities, feature)
        assert expected.level in {one.level for one in answer(name, feature)}


@pytest.mark.parametrize(
    ("name", "settings", "feature", "level"),
    [
        ("azureml", {}, "loop_over_output", Level.REFUSED),
        ("azureml", {"control_flow": "preview"}, "loop_over_output", Level.REWRITTEN),
        ("azureml", {}, "spot", Level.NATIVE),
        ("azureml", {"compute": "my-cluster"}, "spot", Level.REFUSED),
        ("azureml", {"compute": "my-cluster"}, "accelerator", Level.REWRITTEN),
        ("local", {}, "container", Level.REFUSED),
        ("local", {"containers": "docker"}, "container_entrypoint", Level.DRIVEN),
        ("local", {"containers": "host"}, "container_entrypoint", Level.REFUSED),
    ],
)
def test_a_target_changes_what_its_backend_can(name: str, settings: dict[str, Any], feature: str, level: Level) -> None:
    one = backend(name, **settings)
    assert getattr(one.capabilities, feature).level is level
    assert {found.level for found in one.check(asking(feature), {}) if found.feature == feature} == {level}
