"""Small components that the tests of authoring call."""

from __future__ import annotations

from typing import NamedTuple

from kfbridge import dsl
from kfbridge.dsl import Dataset, Input, Model, Output


@dsl.component
def echo(text: str) -> str:
    return text


@dsl.component
def add(a: int, b: int = 1) -> int:
    return a + b


@dsl.component
def words() -> list[str]:
    return []


@dsl.component
def total(numbers: list[int]) -> int:
    return sum(numbers)


@dsl.component
def make(data: Output[Dataset], rows: int = 1):
    pass


@dsl.component
def read(data: Input[Dataset]) -> str:
    return data.uri


@dsl.component
def train(data: Input[Dataset], depth: int = 3) -> NamedTuple("Trained", [("model", Model), ("score", float)]):
    pass


@dsl.component
def nothing():
    pass


@dsl.component
def report(status: dsl.PipelineTaskFinalStatus, to: str = "me"):
    pass
