"""The models have exactly the fields of KFP's protobuf messages."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic.alias_generators import to_snake

from kfbridge.spec.model import component, dag, executor, kubernetes, message, pipeline, platform, task, wrapper
from kfbridge.spec.model.message import Message

MODULES = (component, dag, executor, message, pipeline, platform, task, wrapper)

# Messages of the proto are nested and reuse names; ours have one name each.
RENAMED = {
    "ComponentInputsSpec.ArtifactSpec": "InputArtifactPort",
    "ComponentInputsSpec.ParameterSpec": "InputParameterPort",
    "ComponentOutputsSpec.ArtifactSpec": "OutputArtifactPort",
    "ComponentOutputsSpec.ParameterSpec": "OutputParameterPort",
    "ArtifactIteratorSpec.ItemsSpec": "ArtifactItemsSpec",
    "ParameterIteratorSpec.ItemsSpec": "ParameterItemsSpec",
}
# What crosses the border of a step, not of a file, and holders of an enum.
ELSEWHERE = {"RuntimeArtifact", "ArtifactList", "PipelineTaskFinalStatus", "PipelineStateEnum", "TaskOutputsSpec"}
ELSEWHERE |= {"ParameterType", "PrimitiveType", "TaskConfigPassthroughType", "ExecutorInput", "ExecutorOutput"}


def proto_messages() -> dict[str, Any]:
    """Every message of ``pipeline_spec.proto`` by its full name without the package; map entries left out."""
    proto = pytest.importorskip("kfp.pipeline_spec.pipeline_spec_pb2")
    found: dict[str, Any] = {}
    pending = list(proto.DESCRIPTOR.message_types_by_name.values())
    while pending:
        descriptor = pending.pop()
        name = descriptor.full_name.removeprefix("ml_pipelines.")
        if descriptor.GetOptions().map_entry or name.split(".")[0] in ELSEWHERE:
            continue
        found[name] = descriptor
        pending.extend(descriptor.nested_types)
    return found


def our_messages() -> dict[str, type[Message]]:
    return {
        name: kind
        for module in MODULES
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Message) and kind.__module__ == module.__name__
    }


def pairs() -> Iterator[tuple[str, Any, type[Message]]]:
    """Each message's name, its descriptor, and our model of it."""
    ours = our_messages()
    for name, descriptor in proto_messages().items():
        yield name, descriptor, ours[RENAMED.get(name, name.split(".")[-1])]


def test_every_message_has_a_model_with_exactly_its_fields() -> None:
    for name, descriptor, kind in pairs():
        written = {field.alias for field in kind.model_fields.values()}
        assert written == {field.json_name for field in descriptor.fields}, name
        assert set(kind.model_fields) == {to_snake(field.name) for field in descriptor.fields}, name


def test_every_model_is_a_message() -> None:
    known = {RENAMED.get(name, name.split(".")[-1]) for name in proto_messages()}
    beyond = {"Message", "PipelineVersion", "PipelineVersionBody"}
    assert our_messages().keys() - beyond == known


def test_the_kinds_of_fields_are_those_of_the_proto() -> None:
    # these two are free-form in the proto, and typed here
    typed = {("PipelineSpec", "deploymentSpec"), ("PipelineJob", "pipelineSpec")}
    for name, descriptor, kind in pairs():
        hints = typing.get_type_hints(kind, include_extras=True)
        for field in descriptor.fields:
            hint, sub = str(hints[to_snake(field.name)]), field.message_type
            is_map = sub is not None and sub.GetOptions().map_entry
            is_struct = sub is not None and sub.full_name == "google.protobuf.Struct"
            if (is_map or is_struct) and (name, field.name) not in {(n, to_snake(f)) for n, f in typed}:
                assert "dict[str, " in hint, (name, field.name)
            elif field.is_repeated and not is_map:
                assert "list[" in hint, (name, field.name)
            elif field.type == field.TYPE_INT64:
                assert "PlainSerializer" in hint, (name, field.name)


def test_the_enums_are_those_of_the_proto() -> None:
    proto = pytest.importorskip("kfp.pipeline_spec.pipeline_spec_pb2")
    assert set(typing.get_args(message.ParameterTypeEnum)) == set(proto.ParameterType.ParameterTypeEnum.keys())
    assert set(typing.get_args(message.PrimitiveTypeEnum)) == set(proto.PrimitiveType.PrimitiveTypeEnum.keys())
    assert set(typing.get_args(task.TriggerStrategy)) == set(
        proto.PipelineTaskSpec.TriggerPolicy.TriggerStrategy.keys()
    )


def test_the_settings_of_kubernetes_are_typed() -> None:
    config = kubernetes.KubernetesExecutorConfig.model_validate(
        {"activeDeadlineSeconds": "20", "tolerations": [{"key": "gpu", "tolerationSeconds": 5}]}
    )
    assert config.active_deadline_seconds == 20
    assert config.to_data() == {
        "activeDeadlineSeconds": "20",
        "tolerations": [{"key": "gpu", "tolerationSeconds": "5"}],
    }


def test_the_wrappers_read_and_write_back_equal() -> None:
    spec = {"pipelineInfo": {"name": "p"}, "root": {"dag": {}}}
    job = {
        "displayName": "job",
        "labels": {"a": "b"},
        "pipelineSpec": spec,
        "runtimeConfig": {"gcsOutputDirectory": "gs://b", "parameterValues": {"x": [1, None]}},
    }
    assert wrapper.PipelineJob.model_validate(job).to_data() == job
    version = {
        "apiVersion": "pipelines.kubeflow.org/v2beta1",
        "kind": "PipelineVersion",
        "metadata": {"name": "v"},
        "spec": {"pipelineName": "p", "pipelineSpec": spec, "platformSpec": {"platforms": {"kubernetes": {}}}},
    }
    assert wrapper.PipelineVersion.model_validate(version).to_data() == version
