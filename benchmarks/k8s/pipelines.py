"""The pipelines that are measured, compiled."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kfbridge import compiler, dsl


@dsl.component
def step(number: int) -> int:
    return number


def chain(count: int) -> str:
    """Steps that wait for each other."""

    @dsl.pipeline(name="chain")
    def made() -> None:
        last: Any = step(number=0).set_caching_options(False)
        for _ in range(count - 1):
            last = step(number=last.output).set_caching_options(False)

    return _text(made)


def fan(count: int, parallelism: int | None = None) -> str:
    """Steps that do not."""

    @dsl.pipeline(name="fan")
    def made() -> None:
        with dsl.ParallelFor(list(range(count)), parallelism=parallelism) as number:
            step(number=number).set_caching_options(False)

    return _text(made)


def waiting(count: int) -> str:
    """Steps that no node takes, because each asks for more memory than there is."""

    @dsl.pipeline(name="waiting")
    def made() -> None:
        with dsl.ParallelFor(list(range(count))) as number:
            step(number=number).set_caching_options(False).set_memory_request("900Ti")

    return _text(made)


def _text(pipeline: Callable[..., Any]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(pipeline, str(path))
        return path.read_text(encoding="utf-8")
