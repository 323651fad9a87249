"""Flat conditions: one for each task, the outermost first."""

from __future__ import annotations

from typing import Any

import pytest

from kfbridge import dsl
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites import apply, conditions, inline
from kfbridge.spec.expression import unparse
from kfbridge.spec.read import Document, from_data
from tests.engine.build import In, Out, Retry, dag, pipeline, step, task
from tests.graph.rewrites.documents import document_of
from tests.graph.rewrites.equal import differences, happens, happens_rewritten


def compiled(function: Any) -> Document:
    return from_data([part for part in dsl.pipeline(function).documents if part])


@dsl.component
def flip() -> str:
    return "heads"


@dsl.component
def roll() -> int:
    return 3


@dsl.component
def say(text: str):
    print(text)


def written(document: Document) -> dict[str, str]:
    """The conditions of the root's tasks, without what is the same in all of them."""
    return {
        name: unparse(task.condition).replace("inputs.parameter_values", "") if task.condition else ""
        for name, task in resolve(document).root.body.tasks.items()
    }


def test_a_task_two_branches_deep_has_one_condition() -> None:
    def game():
        side = flip().output
        with dsl.If(side == "heads"):
            number = roll().output
            with dsl.If(number > 2):
                say(text="won")

    document = compiled(game)
    done = conditions(document)
    assert written(done.document) == {
        "flip": "",
        "condition-1-roll": "['pipelinechannel--flip-Output'] == 'heads'",
        "condition-1-condition-2-say": "['pipelinechannel--flip-Output'] == 'heads' && "
        "int(['pipelinechannel--roll-Output']) > 2",
    }
    say_ = resolve(done.document).root.body.tasks["condition-1-condition-2-say"]
    assert say_.producers == ("condition-1-roll", "flip")
    assert set(say_.parameters) == {"text", "pipelinechannel--flip-Output", "pipelinechannel--roll-Output"}
    assert done.origin_key("condition-1-condition-2-say") == "condition-1/condition-2/say"


def test_elif_and_else_are_the_negations_of_what_stands_before_them() -> None:
    def game():
        number = roll().output
        with dsl.If(number == 1):
            say(text="one")
        with dsl.Elif(number == 2):
            say(text="two")
        with dsl.Else():
            say(text="many")

    done = apply(compiled(game), [inline, conditions])
    value = "int(['pipelinechannel--roll-Output'])"
    assert list(written(done.document).values()) == [
        "",
        f"{value} == 1",
        f"!({value} == 1) && {value} == 2",
        f"!({value} == 1) && !({value} == 2)",
    ]


def test_the_outputs_of_branches_come_from_the_tasks_in_them() -> None:
    def game() -> str:
        number = roll().output
        with dsl.If(number == 1):
            one = flip()
        with dsl.Else():
            two = flip()
        return dsl.OneOf(one.output, two.output)

    done = apply(compiled(game), [conditions, inline])
    assert [one.task for one in resolve(done.document).root.body.parameters["Output"]] == [
        "condition-branches-1-condition-2-flip",
        "condition-branches-1-condition-3-flip-2",
    ]


@pytest.mark.parametrize(
    ("side", "number", "ran"),
    [("heads", 3, {"outer/make": "succeeded", "outer/inner/deep": "succeeded"}), ("tails", 3, {})],
)
def test_where_the_outer_condition_is_false_the_inner_one_is_not_asked(
    side: str, number: int, ran: dict[str, str]
) -> None:
    """The inner condition reads what the skipped task would have made."""
    inner = dag(task("deep", step()), inputs={"x": int})
    outer = dag(
        task("make", step({"n": int}, {"x": int}), {"n": number}),
        task("inner", inner, {"x": Out("make.x")}, condition="inputs.parameter_values['x'] >= 0"),
        inputs={"side": str},
    )
    graph = pipeline(
        task("outer", outer, {"side": In("side")}, condition="inputs.parameter_values['side'] == 'heads'"),
        inputs={"side": str},
    )
    done = conditions(document_of(graph))
    assert happens_rewritten(done, {"side": side}).ran == ran


def test_an_outer_condition_that_may_not_be_evaluated_is_asked_first() -> None:
    """``a && b`` would be false where ``a`` fails and ``b`` is false; the run must fail there."""
    inner = dag(task("deep", step()), inputs={"n": int})
    outer = dag(
        task("inner", inner, {"n": In("n")}, condition="inputs.parameter_values['n'] == 1"),
        inputs={"n": int, "text": str},
    )
    group = task(
        "outer", outer, {"n": In("n"), "text": In("text")}, condition="int(inputs.parameter_values['text']) > 0"
    )
    document = document_of(pipeline(group, inputs={"n": int, "text": str}))
    done = conditions(document)
    assert written(done.document) == {"outer-inner-deep": "int(['text']) > 0 ? ['n'] == 1 : false"}
    for arguments in ({"n": 2, "text": "many"}, {"n": 1, "text": "2"}, {"n": 2, "text": "2"}):
        assert not differences(happens(document, arguments), happens_rewritten(done, arguments))
    assert happens_rewritten(done, {"n": 2, "text": "many"}).state == "failed"


def test_a_loop_under_a_condition_carries_it() -> None:
    def game():
        side = flip().output
        with dsl.If(side == "heads"), dsl.ParallelFor(["a", "b"]) as item:
            say(text=item)

    done = conditions(compiled(game))
    assert written(done.document)["condition-1-for-loop-3"] == "['pipelinechannel--flip-Output'] == 'heads'"


def test_a_nested_pipeline_under_a_condition_is_dissolved_and_one_with_retries_stays() -> None:
    inner = dag(task("a", step()))
    graph = pipeline(
        task("plain", inner, {"n": 1}, condition="inputs.parameter_values['n'] == 1"),
        task(
            "stubborn", dag(task("b", step())), {"n": 1}, condition="inputs.parameter_values['n'] == 1", retry=Retry(1)
        ),
    )
    for one in graph.root.body.tasks.values():
        one.component.inputs.parameters["n"] = step({"n": int}).inputs.parameters["n"]
    assert written(conditions(document_of(graph)).document) == {"plain-a": "['n'] == 1", "stubborn": "['n'] == 1"}


def test_a_value_that_may_be_taken_out_only_under_the_condition_keeps_the_group() -> None:
    def game(items: list):
        with dsl.ParallelFor(items) as item, dsl.If(item.kind == "text"):
            say(text=item.text)

    done = conditions(compiled(game))
    finding, *others = done.findings
    assert (finding.task, others) == ("for-loop-1/condition-2", [])
    assert "which may only be tried where it holds" in finding.reason


def test_only_the_conditions_that_are_named_are_flattened() -> None:
    def game():
        side = flip().output
        with dsl.If(side == "heads"):
            say(text="a")
        with dsl.If(side == "tails"):
            say(text="b")

    done = conditions(compiled(game), only=["condition-2"])
    assert set(resolve(done.document).root.body.tasks) == {"flip", "condition-1", "condition-2-say-2"}
