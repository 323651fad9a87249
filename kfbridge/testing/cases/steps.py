"""Small components that the cases of several topics call."""

from __future__ import annotations

from kfbridge import dsl
from kfbridge.dsl import Dataset, Input, Output


@dsl.component
def nothing():
    pass


@dsl.component
def echo(text: str) -> str:
    return text


@dsl.component
def number(value: int) -> int:
    return value


@dsl.component
def add(a: int, b: int = 1) -> int:
    return a + b


@dsl.component
def count(stop: int) -> list[int]:
    return list(range(stop))


@dsl.component
def numbers(values: list) -> list[int]:
    return values


@dsl.component
def keep(values: list) -> list:
    return values


@dsl.component
def fail(message: str = "on purpose") -> int:
    raise RuntimeError(message)


@dsl.component
def fail_if(value: int, bad: int) -> int:
    if value == bad:
        raise RuntimeError(f"{value} is bad")
    return value


@dsl.component
def write(text: str, data: Output[Dataset]):
    with open(data.path, "w", encoding="utf-8") as file:
        file.write(text)
    data.metadata["length"] = len(text)


@dsl.component
def read(data: Input[Dataset]) -> str:
    with open(data.path, encoding="utf-8") as file:
        return file.read()


@dsl.component
def read_all(data: Input[list[Dataset]]) -> list[str]:
    texts = []
    for item in data:
        with open(item.path, encoding="utf-8") as file:
            texts.append(file.read())
    return texts
