"""Compiled pipelines and components, and component files, as steps of a pipeline."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfbridge import compiler, components, dsl
from kfbridge.dsl.structures import ContainerImplementation, GraphImplementation, ImporterImplementation, InputSpec
from kfbridge.errors import SpecError, UsageError

COMPONENT = """
name: Add one
inputs: [{name: x, type: Integer}]
outputs: [{name: y, type: Integer}]
implementation:
  container: {image: alpine, command: [add, {inputValue: x}, {outputPath: y}]}
"""


def compiled(component: Any, folder: Path) -> list[dict[str, Any]]:
    compiler.Compiler().compile(component, folder / "compiled.yaml")
    return [part for part in yaml.safe_load_all((folder / "compiled.yaml").read_text()) if part]


@dsl.component
def train(epochs: int, data: dsl.Input[dsl.Dataset], model: dsl.Output[dsl.Model], rate: float = 0.1) -> float:
    return rate * epochs


@dsl.pipeline(name="inner", description="Imports, then trains.")
def inner(epochs: int, rate: float = 0.5) -> float:
    data = dsl.importer(artifact_uri="/data", artifact_class=dsl.Dataset)
    return train(epochs=epochs, data=data.output, rate=rate).outputs["Output"]


class TestACompiledFile:
    def test_stays_as_it_is_when_it_is_compiled_alone(self, tmp_path: Path) -> None:
        @dsl.component
        def described(a: str) -> str:
            """Says it.

            Args:
                a: What to say.

            Returns:
                Output: What was said.
            """
            return a

        written = compiled(described, tmp_path)
        loaded = components.load_component_from_file(tmp_path / "compiled.yaml")
        assert compiled(loaded, tmp_path) == written

    def test_of_one_component_may_have_a_root_that_knows_old_names_of_outputs(self, tmp_path: Path) -> None:
        """As google-cloud-pipeline-components makes them, to have an input and an output of one name."""
        [spec] = compiled(train, tmp_path)
        outputs = spec["components"]["comp-train"]["outputDefinitions"]["artifacts"]
        outputs["result"] = outputs.pop("model")
        loaded = components.load_component_from_text(yaml.safe_dump(spec))
        assert set(loaded.component_spec.outputs) == {"Output", "result"}


class TestAComponentFile:
    def test_the_status_of_another_task_is_no_argument(self, tmp_path: Path) -> None:
        notify = components.load_component_from_text(
            "name: notify\ninputs: [{name: status, type: PipelineTaskFinalStatus}]\n"
            "implementation: {container: {image: alpine, command: [echo, {inputValue: status}]}}\n"
        )

        @dsl.pipeline(name="handled")
        def handled() -> None:
            with dsl.ExitHandler(notify()):
                components.load_component_from_text(COMPONENT)(x=1)

        [spec] = compiled(handled, tmp_path)
        status = {"taskFinalStatus": {"producerTask": "exit-handler-1"}}
        assert spec["root"]["dag"]["tasks"]["notify"]["inputs"]["parameters"] == {"status": status}
        declared = spec["components"]["comp-notify"]["inputDefinitions"]["parameters"]["status"]
        assert declared == {"parameterType": "TASK_FINAL_STATUS", "isOptional": True}

    def test_is_a_step(self, tmp_path: Path) -> None:
        add = components.load_component_from_text(COMPONENT)

        @dsl.pipeline(name="adds")
        def adds(x: int = 1) -> int:
            return add(x=add(x=x).output).output

        [spec] = compiled(adds, tmp_path)
        assert sorted(spec["root"]["dag"]["tasks"]) == ["add-one", "add-one-2"]
        assert spec["deploymentSpec"]["executors"]["exec-add-one"]["container"] == {
            "image": "alpine",
            "command": ["add", "{{$.inputs.parameters['x']}}", "{{$.outputs.parameters['y'].output_file}}"],
        }

    def test_knows_its_name_and_text(self) -> None:
        add = components.load_component_from_text(COMPONENT)
        assert (add.name, add.component_yaml) == ("add-one", COMPONENT)
        assert isinstance(add, components.YamlComponent)
        assert isinstance(add, components.BaseComponent)


class TestACompiledComponent:
    def test_is_the_component_itself(self, tmp_path: Path) -> None:
        [spec] = compiled(train, tmp_path)
        loaded = components.load_component_from_file(tmp_path / "compiled.yaml")
        assert isinstance(loaded.component_spec.implementation, ContainerImplementation)
        assert loaded.component_spec.inputs["epochs"] == InputSpec("NUMBER_INTEGER")
        assert loaded.component_spec.inputs["rate"] == InputSpec("NUMBER_DOUBLE", 0.1, optional=True)
        assert compiled(loaded, tmp_path)[0]["deploymentSpec"] == spec["deploymentSpec"]

    def test_keeps_its_platform_settings(self, tmp_path: Path) -> None:
        documents = compiled(train, tmp_path)
        settings = {"deploymentSpec": {"executors": {"exec-train": {"nodeSelector": {"labels": {"a": "b"}}}}}}
        text = yaml.safe_dump_all([*documents, {"platforms": {"kubernetes": settings}}])
        loaded = components.load_component_from_text(text)
        assert loaded.component_spec.platforms == {"kubernetes": {"nodeSelector": {"labels": {"a": "b"}}}}

    def test_that_is_an_importer(self) -> None:
        spec = {
            "pipelineInfo": {"name": "fetch"},
            "schemaVersion": "2.1.0",
            "components": {"comp-fetch": {"executorLabel": "exec-fetch"}},
            "deploymentSpec": {"executors": {"exec-fetch": {"importer": {"artifactUri": {"constant": "/data"}}}}},
            "root": {
                "dag": {"tasks": {"fetch": {"taskInfo": {"name": "fetch"}, "componentRef": {"name": "comp-fetch"}}}}
            },
        }
        loaded = components.load_component_from_text(yaml.safe_dump(spec))
        assert loaded.component_spec.implementation == ImporterImplementation({"artifactUri": {"constant": "/data"}})

    @pytest.mark.parametrize("key", ["retryPolicy", "triggerPolicy", "parameterIterator"])
    def test_whose_task_says_more_stays_a_pipeline(self, key: str, tmp_path: Path) -> None:
        values = {
            "retryPolicy": {"maxRetryCount": 2},
            "triggerPolicy": {"condition": "true"},
            "parameterIterator": {"items": {"raw": "[1]"}, "itemInput": "epochs"},
        }
        [spec] = copy.deepcopy(compiled(train, tmp_path))
        spec["root"]["dag"]["tasks"]["train"][key] = values[key]
        loaded = components.load_component_from_text(yaml.safe_dump(spec))
        assert isinstance(loaded.component_spec.implementation, GraphImplementation)


class TestACompiledPipeline:
    def test_is_a_group_of_steps(self, tmp_path: Path) -> None:
        compiled(inner, tmp_path)
        loaded = components.load_component_from_file(tmp_path / "compiled.yaml")

        @dsl.pipeline(name="outer")
        def outer() -> float:
            return loaded(epochs=3).output

        [spec] = compiled(outer, tmp_path)
        assert list(spec["root"]["dag"]["tasks"]) == ["inner"]
        assert sorted(spec["components"]["comp-inner"]["dag"]["tasks"]) == ["importer", "train"]

    def test_has_the_inputs_of_its_root(self, tmp_path: Path) -> None:
        compiled(inner, tmp_path)
        loaded = components.load_component_from_file(tmp_path / "compiled.yaml")
        assert loaded.required_inputs == ["epochs"]
        assert loaded.component_spec.inputs["rate"].default == 0.5
        assert loaded.description == "Imports, then trains."

    def test_may_be_json(self, tmp_path: Path) -> None:
        compiler.Compiler().compile(inner, tmp_path / "inner.json")
        assert components.load_component_from_file(tmp_path / "inner.json").name == "inner"


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "source.yaml: the file is empty"),
            ("hello: world", "source.yaml: this is not a compiled pipeline (its keys are hello)"),
            ("[1]", "source.yaml: a pipeline is a mapping, but this file holds a list"),
            ("a: b: c", "source.yaml:1:5: this is not YAML"),
            ("name: x\nname: y", 'source.yaml:2:1: the key "name" appears twice'),
            ("pipelineInfo: {name: x}\nroot: {executorLabel: nothing}\nschemaVersion: 2.1.0", "source.yaml:2:"),
        ],
    )
    def test_a_text_that_is_no_component(self, text: str, message: str) -> None:
        with pytest.raises(SpecError) as caught:
            components.load_component_from_text(text, source="source.yaml")
        assert str(caught.value).startswith(message)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="there is no file"):
            components.load_component_from_file(tmp_path / "x.yaml")


@pytest.mark.corpus
def test_every_pipeline_of_the_corpus_loads(corpus: Path) -> None:
    files = sorted((corpus / "ir" / "valid").rglob("*.yaml"))
    loaded = [components.load_component_from_file(path) for path in files]
    assert len(loaded) > 80
    assert all(component.name for component in loaded)
