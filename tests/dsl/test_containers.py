"""Container components: placeholders in their commands."""

from __future__ import annotations

import json

import pytest

from kfbridge import dsl
from kfbridge.dsl import Dataset, Input, InputPath, Model, Output, OutputPath
from kfbridge.errors import CompileError


def command(function) -> list[str]:
    return list(dsl.container_component(function).component_spec.implementation.command)


def test_inputs_and_outputs_become_placeholders() -> None:
    def function(
        n: int, data: Input[Dataset], all: Input[list[Dataset]], model: Output[Model], score: OutputPath(float)
    ):
        return dsl.ContainerSpec(
            "image", [n, f"--n={n}", data.path, data.uri, data.metadata["k"], all, model.path, score]
        )

    assert command(function) == [
        "{{$.inputs.parameters['n']}}",
        "--n={{$.inputs.parameters['n']}}",
        "{{$.inputs.artifacts['data'].path}}",
        "{{$.inputs.artifacts['data'].uri}}",
        "{{$.inputs.artifacts['data'].metadata['k']}}",
        "{{$.inputs.artifacts['all']}}",
        "{{$.outputs.artifacts['model'].path}}",
        "{{$.outputs.parameters['score'].output_file}}",
    ]


def test_paths_of_artifacts_may_be_asked_for_in_the_signature() -> None:
    def function(data: InputPath("Dataset"), model: OutputPath("Model")):
        return dsl.ContainerSpec("image", [data, model])

    assert command(function) == ["{{$.inputs.artifacts['data'].path}}", "{{$.outputs.artifacts['model'].path}}"]


def test_parts_may_be_joined_and_left_out() -> None:
    def function(a: str, b: str = "x"):
        joined = dsl.ConcatPlaceholder(["--a=", a, dsl.IfPresentPlaceholder("b", then=b, else_="none")])
        chosen = dsl.IfPresentPlaceholder("b", then=["-b", b, dsl.ConcatPlaceholder([b, "!"])])
        return dsl.ContainerSpec("image", [joined, chosen])

    a, b = "{{$.inputs.parameters['a']}}", "{{$.inputs.parameters['b']}}"
    assert [json.loads(element) for element in command(function)] == [
        {"Concat": ["--a=", a, {"IfPresent": {"InputName": "b", "Then": b, "Else": "none"}}]},
        {"IfPresent": {"InputName": "b", "Then": ["-b", b, {"Concat": [b, "!"]}]}},
    ]


def whole_artifact(data: Input[Dataset]):
    return dsl.ContainerSpec("image", [data])


def number(n: int):
    return dsl.ContainerSpec("image", [1])


def unknown_input(n: int):
    return dsl.ContainerSpec("image", [dsl.IfPresentPlaceholder("m", then="x")])


def joined_in_text(n: int):
    return dsl.ContainerSpec("image", [f"{dsl.ConcatPlaceholder(['a', n])}"])


def list_inside(n: int):
    return dsl.ContainerSpec("image", [dsl.ConcatPlaceholder([dsl.IfPresentPlaceholder("n", then=["a", "b"])])])


def no_container(n: int):
    return "image"


def bare_artifact(data: Dataset):
    return dsl.ContainerSpec("image")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (whole_artifact, "The artifact 'data' cannot be an argument of a command.\n  Use data.path, data.uri or"),
        (number, "1 in a container's command is neither text nor a placeholder."),
        (unknown_input, "The command of 'unknown_input' reads 'm', which is none of its inputs.\n  There is: 'n'."),
        (joined_in_text, "A dsl.ConcatPlaceholder cannot be part of a longer text."),
        (list_inside, "A dsl.IfPresentPlaceholder inside of a dsl.ConcatPlaceholder has a list to choose."),
        (no_container, "The function 'no_container' returns a str, not a container.\n  Return dsl.ContainerSpec("),
        (bare_artifact, "has the artifact parameter 'data' without a direction."),
    ],
)
def test_what_no_command_can_hold_is_refused(function, message: str) -> None:
    with pytest.raises(CompileError) as caught:
        dsl.container_component(function)
    assert message in str(caught.value)
    assert "test_containers.py:" in str(caught.value)


def test_a_function_in_an_image_of_its_own_still_installs_its_packages() -> None:
    @dsl.component(target_image="shop/steps:1", packages_to_install=["pandas==2.2"])
    def step(a: str) -> str:
        return a

    container = step.component_spec.implementation
    shell, option, script, *rest = container.command
    assert (container.image, shell, option, rest) == (
        "shop/steps:1",
        "sh",
        "-c",
        ["python3", "-m", "kfp.dsl.executor_main"],
    )
    assert "pandas==2.2" in script
