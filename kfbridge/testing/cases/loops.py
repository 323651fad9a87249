"""ParallelFor: what it goes over, how wide, and in what it stands."""

from __future__ import annotations

from typing import Dict, List  # noqa: UP035

from kfbridge import dsl
from kfbridge.dsl import Dataset
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import add, count, echo, keep, nothing, number, read, write


@dsl.component
def total(values: list[int]) -> int:
    assert all(type(value) is int for value in values), values
    return sum(values)


@dsl.component
def rows() -> List[Dict[str, int]]:
    return [{"a": 1, "b": 10}, {"a": 2, "b": 20}]


@dsl.component
def groups() -> list:
    return [{"name": "x", "values": [1, 2]}, {"name": "y", "values": []}, {"name": "z", "values": [3]}]


@dsl.component
def entry(item: dict) -> dict:
    return item


@dsl.component
def span(item: int) -> list:
    import time

    start = time.time()
    time.sleep(0.15)
    return [start, time.time()]


@dsl.component
def most_at_once(spans: list) -> int:
    return max(sum(begin <= start < end for begin, end in spans) for start, _ in spans)


@dsl.component
def at_most(value: int, limit: int) -> bool:
    return value <= limit


@dsl.component
def flat(nested: list) -> list:
    return [item for items in nested for item in items]


@dsl.pipeline
def read_each(data: dsl.Input[List[Dataset]]) -> List[str]:
    with dsl.ParallelFor(data) as item:
        task = read(data=item)
    return dsl.Collected(task.output)


@dsl.pipeline
def add_each(items: list[int], b: int) -> List[int]:
    with dsl.ParallelFor(items) as item:
        task = add(a=item, b=b)
    return dsl.Collected(task.output)


@case("ParallelFor", ran="add*3 total", outputs={"Output": 9})
def loop_over_constants() -> int:
    """A constant list: one iteration for each item."""
    with dsl.ParallelFor([1, 2, 3]) as item:
        task = add(a=item)
    return total(values=dsl.Collected(task.output)).output


@case("ParallelFor", ran="add*2 keep", outputs={"Output": [11, 22]})
def loop_over_keys_of_constants() -> list:
    """A constant list of dicts: `item.key`."""
    with dsl.ParallelFor([{"a": 1, "b": 10}, {"a": 2, "b": 20}]) as item:
        task = add(a=item.a, b=item.b)
    return keep(values=dsl.Collected(task.output)).output


@case("ParallelFor", ran="entry*2 keep", outputs={"Output": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]})
def loop_over_dicts() -> list:
    """The item itself may be a dict."""
    with dsl.ParallelFor([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]) as item:
        task = entry(item=item)
    return keep(values=dsl.Collected(task.output)).output


@case("ParallelFor", arguments={"items": [5, 0, 5]}, ran="add*3 keep", outputs={"Output": [6, 1, 6]})
def loop_over_an_argument(items: list[int]) -> list:
    """A list that the run is given; equal items are iterations of their own, and the order is kept."""
    with dsl.ParallelFor(items) as item:
        task = add(a=item)
    return keep(values=dsl.Collected(task.output)).output


@case("ParallelFor", ran="rows add*2 keep", outputs={"Output": [11, 22]})
def loop_over_an_output() -> list:
    """A list that a step made, of dicts, by their keys."""
    with dsl.ParallelFor(rows().output) as item:
        task = add(a=item.a, b=item.b)
    return keep(values=dsl.Collected(task.output)).output


@case("ParallelFor", ran="groups echo*3 flat", outputs={"Output": ["x1", "x2", "z3"]})
def loop_over_a_key_of_the_item() -> list:
    """A loop in a loop over a list inside of the item; an empty one has no iterations."""
    with dsl.ParallelFor(groups().output) as group:
        with dsl.ParallelFor(group.values) as value:
            task = echo(text=f"{group.name}{value}")
    return flat(nested=dsl.Collected(task.output)).output


@case(
    "ParallelFor",
    arguments={"items": ["", "0", "ü\n'\"", "a b"]},
    ran="echo*4 keep",
    outputs={"Output": ["", "0", "ü\n'\"", "a b"]},
)
def loop_over_odd_texts(items: list[str]) -> list:
    """Items may be empty, or any text."""
    with dsl.ParallelFor(items) as item:
        task = echo(text=item)
    return keep(values=dsl.Collected(task.output)).output


@case("ParallelFor", ran="count keep", skipped="add", outputs={"Output": []})
def empty_list() -> list:
    """No items: no iterations, and what is collected is empty."""
    with dsl.ParallelFor(count(stop=0).output) as item:
        task = add(a=item)
    return keep(values=dsl.Collected(task.output)).output


@case("ParallelFor", ran="count add*100 total", outputs={"Output": 5050})
def hundred_iterations() -> int:
    """A hundred iterations."""
    with dsl.ParallelFor(count(stop=100).output) as item:
        task = add(a=item)
    return total(values=dsl.Collected(task.output)).output


@case("ParallelFor", "parallelism", ran="span*6 most-at-once at-most", outputs={"Output": True})
def limited_parallelism() -> bool:
    """No more iterations run at once than `parallelism` allows."""
    with dsl.ParallelFor([1, 2, 3, 4, 5, 6], parallelism=2) as item:
        task = span(item=item)
    return at_most(value=most_at_once(spans=dsl.Collected(task.output)).output, limit=2).output


@case("ParallelFor", "parallelism", ran="span*4 most-at-once", outputs={"Output": 1})
def one_at_a_time() -> int:
    """With a `parallelism` of one, iterations follow each other."""
    with dsl.ParallelFor([1, 2, 3, 4], parallelism=1) as item:
        task = span(item=item)
    return most_at_once(spans=dsl.Collected(task.output)).output


@case("ParallelFor", "nested loops", ran="add*6 number*2")
def loop_in_a_loop() -> None:
    """Two loops make every pair; the inner one sees the outer item."""
    with dsl.ParallelFor([10, 20]) as outer:
        number(value=outer)
        with dsl.ParallelFor([1, 2, 3]) as inner:
            add(a=outer, b=inner)


@case("ParallelFor", "If", ran="number*4 add*2 add-2*1", skipped="nothing")
def condition_in_a_loop() -> None:
    """Every iteration asks a condition for itself."""
    with dsl.ParallelFor([1, 2, 3, 4]) as item:
        value = number(value=item).output
        with dsl.If(value > 2):
            add(a=item)
        with dsl.If(item == 1):
            add(a=item)
        with dsl.If(value > 4):
            nothing()


@case("ParallelFor", "If", ran="number add*2", skipped="add-2")
def loop_in_a_condition() -> None:
    """A loop runs, or not, as the condition around it says."""
    value = number(value=1).output
    with dsl.If(value == 1):
        with dsl.ParallelFor([1, 2]) as item:
            add(a=item)
    with dsl.If(value == 2):
        with dsl.ParallelFor([1, 2]) as item:
            add(a=item)


@case("ParallelFor", ran="number write add*3 read*3")
def loop_reads_from_outside() -> None:
    """Iterations may take outputs and artifacts of steps before the loop."""
    base = number(value=100).output
    data = write(text="shared").outputs["data"]
    with dsl.ParallelFor([1, 2, 3]) as item:
        add(a=base, b=item)
        read(data=data)


@case("ParallelFor", "artifacts", ran="write*3 read*3 keep", outputs={"Output": ["a", "b", "c"]})
def loop_over_artifacts() -> list:
    """A loop over a list of artifacts."""
    with dsl.ParallelFor(["a", "b", "c"]) as text:
        written = write(text=text)
    return keep(values=read_each(data=dsl.Collected(written.outputs["data"])).output).output


@case("ParallelFor", "nested pipelines", ran="count add*3 keep", outputs={"Output": [5, 6, 7]})
def loop_in_a_nested_pipeline() -> list:
    """A nested pipeline loops over its input and gives out what it collected."""
    return keep(values=add_each(items=count(stop=3).output, b=5).output).output


@case("ParallelFor", "nested pipelines", ran="add*4")
def nested_pipeline_in_a_loop() -> None:
    """Each iteration runs a pipeline, with loops of its own."""
    with dsl.ParallelFor([10, 20]) as b:
        add_each(items=[1, 2], b=b)
