from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfbridge.engine.placeholders import Names, resolve_command, resolve_text, resolve_value
from kfbridge.engine.reference import Reference, read
from kfbridge.errors import RunError

MODEL = {"name": "model", "uri": "gs://b/m", "metadata": {"framework": "xgb", "auc": 0.5}}
DATA = [
    {"name": "d0", "uri": "/d/0", "metadata": {}},
    {"name": "d1", "uri": "/d/1", "metadata": {}, "custom_path": "/c"},
]
NAMES = Names(
    {"text": "a'b", "n": 6, "big": 2**60 + 1, "x": 2.0, "half": 0.5, "yes": True, "list": [1, "é"], "null": None},
    artifacts={"model": [MODEL], "data": DATA},
    declared=frozenset({"text", "unset", "model", "no-model"}),
    outputs={
        "parameters": {"out": {"outputFile": "/o/out"}},
        "artifacts": {"made": {"artifacts": [{"name": "made", "uri": "s3://b/made", "metadata": {}}]}},
        "outputFile": "/o/executor_output.json",
    },
    constants={"pipeline_job_name": "run-1", "pipeline_task_uuid": "1234"},
    whole={"inputs": {}},
    path=lambda uri: uri.replace("gs://", "/gcs/"),
    where="train",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{{$.inputs.parameters['text']}}", "a'b"),
        ('{{$.inputs.parameters["text"]}}', "a'b"),
        ("n={{$.inputs.parameters['n']}}, x={{$.inputs.parameters['x']}}!", "n=6, x=2!"),
        ("{{$.inputs.parameters['big']}}", "1152921504606846977"),
        ("{{$.inputs.parameters['half']}}", "0.5"),
        ("{{$.inputs.parameters['yes']}}", "true"),
        ("{{$.inputs.parameters['list']}}", '[1, "é"]'),
        ("{{$.inputs.parameters['null']}}", "null"),
        ("{{$.inputs.parameters['unset']}}", "null"),
        ("{{$.inputs.artifacts['model'].uri}}", "gs://b/m"),
        ("{{$.inputs.artifacts['model'].path}}", "/gcs/b/m"),
        ("{{$.inputs.artifacts['model'].name}}", "model"),
        ("{{$.inputs.artifacts['model'].metadata['framework']}}", "xgb"),
        ("{{$.inputs.artifacts['model'].metadata}}", '{"framework": "xgb", "auc": 0.5}'),
        ("{{$.inputs.artifacts['no-model']}}", "null"),
        ("{{$.inputs.artifacts['data'][1].uri}}", "/d/1"),
        ("{{$.inputs.artifacts['data'].artifacts[1].path}}", "/c"),
        ("{{$.inputs.artifacts['data'][0]}}", '{"name": "d0", "uri": "/d/0", "metadata": {}}'),
        ("{{$.outputs.artifacts['made'].uri}}", "s3://b/made"),
        ("{{$.outputs.parameters['out'].output_file}}", "/o/out"),
        ("{{$.outputs.output_file}}", "/o/executor_output.json"),
        ("{{$.outputMetadataUri}}", "/o/executor_output.json"),
        ("{{$.pipeline_job_name}}/{{$.pipeline_task_uuid}}", "run-1/1234"),
        ("{{$}}", '{"inputs": {}}'),
        ("{{$.json_escape[1]}}", '{\\"inputs\\": {}}'),
        ("{{$.inputs.parameters['list'].json_escape[0]}}", '[1, "é"]'),
        ("{{$.inputs.parameters['list'].json_escape[2]}}", '[1, \\\\\\"é\\\\\\"]'),
    ],
)
def test_a_placeholder_is_replaced_by_the_text_of_its_value(text: str, expected: str) -> None:
    assert resolve_text(text, NAMES) == expected


@pytest.mark.parametrize(
    "text", ["{{$name}}", "{{$ .x}}", "{{$.inputs.parameters['x'", "{{$.}}", "{{$.a[b]}}", "{{ $ }}"]
)
def test_what_only_looks_like_a_placeholder_stays(text: str) -> None:
    assert resolve_text(text, NAMES) == text


@pytest.mark.parametrize(
    "text",
    [
        "{{$.inputs.parameters['nobody']}}",
        "{{$.inputs.artifacts['model'].size}}",
        "{{$.inputs.artifacts['model'].metadata['nothing']}}",
        "{{$.inputs.artifacts['data'][7].uri}}",
        "{{$.outputs.parameters['out']}}",
        "{{$.outputs.artifacts['other'].uri}}",
        "{{$.pipeline_weather}}",
        "{{$.inputs.parameters['list'].json_escape[99]}}",
        "{{$.workspace_path}}",
    ],
)
def test_a_placeholder_that_names_nothing_is_an_error_that_says_which(text: str) -> None:
    with pytest.raises(RunError, match="names nothing that this task has") as caught:
        resolve_text(f"before {text} after", NAMES)
    assert text in caught.value.reason
    assert caught.value.where == "train"


def test_the_error_lists_the_inputs_that_there_are() -> None:
    with pytest.raises(RunError, match="The task's inputs are model, no-model, text, unset"):
        resolve_text("{{$.inputs.parameters['txt']}}", NAMES)


def test_values_inside_lists_and_structs_keep_their_types() -> None:
    value = {"{{$.inputs.parameters['text']}}": ["{{$.inputs.parameters['n']}}", "n={{$.inputs.parameters['n']}}", 3]}
    assert resolve_value(value, NAMES) == {"a'b": [6, "n=6", 3]}


def command(*elements: Any) -> list[str]:
    return resolve_command(tuple(one if isinstance(one, str) else json.dumps(one) for one in elements), NAMES)


def if_present(name: str, then: Any, *otherwise: Any) -> dict[str, Any]:
    choice = {"InputName": name, "Then": then}
    return {"IfPresent": choice | ({"Else": otherwise[0]} if otherwise else {})}


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"Concat": ["a-", "{{$.inputs.parameters['n']}}", "-b"]}, ["a-6-b"]),
        (if_present("n", ["--n", "{{$.inputs.parameters['n']}}"]), ["--n", "6"]),
        (if_present("n", "-n"), ["-n"]),
        (if_present("model", "-m"), ["-m"]),
        (if_present("unset", ["--n", "1"]), []),
        (if_present("null", ["--n", "1"]), []),
        (if_present("unset", ["--n"], ["--default", "2"]), ["--default", "2"]),
        (if_present("no-model", "a", "b"), ["b"]),
        (if_present("n", [{"Concat": ["x", "y"]}, if_present("unset", "z", "w")]), ["xy", "w"]),
        ({"Concat": ["a", if_present("unset", "b"), if_present("n", {"Concat": ["c", "d"]})]}, ["acd"]),
        ({"Concat": []}, [""]),
        ('{"Concat": not json', ['{"Concat": not json']),
        ('{"Concatenate": ["a"]}', ['{"Concatenate": ["a"]}']),
    ],
)
def test_whole_elements_may_be_structs(element: Any, expected: list[str]) -> None:
    assert command("first", element, "last") == ["first", *expected, "last"]


def test_a_malformed_struct_is_an_error() -> None:
    with pytest.raises(RunError, match="a placeholder that cannot be read"):
        command({"Concat": "abc"})


@given(st.text(alphabet="{}$.['x]\"0ab", max_size=30))
def test_the_pieces_of_any_text_put_together_are_the_text(text: str) -> None:
    pieces = read(text)
    assert "".join(piece.text if isinstance(piece, Reference) else piece for piece in pieces) == text
