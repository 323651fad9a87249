"""What the tests of authoring share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kfbridge import dsl


@pytest.fixture
def compiled() -> Callable[..., dict[str, Any]]:
    """Compile a pipeline function, and give the first document."""

    def compile_function(function: Callable[..., Any], **options: Any) -> dict[str, Any]:
        return dsl.pipeline(name="p", **options)(function).documents[0]

    return compile_function


def line_of(text: str, file: str) -> int:
    """The number of the line of a file that holds a text."""
    with open(file, encoding="utf-8") as lines:  # noqa: PTH123
        return next(number for number, line in enumerate(lines, 1) if text in line)
