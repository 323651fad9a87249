"""What the tests of authoring share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kfbridge import dsl
from kfbridge.graph.resolve import resolve
from kfbridge.spec.read import from_data
from kfbridge.spec.validate import validate


@pytest.fixture
def compiled() -> Callable[..., dict[str, Any]]:
    """Compile a pipeline function, and give the first document, which must be valid and make sense as a graph."""

    def compile_function(function: Callable[..., Any], **options: Any) -> dict[str, Any]:
        documents = dsl.pipeline(name="p", **options)(function).documents
        document = from_data([part for part in documents if part], "p")
        validate(document)
        resolve(document)
        return documents[0]

    return compile_function
