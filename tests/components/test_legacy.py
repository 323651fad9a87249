"""Component files of KFP's first version, as KFP reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kfbridge.components.legacy import read_component
from kfbridge.dsl.structures import ComponentSpec, ContainerImplementation, InputSpec, OutputSpec
from kfbridge.errors import SpecError


def read(text: str) -> ComponentSpec:
    return read_component(yaml.safe_load(text), "train.yaml", text)


def container(spec: ComponentSpec) -> ContainerImplementation:
    assert isinstance(spec.implementation, ContainerImplementation)
    return spec.implementation


def with_command(*words: Any, inputs: str = "[]", outputs: str = "[]") -> ContainerImplementation:
    document = {
        "name": "train",
        "inputs": yaml.safe_load(inputs),
        "outputs": yaml.safe_load(outputs),
        "implementation": {"container": {"image": "python:3.11", "command": list(words)}},
    }
    return container(read_component(document, "train.yaml"))


def one_input(**entry: Any) -> InputSpec:
    document = {"inputs": [{"name": "x", **entry}], "implementation": {"container": {"image": "i"}}}
    return read_component(document, "train.yaml").inputs["x"]


def refusal(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        read(text)
    return str(caught.value)


IMPLEMENTATION = "implementation: {container: {image: i}}"


class TestNames:
    @pytest.mark.parametrize(
        ("written", "name"),
        [
            ("op-1", "op_1"),
            ("Input One", "input_one"),
            ("aB", "ab"),
            ("a  b", "a_b"),
            ("x__y--z", "x__y_z"),
            ("_y-", "y"),
        ],
    )
    def test_inputs_and_outputs_become_identifiers(self, written: str, name: str) -> None:
        document = {"inputs": [{"name": written}], "outputs": [{"name": written}], **yaml.safe_load(IMPLEMENTATION)}
        spec = read_component(document, "train.yaml")
        assert (list(spec.inputs), list(spec.outputs)) == ([name], [name])

    @pytest.mark.parametrize(
        ("written", "name"), [("Add", "add"), ("My Fancy Comp!! 2", "my-fancy-comp-2"), ("-a-", "a"), ("123", "123")]
    )
    def test_components_become_labels(self, written: str, name: str) -> None:
        assert read(f"name: '{written}'\n{IMPLEMENTATION}").name == name

    def test_a_component_without_a_name_gets_kfps(self) -> None:
        assert read(IMPLEMENTATION).name == "name"

    def test_two_names_that_become_one_are_refused(self) -> None:
        message = refusal(f"inputs: [{{name: a b}}, {{name: a-b}}]\n{IMPLEMENTATION}")
        assert message == (
            "train.yaml:1:23 (inputs[1]): The names 'a b' and 'a-b' are the same in a pipeline, 'a_b'.\n"
            "  Rename one of them."
        )

    def test_a_name_that_does_not_begin_with_a_letter_is_refused(self) -> None:
        assert "The name '9x' does not begin with a letter" in refusal(f"inputs: [{{name: 9x}}]\n{IMPLEMENTATION}")


class TestTypes:
    @pytest.mark.parametrize(
        ("written", "ir"),
        [
            ("String", "STRING"),
            ("Text", "STRING"),
            ("str", "STRING"),
            ("Integer", "NUMBER_INTEGER"),
            ("int", "NUMBER_INTEGER"),
            ("Float", "NUMBER_DOUBLE"),
            ("Double", "NUMBER_DOUBLE"),
            ("Bool", "BOOLEAN"),
            ("JsonObject", "STRUCT"),
            ("typing.Dict[str, int]", "STRUCT"),
            ("JsonArray", "LIST"),
            ("List[int]", "LIST"),
            ("PipelineTaskFinalStatus", "TASK_FINAL_STATUS"),
            ("Dataset", "system.Dataset@0.0.1"),
            ("html", "system.HTML@0.0.1"),
            ("ClassificationMetrics", "system.ClassificationMetrics@0.0.1"),
            ("google.VertexModel", "google.VertexModel@0.0.1"),
            ("CSV", "system.Artifact@0.0.1"),
            ("Optional[int]", "system.Artifact@0.0.1"),
            ("system.Model", "system.Artifact@0.0.1"),
            (None, "system.Artifact@0.0.1"),
            ({"GCSPath": {"data_type": "CSV"}}, "system.Artifact@0.0.1"),
        ],
    )
    def test_written_type_and_ir_type(self, written: Any, ir: str) -> None:
        assert one_input(type=written).type == ir

    @pytest.mark.parametrize(
        ("kind", "written", "value"),
        [
            ("Integer", "3", 3),
            ("Integer", "99999999999999999999", 99999999999999999999),
            ("Float", 2, 2.0),
            ("String", 3, "3"),
            ("String", "", ""),
            ("Boolean", "FALSE", False),
            ("Boolean", "yes", True),
            ("Boolean", 1, True),
            ("JsonObject", '{"a": 1}', {"a": 1}),
            ("JsonArray", "[1, 2]", [1, 2]),
            ("JsonArray", [1, 2], [1, 2]),
        ],
    )
    def test_a_default_is_of_the_inputs_type(self, kind: str, written: Any, value: Any) -> None:
        assert one_input(type=kind, default=written) == InputSpec(one_input(type=kind).type, value, optional=True)

    @pytest.mark.parametrize(
        ("kind", "written"),
        [("Integer", "x3"), ("Integer", 2.5), ("Boolean", "maybe"), ("JsonObject", "x"), ("JsonArray", '{"a": 1}')],
    )
    def test_a_default_of_another_type_is_refused(self, kind: str, written: Any) -> None:
        with pytest.raises(SpecError, match=rf"The default .* of 'x' is not of its type, {kind}\."):
            one_input(type=kind, default=written)

    def test_optional_without_default(self) -> None:
        assert one_input(type="Integer", optional=True) == InputSpec("NUMBER_INTEGER", optional=True)

    def test_an_artifact_with_a_default_is_optional(self) -> None:
        assert one_input(type="Dataset", default="gs://x") == InputSpec("system.Dataset@0.0.1", optional=True)


class TestPlaceholders:
    PORTS = "[{name: n, type: Integer, optional: true}, {name: d, type: Dataset, optional: true}]"

    @pytest.mark.parametrize(
        ("word", "written"),
        [
            ({"inputValue": "n"}, "{{$.inputs.parameters['n']}}"),
            ({"inputPath": "d"}, "{{$.inputs.artifacts['d'].path}}"),
            ({"inputUri": "d"}, "{{$.inputs.artifacts['d'].uri}}"),
            ({"outputPath": "n"}, "{{$.outputs.parameters['n'].output_file}}"),
            ({"outputPath": "d"}, "{{$.outputs.artifacts['d'].path}}"),
            ({"outputUri": "d"}, "{{$.outputs.artifacts['d'].uri}}"),
            ({"executorInput": None}, "{{$}}"),
            ({"concat": ["--n=", {"inputValue": "n"}]}, '{"Concat": ["--n=", "{{$.inputs.parameters[\'n\']}}"]}'),
            (
                {"if": {"cond": {"isPresent": "n"}, "then": ["--n", {"inputValue": "n"}], "else": "none"}},
                '{"IfPresent": {"InputName": "n", "Then": ["--n", "{{$.inputs.parameters[\'n\']}}"], "Else": "none"}}',
            ),
            (
                {"if": {"cond": {"isPresent": "d"}, "then": [{"concat": ["a", {"inputPath": "d"}]}]}},
                '{"IfPresent": {"InputName": "d", "Then": [{"Concat": ["a", "{{$.inputs.artifacts[\'d\'].path}}"]}]}}',
            ),
        ],
    )
    def test_in_the_form_of_the_ir(self, word: dict[str, Any], written: str) -> None:
        outputs = "[{name: n, type: Integer}, {name: d, type: Dataset}]"
        assert with_command("run", word, inputs=self.PORTS, outputs=outputs).command == ("run", written)

    @pytest.mark.parametrize(
        ("word", "message"),
        [
            ({"inputValue": "d"}, "The input 'd' is an artifact, it has no value.\n  Use inputPath"),
            ({"inputPath": "n"}, "The input 'n' is a parameter, inputPath is for artifacts.\n  Use inputValue."),
            ({"outputUri": "o"}, "The output 'o' is a parameter, outputUri is for artifacts.\n  Use outputPath."),
            ({"inputValue": "nn"}, "There is no input 'nn'.\n  Did you mean 'n'?"),
            ({"inputvalue": "n"}, "There is no placeholder 'inputvalue'.\n  There are: inputValue, inputPath"),
            ({"if": {"cond": {"isPresent": "q"}, "then": "a"}}, "There is no input 'q'."),
            ({"if": {"cond": "true", "then": "a"}}, "The only condition is isPresent."),
            ({"if": {"cond": {"isPresent": "n"}}}, "An if takes cond, then and else; then is needed."),
            ({"concat": "n"}, "concat does not hold a list."),
            (1, "1 is neither text nor a placeholder.\n  Put a number or a truth value in quotes."),
        ],
    )
    def test_that_mean_nothing_are_refused_with_their_place(self, word: Any, message: str) -> None:
        with pytest.raises(SpecError) as caught:
            with_command("run", word, inputs=self.PORTS, outputs="[{name: o, type: Integer}]")
        assert f"train.yaml (implementation.container.command[1]): {message}" in str(caught.value)


class TestShape:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("name: x", "train.yaml:1:1 (implementation): The component has no implementation."),
            ("implementation: {graph: {tasks: {}}}", "It is a graph component of KFP's first version"),
            ("implementation: {container: {command: [a]}}", "The container has no image"),
            ("implementation: {container: {image: {inputValue: a}}}", "The container has no image, or one that is not"),
            ("implementation: {container: {image: i, command: echo}}", "There should be a list here, not 'echo'."),
            (
                "implementation: {container: {image: i, zzz: 1}}",
                "(implementation.container): The key 'zzz' is not known",
            ),
            ("implementation: {container: {image: i, env: {A: 1}}}", "The variable A is not text: 1."),
            (f"wrong: 1\n{IMPLEMENTATION}", "train.yaml:1:1: The key 'wrong' is not known here."),
            (f"inputs: [x]\n{IMPLEMENTATION}", "train.yaml:1:10 (inputs[0]): There should be a mapping here, not 'x'."),
            (f"inputs: [{{type: String}}]\n{IMPLEMENTATION}", "train.yaml:1:10 (inputs[0]): It has no name."),
        ],
    )
    def test_what_is_wrong_is_said_with_its_place(self, text: str, message: str) -> None:
        assert message in refusal(text)

    def test_environment_variables(self) -> None:
        text = "implementation: {container: {image: i, env: {A: b}}}"
        assert container(read(text)).env == {"A": "b"}


@pytest.mark.corpus
def test_kfps_own_component_files(corpus: Path) -> None:
    files = sorted((corpus / "v1-components").glob("*.yaml"))
    specs = {path.stem: read_component(yaml.safe_load(path.read_text()), path.name) for path in files}
    assert specs["fancy_trainer_component"] == ComponentSpec(
        name="trainer",
        description="Component to train a model\n",
        inputs={
            "examples": InputSpec("system.Dataset@0.0.1"),
            "optimizer": InputSpec("STRING"),
            "n_epochs": InputSpec("NUMBER_INTEGER"),
        },
        outputs={"model": OutputSpec("system.Model@0.0.1")},
        implementation=ContainerImplementation(
            image="gcr.io/my-project/my-fancy-trainer",
            args=(
                *("--input-examples", "{{$.inputs.artifacts['examples'].uri}}"),
                *("--optimizer", "{{$.inputs.parameters['optimizer']}}"),
                *("--n_epochs", "{{$.inputs.parameters['n_epochs']}}"),
                *("--output-model", "{{$.outputs.artifacts['model'].uri}}"),
            ),
        ),
    )
