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
