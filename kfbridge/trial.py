"""The smallest pipeline that shows whether a target really runs pipelines: values and an artifact from step to step."""

from __future__ import annotations

from typing import NamedTuple

from kfbridge import dsl

TEXT = 'it\'s "so": {1} $2\nend'
"""A text that does not survive where quotes or line breaks are not handled."""

EXPECTED = {"text": TEXT, "number": 42}
"""The outputs of `trial`."""


@dsl.component
def make(text: str, number: int, note: dsl.Output[dsl.Artifact]) -> int:
    """Write the text into an artifact, and give the number on."""
    with open(note.path, "w", encoding="utf-8") as file:  # noqa: PTH123  a step is handed paths as text
        file.write(text)
    note.metadata["number"] = number
    return number


@dsl.component
def read(note: dsl.Input[dsl.Artifact]) -> str:
    """Read the artifact."""
    with open(note.path, encoding="utf-8") as file:  # noqa: PTH123
        return file.read()


class Outputs(NamedTuple):
    """What `trial` returns."""

    text: str
    number: int


@dsl.pipeline(name="kfbridge-trial")
def trial(text: str = TEXT, number: int = 42) -> Outputs:
    """Two steps."""
    made = make(text=text, number=number)
    return Outputs(read(note=made.outputs["note"]).output, made.outputs["Output"])  # type: ignore[arg-type]  # while traced, values are channels
