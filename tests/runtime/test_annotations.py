from __future__ import annotations

from typing import Annotated, Any, Dict, List, Optional, Union

import pytest

from kfbridge.runtime.annotations import (
    EmbeddedAnnotation,
    EmbeddedInput,
    Input,
    InputAnnotation,
    InputPath,
    Output,
    OutputAnnotation,
    OutputPath,
    is_artifact_class,
    list_item,
    marker,
    parameter_type,
    strip_optional,
    unmark,
)
from kfbridge.runtime.artifacts import Artifact, Dataset


def test_markers_say_input_output_or_embedded() -> None:
    assert marker(Input[Dataset]) is InputAnnotation
    assert marker(Output[Dataset]) is OutputAnnotation
    assert marker(EmbeddedInput[Dataset]) is EmbeddedAnnotation
    assert [marker(other) for other in (Dataset, Annotated[int, "metres"], List[Dataset], None)] == [None] * 4


@pytest.mark.parametrize("annotation", [Input[List[Dataset]], List[Dataset], list[Dataset], Output[list[Dataset]]])
def test_lists_of_artifacts_are_seen_through_their_marker(annotation: Any) -> None:
    assert list_item(unmark(annotation)) is Dataset


@pytest.mark.parametrize(
    ("annotation", "stripped"),
    [
        (Optional[int], int),
        (int | None, int),
        (Optional[Input[Dataset]], Input[Dataset]),
        (Union[int, str], Union[int, str]),
        (int, int),
    ],
)
def test_optional_is_stripped_and_unions_are_not(annotation: Any, stripped: Any) -> None:
    assert strip_optional(annotation) == stripped


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (str, "STRING"), ("Text", "STRING"), (int, "NUMBER_INTEGER"), ("Integer", "NUMBER_INTEGER"),
        (float, "NUMBER_DOUBLE"), ("Double", "NUMBER_DOUBLE"), (bool, "BOOLEAN"), ("Bool", "BOOLEAN"),
        (dict, "STRUCT"), (Dict[str, int], "STRUCT"), ("typing.Dict[str, int]", "STRUCT"), ("JsonObject", "STRUCT"),
        (list, "LIST"), (list[int], "LIST"), (List, "LIST"), ("List[str]", "LIST"), ("JsonArray", "LIST"),
        (Dataset, None), (Any, None), (None, None), ("URI", None), (Optional[str], None), ("", None),
    ],
)  # fmt: skip
def test_parameter_types_have_the_irs_names(annotation: Any, name: str | None) -> None:
    assert parameter_type(annotation) == name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, "system.Artifact@0.0.1"),
        ("Dataset", "system.Dataset@0.0.1"),
        ("dataset", "system.Dataset@0.0.1"),
        (Dataset, "system.Dataset@0.0.1"),
        ("MyOwnType", "system.Artifact@0.0.1"),
        (str, str),
        ("Integer", "Integer"),
        (List[int], List[int]),
    ],
)
def test_paths_keep_parameter_types_and_name_the_schemas_of_artifacts(given: Any, kept: Any) -> None:
    assert InputPath(given).type == kept
    assert OutputPath(given).type == kept


def test_paths_are_equal_by_kind_and_type() -> None:
    assert InputPath("Dataset") == InputPath(Dataset) != OutputPath(Dataset)
    assert len({InputPath(Dataset), InputPath("dataset"), OutputPath(Dataset)}) == 2
    assert repr(OutputPath(Dataset)) == "OutputPath('system.Dataset@0.0.1')"


def test_an_artifact_class_is_any_class_with_a_schema() -> None:
    class Foreign:
        schema_title = "google.VertexModel"
        schema_version = "0.0.1"

    assert is_artifact_class(Foreign)
    assert is_artifact_class(Artifact)
    assert not is_artifact_class(Artifact())
    assert not is_artifact_class(int)
