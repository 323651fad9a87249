"""Which step comes after which."""

from __future__ import annotations

from kfbridge import dsl
from kfbridge.testing.case import case
from kfbridge.testing.cases.steps import add, keep, number


@dsl.component
def note(scratch: str, text: str):
    import time

    time.sleep(0.05)
    with open(f"{scratch}/notes", "a") as file:
        file.write(text + "\n")


@dsl.component
def notes(scratch: str) -> list:
    with open(f"{scratch}/notes") as file:
        return file.read().split()


@dsl.component
def size(items: list) -> int:
    return len(items)


@case("tasks", ran="add add-2 add-3 add-4", outputs={"Output": 31})
def diamond() -> int:
    """A step waits for all whose outputs it takes; one component may be called many times."""
    top = add(a=0).output
    left, right = add(a=top, b=10).output, add(a=top, b=19).output
    return add(a=left, b=right).output


@case("after", ran="note note-2 note-3 notes", outputs={"Output": ["c", "b", "a"]})
def after_keeps_the_order(scratch: str) -> list:
    """`after` orders steps that pass nothing to each other."""
    a, b, c = (note(scratch=scratch, text=text) for text in "abc")
    b.after(c)
    a.after(b, c)
    return notes(scratch=scratch).after(a).output


@case("after", "ParallelFor", ran="note*3 notes size keep", outputs={"Output": 3})
def after_a_loop_in_an_exit_handler(scratch: str) -> int:
    """What comes after an exit handler, a loop inside of it included, waits for all of it."""
    with dsl.ExitHandler(keep(values=[])) as handler, dsl.ParallelFor(["a", "b", "c"]) as text:
        note(scratch=scratch, text=text)
    return size(items=notes(scratch=scratch).after(handler).output).output


@case("tasks", ran="number add number-2", outputs={"Output": 2})
def one_output_many_readers() -> int:
    """An output may be read any number of times."""
    one = number(value=1).output
    number(value=one)
    return add(a=one, b=one).output


@case("tasks", ran=" ".join(f"add-{n}" if n > 1 else "add" for n in range(1, 31)), outputs={"Output": 30})
def long_chain() -> int:
    """Thirty steps, each after the one before."""
    value = add(a=0).output
    for _ in range(29):
        value = add(a=value).output
    return value
