"""The markers of annotations, under the name that KFP gives their module."""

from __future__ import annotations

from kfbridge.runtime.annotations import (
    EmbeddedAnnotation,
    EmbeddedInput,
    Input,
    InputAnnotation,
    InputPath,
    Output,
    OutputAnnotation,
    OutputPath,
)

__all__ = [
    "EmbeddedAnnotation",
    "EmbeddedInput",
    "Input",
    "InputAnnotation",
    "InputPath",
    "Output",
    "OutputAnnotation",
    "OutputPath",
]
