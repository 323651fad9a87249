"""Collected: what the iterations of loops gave, as one list."""

from __future__ import annotations

from typing import List  # noqa: UP035

from kfbridge import dsl
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import add, echo, fail_if, keep, number, read_all, write


@case("Collected", ran="slow*4 keep", outputs={"Output": [3, 0, 2, 1]})
def collected_in_the_order_of_the_items() -> list:
    """What is collected is in the order of the items, not of time."""
    with dsl.ParallelFor([3, 0, 2, 1]) as item:
        task = slow(value=item)
    return keep(values=dsl.Collected(task.output)).output


@dsl.component
def slow(value: int) -> int:
    import time

    time.sleep(value / 20)
    return value


@case("Collected", "nested loops", ran="add*6 keep", outputs={"Output": [[11, 12, 13], [21, 22, 23]]})
def collected_from_nested_loops() -> list:
    """Parameters of nested loops nest: a list of lists."""
    with dsl.ParallelFor([10, 20]) as outer:
        with dsl.ParallelFor([1, 2, 3]) as inner:
            task = add(a=outer, b=inner)
    return keep(values=dsl.Collected(task.output)).output


@case("Collected", "nested loops", ran="make-items*3 add*3 keep", outputs={"Output": [[], [1], [2, 3]]})
def collected_from_uneven_loops() -> list:
    """Inner lists have their own lengths; an inner loop without items gives an empty one."""
    with dsl.ParallelFor([0, 1, 2]) as outer:
        with dsl.ParallelFor(make_items(size=outer).output) as inner:
            task = add(a=inner, b=outer)
    return keep(values=dsl.Collected(task.output)).output


@dsl.component
def make_items(size: int) -> list[int]:
    return list(range(size))


@dsl.pipeline
def sums(items: list[int], b: int) -> List[int]:
    with dsl.ParallelFor(items) as item:
        task = add(a=item, b=b)
    return dsl.Collected(task.output)


@case("Collected", "nested pipelines", ran="add*4 keep", outputs={"Output": [[11, 12], [21, 22]]})
def collected_from_nested_pipelines() -> list:
    """What nested pipelines collected is collected around them."""
    with dsl.ParallelFor([10, 20]) as b:
        inner = sums(items=[1, 2], b=b)
    return keep(values=dsl.Collected(inner.output)).output


@case("Collected", "artifacts", ran="write*3 read-all", outputs={"Output": ["a", "b", "c"]})
def collected_artifacts() -> list[str]:
    """Artifacts are collected to a list of artifacts."""
    with dsl.ParallelFor(["a", "b", "c"]) as text:
        task = write(text=text)
    return read_all(data=dsl.Collected(task.outputs["data"])).output


@case("Collected", "artifacts", "nested loops", ran="write*4 read-all", outputs={"Output": ["ac", "ad", "bc", "bd"]})
def collected_artifacts_from_nested_loops() -> list[str]:
    """Artifacts of nested loops are one flat list, in the order of the items."""
    with dsl.ParallelFor(["a", "b"]) as outer:
        with dsl.ParallelFor(["c", "d"]) as inner:
            task = write(text=f"{outer}{inner}")
    return read_all(data=dsl.Collected(task.outputs["data"])).output


@case("Collected", "If", ran="number*4 add*2 keep", outputs={"Output": [4, 5]})
def collected_of_skipped() -> list:
    """An iteration that skipped the step contributes nothing."""
    with dsl.ParallelFor([1, 2, 3, 4]) as item:
        with dsl.If(number(value=item).output > 2):
            task = add(a=item)
    return keep(values=dsl.Collected(task.output)).output


@case("Collected", "If", ran="number*2 keep", skipped="add", outputs={"Output": []})
def collected_of_all_skipped() -> list:
    """Where every iteration skipped the step, the list is empty."""
    with dsl.ParallelFor([1, 2]) as item:
        with dsl.If(number(value=item).output > 2):
            task = add(a=item)
    return keep(values=dsl.Collected(task.output)).output


@case("Collected", "If", "artifacts", ran="write*1 read-all", outputs={"Output": ["b"]})
def collected_artifacts_of_skipped() -> list[str]:
    """The same with artifacts."""
    with dsl.ParallelFor(["a", "b"]) as text:
        with dsl.If(text == "b"):
            task = write(text=text)
    return read_all(data=dsl.Collected(task.outputs["data"])).output


@case("Collected", ran="number*2 keep keep-2", outputs={"Output": [1, 2]})
def collected_twice() -> list:
    """Several steps may collect the same outputs."""
    with dsl.ParallelFor([1, 2]) as item:
        task = number(value=item)
    keep(values=dsl.Collected(task.output))
    return keep(values=dsl.Collected(task.output)).output


@case("Collected", ran="echo*2", outputs={"Output": ["a", "b"]})
def collected_as_the_output_of_the_pipeline() -> List[str]:
    """A pipeline may give out what it collected."""
    with dsl.ParallelFor(["a", "b"]) as text:
        task = echo(text=text)
    return dsl.Collected(task.output)


@dsl.pipeline
def written(texts: list[str]) -> List[dsl.Dataset]:
    with dsl.ParallelFor(texts) as text:
        task = write(text=text)
    return dsl.Collected(task.outputs["data"])


@case("Collected", "artifacts", "nested pipelines", ran="write*2 read-all", outputs={"Output": ["a", "b"]})
def collected_artifacts_as_the_output_of_a_pipeline() -> list[str]:
    """A nested pipeline may give out the artifacts that it collected."""
    return read_all(data=written(texts=["a", "b"]).output).output


@case("Collected", "failure", state="failed", ran="fail-if*2", failed="fail-if", skipped="keep")
def collected_of_failed() -> None:
    """The other iterations go on when one fails; what collects from the loop is not run."""
    with dsl.ParallelFor([1, 2, 3]) as item:
        task = fail_if(value=item, bad=2)
    keep(values=dsl.Collected(task.output))
