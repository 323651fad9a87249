"""OneOf: the output of whichever branch ran."""

from __future__ import annotations

from kfbridge import dsl
from kfbridge.dsl import Dataset
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import add, echo, keep, number, read, write


@dsl.pipeline
def size_of(value: int) -> str:
    with dsl.If(value > 100):
        big = echo(text="big")
    with dsl.Elif(value > 10):
        middle = echo(text="middle")
    with dsl.Else():
        small = echo(text="small")
    return dsl.OneOf(big.output, middle.output, small.output)


@dsl.pipeline
def written_by_size(value: int) -> Dataset:
    with dsl.If(value > 10):
        big = write(text="big")
    with dsl.Else():
        small = write(text="small")
    return dsl.OneOf(big.outputs["data"], small.outputs["data"])


@case("OneOf", ran="number echo-2 echo-3", skipped="echo", outputs={"Output": "no"})
def one_of_parameters() -> str:
    """A step after the branches takes the output of the one that ran."""
    with dsl.If(number(value=1).output == 2):
        yes = echo(text="yes")
    with dsl.Else():
        no = echo(text="no")
    return echo(text=dsl.OneOf(yes.output, no.output)).output


@case("OneOf", ran="number write read", skipped="write-2", outputs={"Output": "yes"})
def one_of_artifacts() -> str:
    """The same with artifacts."""
    with dsl.If(number(value=2).output == 2):
        yes = write(text="yes")
    with dsl.Else():
        no = write(text="no")
    return read(data=dsl.OneOf(yes.outputs["data"], no.outputs["data"])).output


@case("OneOf", "nested pipelines", ran="echo echo-2 echo-3 keep", outputs={"Output": ["big", "middle", "small"]})
def one_of_as_the_output_of_a_pipeline() -> list:
    """A nested pipeline gives out the branch that ran, each call its own."""
    return keep(values=[size_of(value=value).output for value in (1000, 50, 1)]).output


@case(
    "OneOf", "nested pipelines", "artifacts", ran="write write-2 read read-2 keep", outputs={"Output": ["small", "big"]}
)
def one_of_artifacts_from_a_pipeline() -> list:
    """The same with artifacts as the pipeline's output."""
    return keep(values=[read(data=written_by_size(value=value).output).output for value in (1, 11)]).output


@case("OneOf", "If", ran="number echo-2 echo-3", skipped="echo echo-4", outputs={"Output": "inner else"})
def one_of_inside_a_branch() -> str:
    """A branch may give out what a choice inside of it gave."""
    value = number(value=5).output
    with dsl.If(value > 1):
        with dsl.If(value > 10):
            inner_if = echo(text="inner if")
        with dsl.Else():
            inner_else = echo(text="inner else")
        chosen = dsl.OneOf(inner_if.output, inner_else.output)
        outer_if = echo(text=chosen)
    with dsl.Else():
        outer_else = echo(text="outer else")
    return dsl.OneOf(outer_if.output, outer_else.output)


@case(
    "OneOf", "ParallelFor", "Collected", ran="add*2 add-2*2 number*4 keep", outputs={"Output": [101, 102, 1003, 1004]}
)
def one_of_in_a_loop() -> list:
    """Every iteration chooses for itself."""
    with dsl.ParallelFor([1, 2, 3, 4]) as item:
        with dsl.If(item < 3):
            low = add(a=item, b=100)
        with dsl.Else():
            high = add(a=item, b=1000)
        chosen = number(value=dsl.OneOf(low.output, high.output))
    return keep(values=dsl.Collected(chosen.output)).output
