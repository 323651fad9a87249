"""The tail behind a OneOf, once for each branch: every step still runs at most once, and is given the same."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfbridge import api, dsl
from kfbridge.findings import Level
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites import Rewritten
from kfbridge.graph.rewrites.oneof import oneof
from kfbridge.spec.read import Document, from_data, read_file
from kfbridge.spec.validate import problems
from kfbridge.spec.write import write_yaml
from kfbridge.testing.cases import CASES
from kfbridge.testing.cases.steps import add, echo, number
from tests.conftest import corpus_files
from tests.engine.build import In, Out, dag, pipeline, step, task
from tests.graph.rewrites.branching import documents
from tests.graph.rewrites.pretend import Played, Pretence, case_document, document_of, play, well_formed

IS_ONE, IS_TWO = "inputs.parameter_values['n'] == 1", "inputs.parameter_values['n'] == 2"


def compiled(function: Any) -> Document:
    return from_data([one for one in dsl.pipeline(function).documents if one])


def root_tasks(rewritten: Rewritten) -> dict[str, Any]:
    return dict(rewritten.document.to_data()[0]["root"]["dag"]["tasks"])


def joined(document: Document) -> list[str]:
    """The components, but for the root, with an output that is one of several."""
    data = document.to_data()[0]
    found = []
    for name, component in data.get("components", {}).items():
        outputs = (component.get("dag") or {}).get("outputs") or {}
        several = [
            one.get("artifactSelectors") or (one.get("valueFromOneof") or {}).get("parameterSelectors") or []
            for kind in ("parameters", "artifacts")
            for one in (outputs.get(kind) or {}).values()
        ]
        found += [name for one in several if len(one) > 1]
    return found


def ended(played: Played) -> dict[str, str]:
    """How the steps ended of which something was to be seen; a copy for another branch is as good as skipped."""
    return {key: state for key, state in played.states.items() if state != "skipped"}


def check(document: Document, seed: int, **options: Any) -> Rewritten:
    """Rewrite, run both with and without a step that fails, and compare."""
    before = document.to_data()
    rewritten = oneof(document, **options)
    assert document.to_data() == before
    assert write_yaml(oneof(document, **options).document.to_data()) == write_yaml(rewritten.document.to_data())
    well_formed(rewritten.document)
    assert [f"{one.path}: {one.reason}" for one in problems(rewritten.document)] == []
    pretence = Pretence(resolve(document), seed)
    leaves = sorted(play(pretence).given)
    for broken in (set[str](), set(random.Random(seed).sample(leaves, min(1, len(leaves))))):
        pretence.broken = broken
        original, found = play(pretence), play(pretence, rewritten)
        assert found.world.ended == original.world.ended
        assert found.given == original.given
        assert found.begun == original.begun
        assert ended(found) == ended(original)
        assert found.outputs.parameters == original.outputs.parameters
    return rewritten


def test_a_consumer_is_copied_for_each_branch() -> None:
    def chosen() -> str:
        with dsl.If(number(value=1).output == 2):
            yes = echo(text="yes")
        with dsl.Else():
            no = echo(text="no")
        after = echo(text=dsl.OneOf(yes.output, no.output))
        number(value=3).after(after)
        return after.output

    document = compiled(chosen)
    rewritten = check(document, 0)
    tasks = root_tasks(rewritten)
    assert sorted(tasks) == [
        "condition-branches-1",
        "echo-3-condition-2",
        "echo-3-condition-3",
        "number",
        "number-2",
    ]
    assert tasks["number-2"]["dependentTasks"] == ["echo-3-condition-2", "echo-3-condition-3"]
    assert {path for path, origin in rewritten.origins.items() if origin.path == "echo-3"} == {
        "echo-3-condition-2",
        "echo-3-condition-3",
    }
    assert joined(document) == ["comp-condition-branches-1"]
    assert not joined(rewritten.document)
    assert not rewritten.findings


def test_two_choices_on_one_consumer_give_a_copy_for_each_combination() -> None:
    @dsl.pipeline
    def pick(value: int) -> int:
        with dsl.If(value == 1):
            one = add(a=1)
        with dsl.Else():
            two = add(a=2)
        return dsl.OneOf(one.output, two.output)

    def both(value: int) -> int:
        return add(a=pick(value=value).output, b=pick(value=2).output).output

    rewritten = check(compiled(both), 0)
    assert len([name for name in root_tasks(rewritten) if name.startswith("add")]) == 4


def without_else(consumer: Any) -> Document:
    """Two branches that both may be left out, and a step behind them."""
    made = step({"n": int}, {"x": int})
    first = task("first", made, {"n": In("n")}, condition=IS_ONE)
    second = task("second", made, {"n": In("n")}, condition=f"!({IS_ONE}) && {IS_TWO}")
    branches = dag(first, second, inputs={"n": int}, outputs={"x": ["first.x", "second.x"]})
    start = task("start", step(outputs={"x": int}))
    group = task("group", branches, {"n": Out("start.x")})
    behind = task("behind", consumer, {"n": Out("group.x")})
    last = task("last", step({"n": (int, 6)}, {"x": int}), {"n": Out("behind.x")})
    return document_of(pipeline(start, group, behind, last))


def test_where_no_branch_ran_what_needs_the_value_is_skipped() -> None:
    for seed in range(12):
        rewritten = check(without_else(step({"n": int}, {"x": int})), seed)
    names = sorted(root_tasks(rewritten))
    assert [name for name in names if name.startswith("behind")] == ["behind-first", "behind-second"]
    assert [name for name in names if name.startswith("last")] == ["last-first", "last-none", "last-second"]


def test_where_no_branch_ran_what_can_do_without_the_value_runs_with_its_default() -> None:
    seen = set()
    document = without_else(step({"n": (int, 5)}, {"x": int}))
    for seed in range(12):
        rewritten = check(document, seed)
        seen |= {key for key, state in play(Pretence(resolve(document), seed)).states.items() if state == "succeeded"}
    assert seen == {"start", "group/first", "group/second", "behind", "last"}
    assert sorted(name for name in root_tasks(rewritten) if name.startswith("behind")) == [
        "behind-first",
        "behind-none",
        "behind-second",
    ]


def test_more_copies_than_are_allowed_are_not_made() -> None:
    document = case_document("one_of_parameters")
    rewritten = check(document, 0, at_most=1)
    (finding,) = rewritten.findings
    assert (finding.feature, finding.task, finding.level) == ("one_of", "condition-branches-1", Level.REFUSED)
    assert finding.reason == "what follows takes 2 copies, and at most 1 are allowed (0 are made)"


def test_candidates_that_may_both_exist_stay_together() -> None:
    made = step({"n": int}, {"x": int})
    group = dag(
        task("first", made, {"n": In("n")}, condition=IS_ONE),
        task("second", made, {"n": In("n")}, condition=f"!({IS_TWO})"),
        inputs={"n": int},
        outputs={"x": ["first.x", "second.x"]},
    )
    start = task("start", step(outputs={"x": int}))
    behind = task("behind", made, {"n": Out("group.x")})
    rewritten = check(document_of(pipeline(start, task("group", group, {"n": Out("start.x")}), behind)), 0)
    assert [finding.reason for finding in rewritten.findings] == [
        "its output 'x' is one of several, of which more than one may exist"
    ]


def test_what_a_loop_collects_of_branches_stays_together() -> None:
    rewritten = check(case_document("one_of_in_a_loop"), 0)
    assert {finding.reason for finding in rewritten.findings} == {
        "a loop collects what one of several branches made in each iteration"
    }


@pytest.mark.parametrize("name", CASES)
def test_conformance_cases(name: str) -> None:
    check(case_document(name), 0)


@pytest.mark.corpus
@pytest.mark.parametrize(
    "path",
    corpus_files("valid", "argo_compatibility", "kubernetes"),
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_corpus(path: Path) -> None:
    check(read_file(path), 0)


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(documents(), st.integers(0, 1000))
def test_random_pipelines(document: Document, seed: int) -> None:
    rewritten = check(document, seed)
    assert rewritten.findings or not joined(rewritten.document)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(name for name, case in CASES.items() if "OneOf" in case.features))
def test_real_steps(name: str, tmp_path: Path) -> None:
    """The conformance cases about OneOf end as they must when their rewritten pipelines are really run."""
    case = CASES[name]
    rewritten = oneof(case_document(name))
    file = tmp_path / "rewritten.yaml"
    file.write_text(write_yaml(rewritten.document.to_data()), encoding="utf-8")
    status = api.run(file, dict(case.arguments), settings={"artifact_root": str(tmp_path / "runs")}).wait()
    assert status.state == case.expected.state, status.error
    for output, expected in case.expected.outputs.items():
        assert status.outputs[output] == expected
