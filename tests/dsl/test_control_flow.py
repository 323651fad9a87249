"""Conditions, loops and exit handlers: the dags they become, and what is refused."""

from __future__ import annotations

import pytest

from kfbridge import dsl
from kfbridge.errors import CompileError, TypeMismatchError
from tests.dsl.components import add, echo, make, nothing, read, report, total, words


def dags(spec) -> dict[str, list[str]]:
    """The tasks of each dag, by the name of its component."""
    found = {name: sorted(body["dag"]["tasks"]) for name, body in spec["components"].items() if "dag" in body}
    return {"root": sorted(spec["root"]["dag"]["tasks"]), **found}


def test_branches_lie_in_a_group_that_takes_the_number_of_the_if(compiled) -> None:
    def function(text: str):
        with dsl.If(text == "a"):
            nothing()
        with dsl.Elif(text == "b"):
            nothing()
        with dsl.Else():
            nothing()

    spec = compiled(function)
    assert dags(spec) == {
        "root": ["condition-branches-1"],
        "comp-condition-branches-1": ["condition-2", "condition-3", "condition-4"],
        "comp-condition-2": ["nothing"],
        "comp-condition-3": ["nothing-2"],
        "comp-condition-4": ["nothing-3"],
    }
    tasks = spec["components"]["comp-condition-branches-1"]["dag"]["tasks"]
    text = "inputs.parameter_values['pipelinechannel--text']"
    assert [tasks[name]["triggerPolicy"]["condition"] for name in sorted(tasks)] == [
        f"{text} == 'a'",
        f"!({text} == 'a') && {text} == 'b'",
        f"!({text} == 'a') && !({text} == 'b')",
    ]


def test_what_follows_an_elif_without_an_else_is_outside_of_the_branches(compiled) -> None:
    def function(text: str):
        with dsl.If(text == "a"):
            nothing()
        with dsl.Elif(text == "b"):
            nothing()
        echo(text="after")
        with dsl.If(text == "c"):
            nothing()

    assert dags(compiled(function))["root"] == ["condition-4", "condition-branches-1", "echo"]


@pytest.mark.parametrize(
    ("comparison", "condition"),
    [
        (lambda n, f, b, s: n > 3, "int({n}) > 3"),
        (lambda n, f, b, s: n > 3.5, "double(int({n})) > 3.5"),
        (lambda n, f, b, s: f <= 2, "{f} <= double(2)"),
        (lambda n, f, b, s: b == True, "{b} == true"),  # noqa: E712
        (lambda n, f, b, s: s != "x", "{s} != 'x'"),
        (lambda n, f, b, s: s == 5, "{s} == '5'"),
        (lambda n, f, b, s: n == s, "string(int({n})) == {s}"),
    ],
)
def test_the_text_of_a_condition(compiled, comparison, condition: str) -> None:
    def function(n: int, f: float, b: bool, s: str):
        with dsl.If(comparison(n, f, b, s)):
            nothing()

    task = compiled(function)["root"]["dag"]["tasks"]["condition-1"]
    names = {name: f"inputs.parameter_values['pipelinechannel--{name}']" for name in "nfbs"}
    assert task["triggerPolicy"]["condition"] == condition.format(**names)


def test_a_boolean_compared_with_a_number_means_the_opposite_as_in_kfp_and_warns(compiled) -> None:
    def function(flag: bool):
        with dsl.If(flag == 1):
            nothing()

    with pytest.warns(UserWarning, match="takes this for a comparison with false"):
        task = compiled(function)["root"]["dag"]["tasks"]["condition-1"]
    assert task["triggerPolicy"]["condition"] == "inputs.parameter_values['pipelinechannel--flag'] == false"


def test_and_between_comparisons_warns(compiled) -> None:
    def function(text: str):
        with dsl.If(text == "a" and text != "b"):
            nothing()

    with pytest.warns(UserWarning, match=r"test_control_flow\.py:\d+: a comparison of a channel is used as a truth"):
        compiled(function)


def test_the_items_of_a_constant_list_are_numbered_before_the_loop(compiled) -> None:
    def function():
        with dsl.ParallelFor([1, 2], parallelism=2, name="both") as item:
            add(a=item)

    task = compiled(function)["root"]["dag"]["tasks"]["for-loop-2"]
    assert task == {
        "taskInfo": {"name": "both"},
        "componentRef": {"name": "comp-for-loop-2"},
        "parameterIterator": {"items": {"raw": "[1, 2]"}, "itemInput": "pipelinechannel--loop-item-param-1"},
        "iteratorPolicy": {"parallelismLimit": 2},
    }


def test_any_key_of_an_item_is_reachable_whatever_channels_have_by_that_name(compiled) -> None:
    def function():
        with dsl.ParallelFor([{"name": "a", "task": "b"}]) as item:
            echo(text=item.name)
            echo(text=item["task"])

    tasks = compiled(function)["components"]["comp-for-loop-2"]["dag"]["tasks"]
    assert [tasks[name]["inputs"]["parameters"]["text"]["parameterExpressionSelector"] for name in sorted(tasks)] == [
        'parseJson(string_value)["name"]',
        'parseJson(string_value)["task"]',
    ]


def test_a_loop_over_a_key_of_a_constant_item_takes_the_key_alone(compiled) -> None:
    def function():
        with dsl.ParallelFor([{"b": [1]}, {"b": [2, 3]}]) as item, dsl.ParallelFor(item.b) as number:
            add(a=number)

    components = compiled(function)["components"]
    key = "pipelinechannel--loop-item-param-1-subvar-b"
    assert components["comp-for-loop-2"]["dag"]["tasks"]["for-loop-3"]["inputs"]["parameters"] == {
        key: {
            "componentInputParameter": "pipelinechannel--loop-item-param-1",
            "parameterExpressionSelector": 'parseJson(string_value)["b"]',
        }
    }
    assert components["comp-for-loop-3"]["inputDefinitions"]["parameters"] == {
        key: {"parameterType": "LIST"},
        f"{key}-loop-item": {"parameterType": "STRING"},
    }


def test_a_key_of_an_item_in_text_is_taken_from_the_item(compiled) -> None:
    """KFP writes a reference to an output that does not exist here."""

    def function(rows: list):
        with dsl.ParallelFor(rows) as row, dsl.If(row.kind == "a"):
            echo(text=f"{row.name}!")

    parameters = compiled(function)["components"]["comp-condition-2"]["dag"]["tasks"]["echo"]["inputs"]["parameters"]
    assert parameters == {
        "text": {
            "runtimeValue": {"constant": "{{$.inputs.parameters['pipelinechannel--rows-loop-item-subvar-name']}}!"}
        },
        "pipelinechannel--rows-loop-item-subvar-name": {
            "componentInputParameter": "pipelinechannel--rows-loop-item",
            "parameterExpressionSelector": 'parseJson(string_value)["name"]',
        },
    }


def test_a_list_may_be_collected_twice_and_from_different_depths(compiled) -> None:
    def function():
        with dsl.ParallelFor([1, 2]) as item:
            each = add(a=item)
        collected = dsl.Collected(each.output)
        total(numbers=collected)
        with dsl.If(total(numbers=collected).output == 3):
            total(numbers=collected)

    spec = compiled(function)
    name = "pipelinechannel--add-Output"
    assert spec["components"]["comp-for-loop-2"]["outputDefinitions"] == {
        "parameters": {name: {"parameterType": "LIST"}}
    }
    outer = spec["root"]["dag"]["tasks"]
    output = {"taskOutputParameter": {"producerTask": "for-loop-2", "outputParameterKey": name}}
    assert outer["total"]["inputs"]["parameters"]["numbers"] == output
    assert outer["condition-3"]["inputs"]["parameters"][f"pipelinechannel--for-loop-2-{name}"] == output


def test_the_output_of_the_branch_that_ran(compiled) -> None:
    def function(text: str) -> str:
        with dsl.If(text == "a"):
            one = echo(text="1")
        with dsl.Else():
            other = echo(text="2")
        return dsl.OneOf(one.output, other.output)

    spec = compiled(function)
    name = "pipelinechannel--condition-branches-1-oneof-1"
    selector = {"producerSubtask": "condition-branches-1", "outputParameterKey": name}
    assert spec["root"]["dag"]["outputs"]["parameters"] == {"Output": {"valueFromParameter": selector}}
    assert spec["components"]["comp-condition-branches-1"]["dag"]["outputs"]["parameters"][name] == {
        "valueFromOneof": {
            "parameterSelectors": [
                {"producerSubtask": "condition-2", "outputParameterKey": "pipelinechannel--echo-Output"},
                {"producerSubtask": "condition-3", "outputParameterKey": "pipelinechannel--echo-2-Output"},
            ]
        }
    }


def test_an_exit_task_learns_how_the_group_ended(compiled) -> None:
    def function():
        with dsl.ExitHandler(report(to="you"), name="guarded"):
            nothing()

    task = compiled(function)["root"]["dag"]["tasks"]["report"]
    assert task["dependentTasks"] == ["exit-handler-1"]
    assert task["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    assert task["inputs"]["parameters"]["status"] == {"taskFinalStatus": {"producerTask": "exit-handler-1"}}


def test_a_pipeline_may_come_after_an_exit_handler_and_after_a_loops_task(compiled) -> None:
    def function():
        handler = dsl.ExitHandler(nothing())
        with handler:
            nothing()
        with dsl.ParallelFor([1]) as item:
            inside = add(a=item)
        echo(text="x").after(handler, inside)

    task = compiled(function)["root"]["dag"]["tasks"]["echo"]
    assert task["dependentTasks"] == ["exit-handler-1", "for-loop-3"]


def refused(message: str, kind: type[CompileError] = CompileError):
    """Decorator: a pipeline function that is refused with this message."""

    def mark(function):
        return pytest.param(function, kind, message, id=function.__name__)

    return mark


@refused("dsl.If got the constant True as its condition")
def constant_condition():
    with dsl.If(1 == 1):
        nothing()


@refused("A condition compares 'words-Output', of type LIST; only text, numbers and booleans can be compared.")
def list_in_condition():
    with dsl.If(words().output == "x"):
        nothing()


@refused("dsl.Else does not follow a dsl.If or dsl.Elif.")
def else_alone():
    with dsl.Else():
        nothing()


@refused("dsl.Else does not follow a dsl.If or dsl.Elif.")
def two_elses():
    with dsl.If(echo(text="a").output == "a"):
        nothing()
    with dsl.Else():
        nothing()
    with dsl.Else():
        nothing()


@refused("dsl.ParallelFor got an empty list: the loop would never run.")
def empty_loop():
    with dsl.ParallelFor([]):
        nothing()


@refused("dsl.ParallelFor cannot loop over 'echo-Output', a single parameter of type STRING.")
def loop_over_text():
    with dsl.ParallelFor(echo(text="x").output):
        nothing()


@refused("dsl.ParallelFor cannot loop over a dsl.Collected, here of 'add-Output'.")
def loop_over_collected():
    with dsl.ParallelFor([1]) as item:
        each = add(a=item)
    with dsl.ParallelFor(dsl.Collected(each.output)):
        nothing()


@refused("The items of this loop have no key 'c'.")
def unknown_key():
    with dsl.ParallelFor([{"a": 1, "b": 2}]) as item:
        add(a=item.c)


@refused("cannot be iterated over: it has no value before the pipeline runs.")
def python_loop():
    for _ in words().output:
        nothing()


@refused("The task 'echo' uses the loop's item 'words-Output-loop-item' outside of its loop.")
def item_outside():
    with dsl.ParallelFor(words().output) as item:
        nothing()
    echo(text=item)


@refused("The task 'echo-2' uses an output of 'echo', which is in a dsl.ParallelFor that it is not in.")
def output_of_a_loop():
    with dsl.ParallelFor(["a"]) as item:
        inside = echo(text=item)
    echo(text=inside.output)


@refused("The task 'nothing' depends on the task 'echo-2', which is inside of a dsl.If that 'nothing' is not in.")
def after_a_branch():
    with dsl.If(echo(text="a").output == "a"):
        inside = echo(text="b")
    nothing().after(inside)


@refused("dsl.Collected is used on 'add-Output', which does not come out of a dsl.ParallelFor that ends before.")
def collected_without_loop():
    total(numbers=dsl.Collected(add(a=1).output))


@refused("dsl.OneOf must include an output of a task in a dsl.Else, so that there always is one.")
def one_of_without_else():
    with dsl.If(echo(text="a").output == "a"):
        inside = echo(text="b")
    dsl.OneOf(inside.output)


@refused(
    "The outputs given to dsl.OneOf differ in type: STRING at index 0, NUMBER_INTEGER at index 1.", TypeMismatchError
)
def one_of_two_types():
    with dsl.If(echo(text="a").output == "a"):
        one = echo(text="b")
    with dsl.Else():
        other = add(a=1)
    dsl.OneOf(one.output, other.output)


@dsl.component
def condition_1():
    pass


@refused("The task 'condition-1' has the name of a group beside it.")
def a_task_named_like_a_group():
    condition_1()
    with dsl.If(echo(text="a").output == "a"):
        nothing()


@refused("dsl.OneOf got 'echo-2-Output', which is in none of the branches that 'echo-Output' is of.")
def one_of_strangers():
    with dsl.If(add(a=1).output == 1):
        one = echo(text="a")
    with dsl.Else():
        nothing()
    dsl.OneOf(one.output, echo(text="b").output)


@refused("The exit task 'add-2' depends on other tasks.")
def exit_task_with_data():
    with dsl.ExitHandler(add(a=add(a=1).output)):
        nothing()


@refused("A dsl.ExitHandler is inside of another group.")
def nested_exit_handler():
    with dsl.ParallelFor([1]), dsl.ExitHandler(nothing()):
        nothing()


@refused("The task 'report' takes a PipelineTaskFinalStatus, as 'status', but is no exit task.")
def status_of_nothing():
    report()


@refused("takes a PipelineTaskFinalStatus, and the tasks before it are 2: echo, nothing.")
def status_of_two():
    report().after(nothing(), echo(text="a")).ignore_upstream_failure()


@refused("The task 'read' ignores upstream failures, but its input 'data' is an output of 'make' and has no default.")
def ignores_what_it_needs():
    read(data=make().output).ignore_upstream_failure()


@pytest.mark.parametrize(
    ("function", "kind", "message"), [value for value in globals().values() if isinstance(value, type(pytest.param()))]
)
def test_what_cannot_be_a_pipeline_is_refused_at_its_line(compiled, function, kind, message: str) -> None:
    with pytest.raises(kind) as caught:
        compiled(function)
    assert message in str(caught.value)
    assert caught.value.where is not None
    assert "test_control_flow.py:" in caught.value.where
    assert caught.value.remedy


def test_groups_need_a_pipeline() -> None:
    with pytest.raises(CompileError, match=r"dsl.ParallelFor is used outside of a pipeline function"):
        dsl.ParallelFor([1])
