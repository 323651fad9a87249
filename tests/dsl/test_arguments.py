"""Calling a component: what is refused, and how the refusal reads."""

from __future__ import annotations

import pytest

from kfbridge import dsl
from kfbridge.dsl.type_check import type_check
from kfbridge.errors import ArgumentError, CompileError, TypeMismatchError
from tests.dsl.components import add, echo, make, read, train


def pipeline(body):
    """A pipeline whose function only calls `body` with its inputs."""

    @dsl.pipeline(name="p")
    def function(n: int = 1, text: str = "x", numbers: list = []):  # noqa: B006
        body(n, text, numbers)

    return function


CASES = {
    "unknown argument": (
        lambda n, text, numbers: add(c=1),
        ArgumentError,
        "The component 'add' has no input 'c'.\n  There is: 'a', 'b'.",
    ),
    "misspelt argument": (
        lambda n, text, numbers: train(dept=1),
        ArgumentError,
        "The component 'train' has no input 'dept'.\n  Did you mean 'depth'?",
    ),
    "missing argument": (
        lambda n, text, numbers: add(b=2),
        ArgumentError,
        "The component 'add' is called without 'a'.\n  Pass a value for each input that has no default.",
    ),
    "positional argument": (
        lambda n, text, numbers: add(1),
        ArgumentError,
        "The component 'add' got 1 positional arguments.\n  Pass every argument by its name.",
    ),
    "constant of another type": (
        lambda n, text, numbers: add(a="3"),
        TypeMismatchError,
        "The task 'add' takes NUMBER_INTEGER as its argument 'a', but got STRING.\n"
        "  Pass a value or an output of type NUMBER_INTEGER.",
    ),
    "input of another type": (
        lambda n, text, numbers: echo(text=n),
        TypeMismatchError,
        "The task 'echo' takes STRING as its argument 'text', but got NUMBER_INTEGER.\n"
        "  Pass a value or an output of type STRING.",
    ),
    "an artifact for a value": (
        lambda n, text, numbers: echo(text=make().outputs["data"]),
        TypeMismatchError,
        "The task 'echo' takes STRING as its argument 'text', but got system.Dataset.\n"
        "  Pass a value or an output of type STRING.",
    ),
    "another artifact": (
        lambda n, text, numbers: read(data=train(data=make().output).outputs["model"]),
        TypeMismatchError,
        "The task 'read' takes system.Dataset as its argument 'data', but got system.Model.\n"
        "  Pass a value or an output of type system.Dataset.",
    ),
    "no value at all": (
        lambda n, text, numbers: add(a=object()),
        CompileError,
        "The argument 'a' of 'add' holds a value of the type object, which a pipeline cannot carry.\n"
        "  Pass str, int, float, bool, list or dict, or the output of a task.",
    ),
    "a task instead of its output": (
        lambda n, text, numbers: echo(text=echo(text="x")),
        CompileError,
        "The argument 'text' of 'echo' holds a value of the type PipelineTask, which a pipeline cannot carry.\n"
        "  Pass its .output, or one of its .outputs[...].",
    ),
    "a number that JSON has not": (
        lambda n, text, numbers: add(a=float("nan")),
        CompileError,
        "The argument 'a' of 'add' holds nan, which has no place in JSON.\n  Pass a finite number.",
    ),
    "unknown output": (
        lambda n, text, numbers: train(data=make().output).outputs["modle"],
        CompileError,
        "The task 'train' has no output 'modle'.\n  Did you mean 'model'?",
    ),
    "one output of many": (
        lambda n, text, numbers: train(data=make().output).output,
        CompileError,
        "The task 'train' has 2 outputs, so .output is not one of them.\n"
        "  Use .outputs[...] with one of 'model', 'score'.",
    ),
}


@pytest.mark.parametrize(("body", "kind", "message"), CASES.values(), ids=CASES)
def test_a_refusal_names_the_line_the_task_and_the_remedy(body, kind, message) -> None:
    with pytest.raises(kind) as caught:
        pipeline(body)
    where = f"{body.__code__.co_filename.rpartition('/')[2]}:{body.__code__.co_firstlineno}"
    assert str(caught.value).endswith(f"{where}: {message}")


def test_an_argument_error_is_a_type_error_as_in_kfp() -> None:
    with pytest.raises(TypeError):
        pipeline(lambda n, text, numbers: add(1))


def arguments_of(body):
    """The inputs of the only task of a pipeline that calls `body`."""
    (task,) = pipeline(lambda n, text, numbers: body()).documents[0]["root"]["dag"]["tasks"].values()
    return {name: value["runtimeValue"]["constant"] for name, value in task["inputs"]["parameters"].items()}


def test_none_for_an_optional_input_is_no_argument() -> None:
    assert arguments_of(lambda: add(a=1, b=None)) == {"a": 1}


def test_an_int_is_a_float_but_a_float_is_no_int() -> None:
    @dsl.component
    def scale(by: float):
        pass

    assert arguments_of(lambda: scale(by=2)) == {"by": 2}
    with pytest.raises(TypeMismatchError):
        arguments_of(lambda: add(a=2.0))


def test_integers_are_kept_exactly() -> None:
    assert arguments_of(lambda: add(a=2**60 + 1)) == {"a": 2**60 + 1}


def test_checks_can_be_switched_off() -> None:
    with type_check(False):
        assert arguments_of(lambda: add(a="3")) == {"a": "3"}


def test_channels_of_another_pipeline_are_refused() -> None:
    kept = []
    pipeline(lambda n, text, numbers: kept.extend([text, echo(text="x").output]))
    for channel, what in zip(kept, ["the input 'text'", "an output of 'echo'"], strict=True):
        with pytest.raises(CompileError, match=f"uses {what}, which belongs to another pipeline"):
            pipeline(lambda n, text, numbers, channel=channel: echo(text=channel))


def test_a_component_outside_of_a_pipeline_is_a_task_and_a_function() -> None:
    assert add(a=1).name == "add"
    assert add.python_func(2, 3) == 5
    assert add.execute(a=2, b=3) == 5
