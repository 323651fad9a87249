"""Channels inside of text, lists and dictionaries."""

from __future__ import annotations

import pytest

from kfbridge import dsl
from kfbridge.errors import CompileError
from tests.dsl.components import add, echo, make, nothing


@dsl.component
def take(values: dict, more: list):
    pass


def placeholder(name: str) -> str:
    return f"{{{{$.inputs.parameters['pipelinechannel--{name}']}}}}"


def inputs_of(spec, task: str):
    return spec["root"]["dag"]["tasks"][task]["inputs"]["parameters"]


def test_text_with_channels_is_a_constant_with_placeholders_and_inputs_for_them(compiled) -> None:
    def function(name: str):
        first = echo(text=name)
        echo(text=f"{first.output}/{name}/{first.output}")

    assert inputs_of(compiled(function), "echo-2") == {
        "text": {
            "runtimeValue": {
                "constant": f"{placeholder('echo-Output')}/{placeholder('name')}/{placeholder('echo-Output')}"
            }
        },
        "pipelinechannel--echo-Output": {
            "taskOutputParameter": {"producerTask": "echo", "outputParameterKey": "Output"}
        },
        "pipelinechannel--name": {"componentInputParameter": "name"},
    }


def test_the_same_channel_may_be_an_argument_and_part_of_another(compiled) -> None:
    def function(name: str, rows: int):
        take(values={"name": name, name: [rows, 1.5, True, None]}, more=[name, {"rows": rows}])

    inputs = inputs_of(compiled(function), "take")
    assert inputs["values"]["runtimeValue"]["constant"] == {
        "name": placeholder("name"),
        placeholder("name"): [placeholder("rows"), 1.5, True, None],
    }
    assert inputs["more"]["runtimeValue"]["constant"] == [placeholder("name"), {"rows": placeholder("rows")}]
    assert inputs["pipelinechannel--rows"] == {"componentInputParameter": "rows"}


def test_a_list_output_may_stand_in_text(compiled) -> None:
    """KFP leaves the channel's own text there, because of the brackets in ``List[str]``."""

    @dsl.component
    def names() -> list[str]:
        return []

    def function():
        echo(text=f"all: {names().output}")

    assert (
        inputs_of(compiled(function), "echo")["text"]["runtimeValue"]["constant"]
        == f"all: {placeholder('names-Output')}"
    )


def test_text_that_only_looks_like_a_channel_stays(compiled) -> None:
    text = "{{channel:task=a;name=b;type=c;}} {{$.inputs.parameters['x']}}"

    def function():
        echo(text=text)

    assert inputs_of(compiled(function), "echo")["text"]["runtimeValue"]["constant"] == text


def test_artifacts_and_branches_cannot_stand_in_text(compiled) -> None:
    def artifact():
        echo(text=f"{make().output}")

    def branches(text: str):
        with dsl.If(text == "a"):
            one = echo(text="1")
        with dsl.Else():
            other = echo(text="2")
        echo(text=f"{dsl.OneOf(one.output, other.output)}")

    for function, what in ((artifact, r"an artifact \(system.Dataset\)"), (branches, "a dsl.OneOf")):
        with pytest.raises(CompileError, match=f"is {what} and cannot be part of a text"):
            compiled(function)


def test_an_importer_takes_channels_anywhere_in_its_metadata(compiled) -> None:
    def function(uri: str, key: str):
        dsl.importer(uri, dsl.Dataset, metadata={"uri": [uri, uri], key: f"{key}!"})
        dsl.importer("gs://bucket/data", dsl.Model, reimport=True)
        nothing()

    spec = compiled(function)
    executors = spec["deploymentSpec"]["executors"]
    assert executors["exec-importer"]["importer"] == {
        "artifactUri": {"runtimeParameter": "uri"},
        "typeSchema": {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"},
        "metadata": {
            "uri": ["{{$.inputs.parameters['metadata']}}"] * 2,
            "{{$.inputs.parameters['metadata-2']}}": "{{$.inputs.parameters['metadata-2']}}!",
        },
    }
    assert executors["exec-importer-2"]["importer"]["artifactUri"] == {"constant": "gs://bucket/data"}
    assert inputs_of(spec, "importer")["metadata-2"] == {"componentInputParameter": "key"}


def test_the_uri_of_an_importer_may_be_text_with_channels(compiled) -> None:
    """KFP writes its internal text into the URI."""

    def function(bucket: str):
        dsl.importer(f"gs://{bucket}/data", dsl.Dataset)
        nothing()

    spec = compiled(function)
    assert spec["deploymentSpec"]["executors"]["exec-importer"]["importer"]["artifactUri"] == {
        "runtimeParameter": "uri"
    }
    assert inputs_of(spec, "importer") == {
        "uri": {"runtimeValue": {"constant": f"gs://{placeholder('bucket')}/data"}},
        "pipelinechannel--bucket": {"componentInputParameter": "bucket"},
    }


def test_text_with_a_channel_is_refused_where_nothing_can_resolve_it(compiled) -> None:
    """KFP writes its internal text into all of these."""

    def condition(name: str):
        with dsl.If(echo(text="x").output == f"{name}!"):
            nothing()

    def key(name: str):
        nothing().set_caching_options(True, cache_key=f"{name}!")

    def display_name(name: str):
        nothing().set_display_name(f"{name}!")

    def environment(name: str):
        nothing().set_env_variable("NAME", f"{name}!")

    for function, message in (
        (condition, "A condition compares 'echo-Output' with text that has a channel in it"),
        (key, "The cache key of the task 'nothing' must be constant text, but holds 'name'"),
        (display_name, "The display name of the task 'nothing' must be constant text, but holds 'name'"),
        (environment, "The environment variable 'NAME' of the task 'nothing' must be constant text, but holds 'name'"),
    ):
        with pytest.raises(CompileError, match=message):
            compiled(function)


def test_names_are_counted_not_searched(compiled) -> None:
    def function():
        for _ in range(3):
            add(a=1)
        two = dsl.component(numbered("add_2"))
        two(a=1)
        add(a=1)

    assert list(compiled(function)["root"]["dag"]["tasks"]) == ["add", "add-2", "add-3", "add-2-2", "add-4"]


def numbered(name: str):
    def function(a: int):
        pass

    function.__name__ = name
    return function
