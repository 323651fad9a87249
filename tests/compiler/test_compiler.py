"""Compiling to a file."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
import yaml

from kfbridge import compiler, dsl
from kfbridge.errors import CompileError, TypeMismatchError, UsageError


@dsl.component
def greet(name: str, times: int = 1) -> str:
    """Greets."""
    return name * times


@dsl.pipeline(name="hello", description="Says hello.\nTwice, # even.")
def hello(name: str, times: int = 2, extra: dict = {"it's": ["#"]}) -> str:  # noqa: B006
    return greet(name=name, times=times).output


def compile_to(path: Path, pipeline=hello, **options) -> list[dict]:
    compiler.Compiler().compile(pipeline, str(path), **options)
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def test_a_pipeline_becomes_a_file_that_says_what_it_is(tmp_path) -> None:
    path = tmp_path / "hello.yaml"
    compile_to(path)
    comment = [line for line in path.read_text().splitlines() if line.startswith("#")]
    assert comment == [
        "# PIPELINE DEFINITION",
        "# Name: hello",
        "# Description: Says hello.",
        "#              Twice, # even.",
        "# Inputs:",
        "#    extra: dict [Default: {\"it's\": ['#']}]",
        "#    name: str",
        "#    times: int [Default: 2]",
        "# Outputs:",
        "#    Output: str",
    ]


def test_the_documents_are_valid_by_the_models_and_the_validator(tmp_path) -> None:
    from kfbridge.spec.read import read_file
    from kfbridge.spec.validate import validate

    path = tmp_path / "hello.yaml"
    compile_to(path)
    document = read_file(path)
    validate(document)
    assert hello.pipeline_spec.pipeline_info.name == "hello"
    assert hello.pipeline_spec == document.pipeline


def test_a_component_on_its_own_is_a_pipeline_of_one_task(tmp_path) -> None:
    (spec,) = compile_to(tmp_path / "greet.yaml", greet)
    assert spec["pipelineInfo"] == {"name": "greet"}
    assert spec["root"]["inputDefinitions"] == spec["components"]["comp-greet"]["inputDefinitions"]
    assert spec["root"]["dag"]["outputs"]["parameters"] == {
        "Output": {"valueFromParameter": {"producerSubtask": "greet", "outputParameterKey": "Output"}}
    }


def test_names_and_defaults_may_be_changed_without_touching_the_pipeline(tmp_path) -> None:
    (spec,) = compile_to(
        tmp_path / "a.yaml", pipeline_name="other", pipeline_display_name="Other", pipeline_parameters={"times": 5}
    )
    assert spec["pipelineInfo"]["name"] == "other"
    assert spec["pipelineInfo"]["displayName"] == "Other"
    assert spec["root"]["inputDefinitions"]["parameters"]["times"]["defaultValue"] == 5
    (again,) = compile_to(tmp_path / "b.yaml")
    assert again["pipelineInfo"]["name"] == "hello"
    assert again["root"]["inputDefinitions"]["parameters"]["times"]["defaultValue"] == 2


def test_defaults_must_be_for_inputs_and_fit_them(tmp_path) -> None:
    with pytest.raises(CompileError, match=r"has no input 'time'.\n  Did you mean 'times'\?"):
        compile_to(tmp_path / "a.yaml", pipeline_parameters={"time": 5})
    with pytest.raises(
        TypeMismatchError, match="'times' of the pipeline is NUMBER_INTEGER, but its default is to be STRING"
    ):
        compile_to(tmp_path / "a.yaml", pipeline_parameters={"times": "5"})


def test_json_holds_one_document(tmp_path) -> None:
    compiler.Compiler().compile(hello, str(tmp_path / "hello.json"))
    assert json.loads((tmp_path / "hello.json").read_text()) == hello.documents[0]

    @dsl.pipeline(name="spot")
    def spot():
        greet(name="x").set_spot()

    with pytest.raises(UsageError, match=r"JSON has one document.\n  Compile to a .yaml file."):
        compiler.Compiler().compile(spot, str(tmp_path / "spot.json"))
    assert [sorted(document) for document in compile_to(tmp_path / "spot.yaml", spot)][1] == ["platforms"]


def test_kubernetes_resources(tmp_path) -> None:
    options = compiler.KubernetesManifestOptions(
        pipeline_version_name="v1", namespace="ml", include_pipeline_manifest=True
    )
    pipeline, version = compile_to(
        tmp_path / "hello.yaml", kubernetes_manifest_format=True, kubernetes_manifest_options=options
    )
    assert pipeline == {
        "apiVersion": "pipelines.kubeflow.org/v2beta1",
        "kind": "Pipeline",
        "metadata": {"name": "hello", "namespace": "ml"},
        "spec": {"displayName": "hello", "description": "Says hello.\nTwice, # even."},
    }
    assert version["metadata"] == {"name": "v1", "namespace": "ml"}
    assert version["spec"]["pipelineSpec"] == yaml.safe_load(yaml.safe_dump(hello.documents[0]))


def test_only_pipelines_and_components_can_be_compiled(tmp_path) -> None:
    with pytest.raises(CompileError, match=r"is a function, not a pipeline or component.\n  Put @dsl.pipeline"):
        compiler.Compiler().compile(lambda: None, str(tmp_path / "a.yaml"))  # type: ignore[arg-type]


def test_another_ending_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match=r"ends neither with \.yaml nor with \.json"):
        compile_to(tmp_path / "hello.txt")


def test_a_folder_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match=r"cannot be written: No such file or directory\.\n  Name a file in a folder"):
        compile_to(tmp_path / "none" / "hello.yaml")


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch) -> None:
    path = tmp_path / "hello.yaml"
    compile_to(path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        compile_to(path, greet)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_names_and_texts_of_any_kind_are_read_back(tmp_path) -> None:
    text = "\x85 ünï \u2028 'quotes\" #: - {{ }} \t%"

    @dsl.pipeline(name="odd", display_name=text, description=f"# not a key: {text}\n---\nkey: value")
    def odd(value: str = text):
        greet(name=value).set_display_name(text).set_env_variable("A", text)

    (spec,) = compile_to(tmp_path / "odd.yaml", odd)
    assert spec["pipelineInfo"]["displayName"] == text
    assert spec["root"]["inputDefinitions"]["parameters"]["value"]["defaultValue"] == text
    assert spec["root"]["dag"]["tasks"]["greet"]["taskInfo"]["name"] == text
