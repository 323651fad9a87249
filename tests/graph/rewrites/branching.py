"""Random pipelines written in the language itself: branches, what joins them, loops, chains, inputs with defaults."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from kfbridge import dsl
from kfbridge.spec.read import Document, from_data


@dsl.component
def make(value: int) -> int:
    return value


@dsl.component
def join(a: int, b: int) -> int:
    return a + b


@dsl.component
def choose(a: int = 7, b: int = 8) -> int:
    return a + b


@dsl.component
def say(number: int) -> str:
    return str(number)


class _Writer:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    def pick(self, known: list[Any]) -> Any:
        return self.draw(st.sampled_from(known))

    def body(self, known: list[Any], depth: int) -> list[Any]:
        """Some tasks; the numbers that they make."""
        known = list(known)
        made: list[Any] = []
        for _ in range(self.draw(st.integers(1, 3))):
            number = self.part([*known, *made], depth)
            if number is not None:
                made.append(number)
        return made or [make(value=self.pick(known)).output]

    def part(self, known: list[Any], depth: int) -> Any:
        kind = self.pick(["step", "join", "choose", "after", *(["branches"] * 4 + ["loop", "if"] if depth else [])])
        if kind == "branches":
            return self.branches(known, depth)
        if kind == "loop":
            with dsl.ParallelFor([1, 2]) as item:
                self.body([*known, item], depth - 1)
            return None
        if kind == "if":
            with dsl.If(self.pick(known) == 1):
                self.body(known, depth - 1)
            return None
        return self.step(kind, known)

    def step(self, kind: str, known: list[Any]) -> Any:
        if kind == "choose":
            given = {name: self.pick(known) for name in ("a", "b") if self.chance(70)}
            return choose(**given).output
        if kind == "join":
            return join(a=self.pick(known), b=self.pick(known)).output
        task = make(value=self.pick(known))
        if kind == "after":
            task.after(make(value=self.pick(known)))
        if self.chance(20):
            task.set_retry(1)
        return task.output

    def branches(self, known: list[Any], depth: int) -> Any:
        """If, perhaps Elif, Else, and what joins them."""
        value, ends = self.pick(known), []
        with dsl.If(value == 1):
            ends.append(make(value=self.pick(self.body(known, depth - 1))).output)
        if self.chance(40):
            with dsl.Elif(value == 2):
                ends.append(make(value=self.pick(self.body(known, depth - 1))).output)
        with dsl.Else():
            ends.append(make(value=self.pick(self.body(known, depth - 1))).output)
        return dsl.OneOf(*ends)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A compiled pipeline with an input ``n``."""
    writer = _Writer(draw)

    def pipeline(n: int = 1) -> int:
        start = make(value=n).output
        made = writer.body([start, make(value=2).output], depth=2)
        return choose(a=writer.pick(made)).output

    return from_data([one for one in dsl.pipeline(pipeline).documents if one], "branching")
