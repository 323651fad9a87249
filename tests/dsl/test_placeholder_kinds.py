"""What a container component's function gets for its arguments: the kinds of placeholders that KFP has."""

from __future__ import annotations

import pytest

from kfbridge import components, dsl
from kfbridge.dsl import placeholders

KINDS = {
    "number": ("InputValuePlaceholder", "{{$.inputs.parameters['number']}}"),
    "data.path": ("InputPathPlaceholder", "{{$.inputs.artifacts['data'].path}}"),
    "data.uri": ("InputUriPlaceholder", "{{$.inputs.artifacts['data'].uri}}"),
    "data.metadata": ("InputMetadataPlaceholder", "{{$.inputs.artifacts['data'].metadata}}"),
    "parts": ("InputListOfArtifactsPlaceholder", "{{$.inputs.artifacts['parts']}}"),
    "count": ("OutputParameterPlaceholder", "{{$.outputs.parameters['count'].output_file}}"),
    "model.path": ("OutputPathPlaceholder", "{{$.outputs.artifacts['model'].path}}"),
    "model.uri": ("OutputUriPlaceholder", "{{$.outputs.artifacts['model'].uri}}"),
    "model.metadata": ("OutputMetadataPlaceholder", "{{$.outputs.artifacts['model'].metadata}}"),
}


@pytest.fixture(scope="module")
def given() -> dict[str, object]:
    """The arguments that a function gets, by name."""
    found: dict[str, object] = {}

    @dsl.container_component
    def shell(
        number: int,
        data: dsl.Input[dsl.Dataset],
        parts: dsl.Input[list[dsl.Dataset]],
        count: dsl.OutputPath(int),
        model: dsl.Output[dsl.Model],
    ):
        found.update(locals())
        return dsl.ContainerSpec(image="alpine")

    return found


@pytest.mark.parametrize("argument", KINDS)
def test_each_argument_has_its_kind_and_its_text(argument: str, given: dict[str, object]) -> None:
    name, _, part = argument.partition(".")
    found = getattr(given[name], part) if part else given[name]
    kind, text = KINDS[argument]
    assert (type(found).__name__, str(found)) == (kind, text)
    assert isinstance(found, placeholders.Placeholder)
    assert getattr(placeholders, kind)(name) == found


def test_metadata_is_read_by_key(given: dict[str, object]) -> None:
    assert given["model"].metadata["rows"] == "{{$.outputs.artifacts['model'].metadata['rows']}}"


def test_a_list_of_artifacts_goes_in_as_a_whole(given: dict[str, object]) -> None:
    with pytest.raises(AttributeError, match="'path' of single artifacts of the list 'parts' is not known"):
        _ = given["parts"].path


def test_a_value_says_its_type(given: dict[str, object]) -> None:
    """google-cloud-pipeline-components leaves out the quotes around numbers by it."""
    assert (given["number"].input_name, given["number"]._ir_type) == ("number", "NUMBER_INTEGER")


def test_the_kinds_are_where_libraries_look_for_them() -> None:
    assert components.placeholders is placeholders
