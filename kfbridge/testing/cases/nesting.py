"""Pipelines in pipelines, and everything in everything."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from kfbridge import dsl
from kfbridge.dsl import Dataset, Input
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import add, echo, fail, keep, nothing, number, read, write


class Both(NamedTuple):
    data: Dataset
    text: str


@dsl.pipeline
def plus_two(a: int) -> int:
    return add(a=add(a=a).output).output


@dsl.pipeline
def plus_four(a: int) -> int:
    return plus_two(a=plus_two(a=a).output).output


@dsl.pipeline
def plus_eight(a: int) -> int:
    return plus_four(a=plus_four(a=a).output).output


@dsl.pipeline
def copy(data: Input[Dataset]) -> Both:
    text = read(data=data).output
    return Both(write(text=f"copy of {text}").outputs["data"], text)


@dsl.component
def deepest(nested: list) -> int:
    while isinstance(nested, list):
        [nested] = nested
    return nested


@dsl.pipeline
def failing(a: int) -> int:
    nothing()
    fail()
    return add(a=a).output


@dsl.pipeline
def up_to(limit: int) -> None:
    with dsl.ParallelFor([1, 2, 3]) as item:
        with dsl.If(item <= limit):
            number(value=item)


@case("nested pipelines", ran="add*4 add-2*4", outputs={"Output": 10})
def pipelines_in_pipelines() -> int:
    """Pipelines nest to any depth, the same one many times, and pass parameters on."""
    return plus_eight(a=2).output


@case("nested pipelines", "artifacts", ran="write*2 read*2", outputs={"Output": "copy of x"})
def artifacts_through_a_pipeline() -> str:
    """Artifacts go into a nested pipeline and come out of it, beside parameters."""
    copied = copy(data=write(text="x").outputs["data"]).outputs
    return read(data=copied["data"]).output


@case("nested pipelines", ran="add add-2 number", outputs={"Output": 4})
def pipeline_after_a_step() -> int:
    """A nested pipeline waits for what it comes after."""
    return plus_two(a=2).after(number(value=1)).output


@case("nested pipelines", "failure", state="failed", ran="nothing add number", failed="fail", skipped="keep echo")
def failure_in_a_nested_pipeline() -> None:
    """A step that fails inside makes the pipeline around it fail; what needs its output is not run, the rest is."""
    inner = failing(a=1)
    keep(values=[inner.output])
    echo(text="after").after(inner)
    number(value=1)


@case("nested pipelines", "If", ran="number*4", skipped="add add-2")
def pipeline_in_a_condition() -> None:
    """A condition decides about a whole pipeline."""
    value = number(value=1).output
    with dsl.If(value == 1):
        up_to(limit=3)
    with dsl.If(value == 2):
        plus_two(a=1)


@case(
    "ParallelFor",
    "If",
    "nested pipelines",
    "ExitHandler",
    ran="keep number*1 number*3 echo*2",
    skipped="nothing",
)
def everything_in_everything() -> None:
    """A pipeline with a loop with a condition, in a loop, in a condition, in an exit handler."""
    with dsl.ExitHandler(keep(values=["end"])):
        with dsl.If(number(value=1).output == 1):
            with dsl.ParallelFor([1, 2]) as limit:
                up_to(limit=limit)
                with dsl.If(limit > 2):
                    nothing()
                with dsl.Else():
                    echo(text="small")


@case("If", "ParallelFor", ran="number add deepest", skipped="nothing", outputs={"Output": 2})
def deep_nesting() -> int:
    """Six loops in each other and six conditions in them; an output comes up through all of it."""
    value = number(value=1).output
    with contextlib.ExitStack() as groups:
        for level in range(6):
            groups.enter_context(dsl.ParallelFor([level]))
        for level in range(6):
            groups.enter_context(dsl.If(value > -1 - level))
        innermost = add(a=value)
        with dsl.If(value == 0):
            nothing()
    return deepest(nested=dsl.Collected(innermost.output)).output
