"""What the IR may say, row by row, on this machine: run, not only resolved.

The rows that a compiler of ours writes are conformance cases; these are the others.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.engine.ir import (
    OUT,
    SAVE,
    Pipeline,
    above,
    artifact,
    artifacts,
    call,
    constant,
    output,
    parameters,
    selected,
)

X = "{{$.inputs.parameters['x']}}"


def shown(folder: Path, text: str, kind: str, feed: dict[str, Any], **about: Any) -> Any:
    """The text that a step with an input ``x`` of a type, so fed, makes of `text`."""
    pipeline = Pipeline().show("show", text, inputs=parameters(x=kind)).task("show", feeds={"x": feed})
    pipeline.inputs = about.pop("inputs", {})
    return pipeline.out(folder, **about)["show"]


# Tasks and their inputs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (900.0, "NUMBER_INTEGER", "900"),
        (2.0, "NUMBER_DOUBLE", "2"),
        (0.1, "NUMBER_DOUBLE", "0.1"),
        (True, "BOOLEAN", "true"),
        ([1.0, "a", None], "LIST", '[1, "a", null]'),
        ({"k": [2.0, 2.5]}, "STRUCT", '{"k": [2, 2.5]}'),
        ('{"k": 1}', "STRUCT", '{"k": 1}'),
        (7, "STRING", "7"),
        ({"a": 1}, "STRING", '{"a": 1}'),
    ],
)
def test_types_guide_the_conversion_of_constants(tmp_path: Path, value: Any, kind: str, text: str) -> None:
    assert shown(tmp_path, X, kind, constant(value)) == text


def test_a_default_of_an_integer_may_be_written_as_a_double(tmp_path: Path) -> None:
    pipeline = Pipeline().show("show", X, inputs={"x": {"parameterType": "NUMBER_INTEGER", "defaultValue": 900.0}})
    assert pipeline.task("show").out(tmp_path) == {"show": "900"}


def test_an_optional_input_without_default_is_null_and_no_error(tmp_path: Path) -> None:
    pipeline = Pipeline().show("show", "<", X, ">", inputs={"x": {"parameterType": "STRING", "isOptional": True}})
    assert pipeline.task("show").out(tmp_path) == {"show": "< null >"}


def test_constants_are_filled_in_after_their_siblings_at_any_depth(tmp_path: Path) -> None:
    inputs = parameters(x="STRING", deep="STRUCT", n="NUMBER_INTEGER")
    pipeline = Pipeline().show("show", "{{$.inputs.parameters['deep']}}", inputs=inputs)
    nested = {"{{$.inputs.parameters['x']}}": [{"n": "{{$.inputs.parameters['n']}}"}, "n={{$.inputs.parameters['n']}}"]}
    pipeline.task("show", feeds={"deep": constant(nested), "x": constant("key"), "n": constant(5.0)})
    assert pipeline.out(tmp_path) == {"show": '{"key": [{"n": 5}, "n=5"]}'}


@pytest.mark.parametrize(
    ("value", "expression", "text"),
    [
        ({"a": {"b": [10, 20]}}, 'parseJson(string_value)["a"]["b"][1]', "20"),
        ([{"a": "x"}], 'parseJson(string_value)[0]["a"]', "x"),
        ({"a": 1}, 'string(parseJson(string_value)["a"]) + "!"', "1!"),
    ],
)
def test_a_selector_looks_into_a_constant_an_input_and_an_output(
    tmp_path: Path, value: Any, expression: str, text: str
) -> None:
    pipeline = Pipeline().show("show", X, inputs=parameters(x="STRING"))
    kind = "LIST" if isinstance(value, list) else "STRUCT"
    pipeline.show("make", "{{$.inputs.parameters['v']}}", inputs=parameters(v=kind), kind=kind)
    pipeline.inputs = parameters(given=kind)
    pipeline.task("make", feeds={"v": above("given")})
    for name, source in (("one", constant(value)), ("two", above("given")), ("three", output("make"))):
        pipeline.task(name, "show", feeds={"x": selected(source, expression)})
    found = pipeline.out(tmp_path, {"given": value})
    assert [found[name] for name in ("one", "two", "three")] == [text] * 3


def test_producers_need_no_dependent_tasks(tmp_path: Path) -> None:
    """They are found in inputs, and in what only the command, the environment, a resource or a setting names."""
    pipeline = Pipeline()
    pipeline.show("slow", "512M")
    pipeline.executors["exec-slow"]["container"]["command"][2] = f"sleep 0.2; {SAVE}"
    channel = "{{$.inputs.parameters['pipelinechannel--slow-o']}}"
    pipeline.show("arg", channel)
    pipeline.show("env", "x", env=[{"name": "E", "value": channel}])
    pipeline.executors["exec-env"]["container"]["command"] = ["sh", "-c", 'printf %s "$E" > "$0"', OUT]
    pipeline.show("room", "x", resources={"resourceMemoryLimit": channel})
    for name in ("arg", "env", "room", "slow"):
        pipeline.task(name)
    status = pipeline.run(tmp_path)
    assert (status.state, status.outputs) == (
        "succeeded",
        {"arg": "512M", "env": "512M", "room": "x", "slow": "512M"},
    )
    tasks = {task.name: task for task in status.tasks}
    slow = tasks["slow"].ended
    assert slow is not None
    assert all((tasks[name].started or 0) >= slow for name in ("arg", "env", "room"))


def test_a_platform_that_says_nothing_is_none(tmp_path: Path) -> None:
    pipeline = Pipeline().show("show", "x").task("show")
    for platform in ({"deploymentSpec": None}, {"deploymentSpec": {"executors": None}}):
        pipeline.platform = platform
        assert pipeline.out(tmp_path) == {"show": "x"}


def test_the_final_status_may_be_selected_from(tmp_path: Path) -> None:
    pipeline = Pipeline().show("show", X, inputs=parameters(x="STRING"))
    pipeline.component("fail", {"container": {"image": "none", "command": ["false"]}})
    pipeline.task("fail")
    status = {"taskFinalStatus": {"producerTask": "fail"}}
    after: dict[str, Any] = {
        "dependentTasks": ["fail"],
        "triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"},
    }
    pipeline.task("show", feeds={"x": selected(status, 'parseJson(string_value)["state"]')}, **after)
    found = pipeline.run(tmp_path)
    assert found.state == "failed"
    assert {task.name: task.outputs for task in found.tasks}["show"] == {"o": "FAILED"}


def test_the_waits_between_attempts_grow_by_the_factor_up_to_the_most(tmp_path: Path) -> None:
    pipeline = Pipeline().component(
        "fail",
        {"container": {"image": "none", "command": ["sh", "-c", 'date +%s.%N >> "$0"; false', f"{tmp_path}/at"]}},
    )
    policy = {"maxRetryCount": 3, "backoffDuration": "0.1s", "backoffFactor": 3.0, "backoffMaxDuration": "0.5s"}
    status = pipeline.task("fail", retryPolicy=policy).run(tmp_path)
    times = [float(line) for line in (tmp_path / "at").read_text().split()]
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert (status.state, [task.attempts for task in status.tasks]) == ("failed", [4])
    assert [wait >= least for wait, least in zip(waits, (0.1, 0.3, 0.5), strict=True)] == [True] * 3
    assert waits[2] < 0.9, "three times 0.3 s, but for the most of 0.5 s"


# Conditions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("inputs.parameter_values['n'] == 3", True),
        ("int(inputs.parameter_values['n']) + 1 == 4 && !(inputs.parameter_values['s'] != 'a')", True),
        ("inputs.parameter_values['s'] in ['a', 'b'] || false", True),
        ("inputs.parameter_values['l'][1] == 'two'", True),
        ("parseJson('{\"k\": [1, 2]}')['k'][1] == 2", True),
        ("string(inputs.parameter_values['n']) == '3'", True),
        ("double(inputs.parameter_values['n']) / 2.0 > 1.5", False),
        ("inputs.parameter_values['none'] == null", True),
        ("(inputs.parameter_values['b'] == true) == false", False),
    ],
)
def test_a_condition_may_be_anything_that_cel_can_say_of_the_inputs(
    tmp_path: Path, condition: str, holds: bool
) -> None:
    inputs = parameters(n="NUMBER_INTEGER", s="STRING", l="LIST", b="BOOLEAN")
    inputs["none"] = {"parameterType": "STRING", "isOptional": True}
    pipeline = Pipeline().show("show", "ran", inputs=inputs)
    feeds = {"n": constant(3.0), "s": constant("a"), "l": constant([1, "two"]), "b": constant(True)}
    pipeline.task("show", feeds=feeds, triggerPolicy={"condition": condition})
    assert pipeline.out(tmp_path) == ({"show": "ran"} if holds else {})


# Loops -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_a_single_step_may_be_a_loop_and_zero_is_no_limit(tmp_path: Path, limit: int) -> None:
    loop: dict[str, Any] = {"items": {"raw": '[1.0, "two", {"k": 3}]'}, "itemInput": "x"}
    pipeline = Pipeline().show("show", X, inputs=parameters(x="STRING"))
    pipeline.task("show", parameterIterator=loop, iteratorPolicy={"parallelismLimit": limit})
    assert pipeline.out(tmp_path) == {"show": ["1", "two", '{"k": 3}']}


def test_the_list_of_a_loop_may_be_selected_on_the_tasks_input(tmp_path: Path) -> None:
    loop: dict[str, Any] = {"items": {"inputParameter": "list"}, "itemInput": "x"}
    pipeline = Pipeline().show("show", X, inputs=parameters(x="NUMBER_INTEGER", list="LIST"))
    feed = selected(constant({"deep": [1.0, 2.0]}), 'parseJson(string_value)["deep"]')
    assert pipeline.task("show", feeds={"list": feed}, parameterIterator=loop).out(tmp_path) == {"show": ["1", "2"]}


def test_a_loop_over_artifacts_has_one_for_each_iteration(tmp_path: Path) -> None:
    data = "{{$.inputs.artifacts['d'].path}}"
    pipeline = Pipeline()
    pipeline.component(
        "write",
        {
            "container": {
                "image": "none",
                "command": ["sh", "-c", 'printf %s "$0" > "$1"', X, "{{$.outputs.artifacts['a'].path}}"],
            }
        },
        parameters(x="STRING"),
        writes=artifacts("a"),
    )
    pipeline.show("read", data, reads=artifacts("d"))
    pipeline.executors["exec-read"]["container"]["command"] = ["sh", "-c", 'cat "$1" > "$0"', OUT]
    pipeline.task("write", parameterIterator={"items": {"raw": '["p", "q"]'}, "itemInput": "x"})
    loop: dict[str, Any] = {"items": {"inputArtifact": "list"}, "itemInput": "d"}
    pipeline.components["comp-read"]["inputDefinitions"]["artifacts"] |= artifacts("list", isArtifactList=True)
    pipeline.task("read", reads={"list": artifact("write")}, artifactIterator=loop)
    assert pipeline.out(tmp_path) == {"read": ["p", "q"]}


# Outputs of dags -------------------------------------------------------------------------------------


def test_of_the_tasks_that_an_output_may_come_from_the_one_that_ran_counts(tmp_path: Path) -> None:
    never = {"triggerPolicy": {"condition": "false"}}
    pipeline = Pipeline().show("a", "from a").show("b", "from b")
    selectors = [{"producerSubtask": name, "outputParameterKey": "o"} for name in ("a", "b")]
    inner = {
        "tasks": {"a": call("a", **never), "b": call("b")},
        "outputs": {"parameters": {"o": {"valueFromOneof": {"parameterSelectors": selectors}}}},
    }
    pipeline.component("both", inner, outputs=parameters(o="STRING"))
    assert pipeline.task("both").out(tmp_path) == {"both": "from b"}


# Placeholders ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["{{$.inputs.parameters['x']}}-{{$.inputs.parameters['x']}} {{$.inputs.parameters['n']}}"], "v-v 2"),
        (['{"Concat": ["a", {"Concat": ["{{$.inputs.parameters[\'x\']}}", "b"]}]}'], "avb"),
        (['{"IfPresent": {"InputName": "x", "Then": ["--x", "{{$.inputs.parameters[\'x\']}}"]}}', "end"], "--x v end"),
        (['{"IfPresent": {"InputName": "no", "Then": "yes"}}', "end"], "end"),
        (['{"IfPresent": {"InputName": "no", "Then": "yes", "Else": ["none", "here"]}}'], "none here"),
        (['{"Concat": ["a", {"IfPresent": {"InputName": "no", "Then": "b", "Else": "c"}}]}'], "ac"),
        (["{{$.pipeline_task_name}}", "{{$.inputs.parameters['l']}}"], 'show [1, "a"]'),
        (["{{$.outputs.output_file}}"], "*executor_output.json"),
        (["{{$.pipeline_job_name}} {{$.pipeline_job_resource_name}}"], "by-hand-* by-hand-*"),
        (["{{$.pipeline_job_uuid}}|{{$.pipeline_task_uuid}}|{{$.pipeline_root}}"], "*-*-*|*-*-*|/*"),
        (["{{$.pipeline_job_create_time_utc}}{{$.pipeline_job_schedule_time_utc}}"], "20*T*Z20*T*Z"),
    ],
)
def test_placeholders_of_a_command(tmp_path: Path, texts: list[str], expected: str) -> None:
    inputs = parameters(x="STRING", n="NUMBER_DOUBLE", l="LIST")
    inputs["no"] = {"parameterType": "STRING", "isOptional": True}
    pipeline = Pipeline().show("show", *texts, inputs=inputs)
    pipeline.task("show", feeds={"x": constant("v"), "n": constant(2.0), "l": constant([1.0, "a"])})
    assert fnmatchcase(pipeline.out(tmp_path)["show"], expected.replace("[", "[[]"))


def test_placeholders_of_artifacts(tmp_path: Path) -> None:
    """Of inputs: path, URI, name, metadata; of outputs: path and URI, whose folder is there beforehand."""
    pipeline = Pipeline()
    importer = {
        "artifactUri": {"constant": "oci://bucket/data"},
        "typeSchema": {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"},
        "metadata": {"k": "v", "n": 3.0, "deep": {"l": [1.0]}},
    }
    pipeline.component("load", {"importer": importer}, writes=artifacts("a"))
    names = ("path", "uri", "name", "metadata['k']", "metadata['n']", "metadata['deep']")
    texts = [f"{{{{$.inputs.artifacts['d'].{name}}}}}" for name in names]
    pipeline.show("show", *texts, reads=artifacts("d"))
    made = ["{{$.outputs.artifacts['a'].path}}", "{{$.outputs.artifacts['a'].uri}}"]
    command = ["sh", "-c", 'test -d "$(dirname "$1")" && printf %s "$1 $2" > "$0"', OUT, *made]
    pipeline.component(
        "make",
        {"container": {"image": "none", "command": command}},
        None,
        parameters(o="STRING"),
        writes=artifacts("a"),
    )
    pipeline.task("load").task("show", reads={"d": artifact("load")}).task("make")
    found = pipeline.out(tmp_path)
    assert found["show"] == '/oci/bucket_data oci://bucket/data a v 3 {"l": [1]}'
    path, uri = found["make"].split()
    assert path == uri
    assert Path(path).is_relative_to(tmp_path / "runs")


def test_environment_image_and_resources_may_hold_placeholders(tmp_path: Path) -> None:
    pipeline = Pipeline().show(
        "show",
        image=X,
        inputs=parameters(x="STRING"),
        env=[{"name": "E", "value": f"<{X}>"}],
        resources={"resourceCpuLimit": X, "accelerator": {"resourceType": X, "resourceCount": X}},
    )
    pipeline.executors["exec-show"]["container"]["command"] = ["sh", "-c", 'printf %s "$E" > "$0"', OUT]
    assert pipeline.task("show", feeds={"x": constant("2")}).out(tmp_path) == {"show": "<2>"}


# Importers -------------------------------------------------------------------------------------------


def test_an_importers_uri_and_metadata_come_from_its_inputs_and_the_run(tmp_path: Path) -> None:
    """Anywhere in the metadata, keys included; what is all of a value keeps its type."""
    importer = {
        "artifactUri": {"runtimeParameter": "uri"},
        "typeSchema": {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"},
        "metadata": {
            X: "{{$.inputs.parameters['n']}}",
            "list": [X, {"again": f"{X} {X}"}, 1.0],
            "run": "{{$.pipeline_job_name}}",
            "task": "{{$.pipeline_task_name}}",
        },
    }
    inputs = parameters(uri="STRING", x="STRING", n="NUMBER_INTEGER")
    pipeline = Pipeline().component("load", {"importer": importer}, inputs, writes=artifacts("artifact"))
    names = ("uri", "metadata['key']", "metadata['list']", "metadata['run']", "metadata['task']")
    pipeline.show("show", *(f"{{{{$.inputs.artifacts['d'].{name}}}}}|" for name in names), reads=artifacts("d"))
    pipeline.show("make", "/data/set")
    feeds = {"uri": output("make"), "x": constant("key"), "n": constant(7.0)}
    pipeline.task("make").task("load", feeds=feeds).task("show", reads={"d": artifact("load", "artifact")})
    uri, number, items, run, task, _ = pipeline.out(tmp_path)["show"].split("|")
    assert (uri, number, items, task) == ("/data/set", " 7", ' ["key", {"again": "key key"}, 1]', " load")
    assert run.startswith(" by-hand-")


def test_an_importer_takes_a_uri_with_a_placeholder_and_may_be_a_loop(tmp_path: Path) -> None:
    importer = {
        "artifactUri": {"constant": f"/data/{X}"},
        "typeSchema": {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"},
    }
    pipeline = Pipeline().component("load", {"importer": importer}, parameters(x="STRING"), writes=artifacts("a"))
    pipeline.show("show", "{{$.inputs.artifacts['d'][1].uri}}", reads=artifacts("d", isArtifactList=True))
    pipeline.task("load", parameterIterator={"items": {"raw": '["p", "q"]'}, "itemInput": "x"})
    assert pipeline.task("show", reads={"d": artifact("load")}).out(tmp_path) == {"show": "/data/q"}


# What a step leaves ----------------------------------------------------------------------------------


def left(folder: Path, script: str, **types: str) -> Any:
    """The run of a step that runs a script; ``$o`` is its output parameter's file, ``$e`` the executor output."""
    pipeline = Pipeline()
    command = ["sh", "-c", f'o="$0" e="$1" a="$2"; {script}', OUT, "{{$.outputs.output_file}}"]
    body = {"container": {"image": "none", "command": [*command, "{{$.outputs.artifacts['a'].path}}"]}}
    pipeline.component("step", body, None, parameters(o=types.pop("o", "STRING")), writes=artifacts("a"))
    names = ("path", "uri", "name", "metadata")
    pipeline.show("read", *(f"{{{{$.inputs.artifacts['d'].{name}}}}}|" for name in names), reads=artifacts("d"))
    return pipeline.task("step").task("read", reads={"d": artifact("step")}).run(folder)


@pytest.mark.parametrize(
    ("kind", "script", "value"),
    [
        ("STRING", 'printf " as it is\\n" > "$o"', " as it is\n"),
        ("STRING", ': > "$o"', ""),
        ("NUMBER_INTEGER", 'echo " 41 " > "$o"', 41),
        ("NUMBER_INTEGER", "echo 41.0 > $o", 41),
        ("NUMBER_DOUBLE", "echo 1 > $o", 1.0),
        ("NUMBER_DOUBLE", "echo 1e3 > $o", 1000.0),
        ("BOOLEAN", "echo True > $o", True),
        ("BOOLEAN", "echo false > $o", False),
        ("LIST", 'echo "[1, [2.0]]" > "$o"', [1, [2]]),
        ("STRUCT", 'echo \'{"a": null}\' > "$o"', {"a": None}),
        ("NUMBER_INTEGER", 'echo 1 > "$o"; echo \'{"parameterValues": {"o": 2}}\' > "$e"', 2),
        ("STRING", 'echo x > "$o"; echo \'{"parameterValues": {"o": ""}}\' > "$e"', ""),
        ("STRING", 'printf x > "$o"; echo "{}" > "$e"', "x"),
    ],
)
def test_an_output_parameter_is_read_by_its_type(tmp_path: Path, kind: str, script: str, value: Any) -> None:
    status = left(tmp_path, script, o=kind)
    assert status.state == "succeeded", status.error
    assert status.outputs["step"] == value
    assert type(status.outputs["step"]) is type(value)


@pytest.mark.parametrize(
    ("kind", "script", "reason"),
    [
        ("STRING", "true", "without writing its output 'o'"),
        ("NUMBER_INTEGER", "echo many > $o", "'many\\n' is not a whole number"),
        ("NUMBER_INTEGER", "echo 1.5 > $o", "is not a whole number"),
        ("BOOLEAN", "echo yes > $o", "is not true or false"),
        ("LIST", "echo '[1' > $o", "is not a JSON list"),
        ("STRUCT", "echo '[1]' > $o", "is not a JSON object"),
        ("STRING", "echo x > $o; echo '{' > $e", "is not JSON"),
        ("STRING", "printf '\\377' > $o", "is not UTF-8"),
    ],
)
def test_an_output_parameter_that_cannot_be_read_fails_the_step(
    tmp_path: Path, kind: str, script: str, reason: str
) -> None:
    status = left(tmp_path, script, o=kind)
    tasks = {task.name: task for task in status.tasks}
    assert (status.state, tasks["step"].state, tasks["read"].state) == ("failed", "failed", "skipped")
    assert reason in (tasks["step"].error or "")


def test_a_step_may_say_where_its_artifact_lies_and_add_to_its_metadata(tmp_path: Path) -> None:
    said = '{"artifacts": {"a": {"artifacts": [{"name": "mine", "uri": "oci://b/x", "metadata": {"n": 1.0}}]}}}'
    status = left(tmp_path, f"echo x > $o; echo '{said}' > $e")
    assert status.outputs["read"] == '/oci/b_x| oci://b/x| mine| {"n": 1}|'
    said = f'{{"artifacts": {{"a": {{"artifacts": [{{"custom_path": "{tmp_path}/own"}}]}}}}}}'
    path, uri, name, metadata, _ = left(tmp_path, f"echo x > $o; echo '{said}' > $e").outputs["read"].split("|")
    assert (path, name, metadata) == (f"{tmp_path}/own", " a", " {}")
    assert uri.strip().startswith(str(tmp_path / "runs"))


# Caching ---------------------------------------------------------------------------------------------


def test_without_the_word_nothing_is_cached(tmp_path: Path) -> None:
    asks, does_not = {"cachingOptions": {"enableCache": True}}, {"cachingOptions": {}}
    pipeline = Pipeline().show("show", "x").task("a", "show", **asks).task("b", "show", **does_not).task("c", "show")
    pipeline.run(tmp_path)
    assert {task.name: task.cached for task in pipeline.run(tmp_path).tasks} == {"a": True, "b": False, "c": False}


def test_a_cache_key_stands_for_the_inputs(tmp_path: Path) -> None:
    pipeline = Pipeline().show("show", X, inputs=parameters(x="STRING")).show("other", "other")
    keyed = {"cachingOptions": {"enableCache": True, "cacheKey": "mine"}}
    pipeline.inputs = parameters(x="STRING")
    pipeline.task("show", feeds={"x": above("x")}, **keyed)
    assert pipeline.out(tmp_path, {"x": "one"}) == {"show": "one"}
    assert pipeline.out(tmp_path, {"x": "two"}) == {"show": "one"}
    pipeline.task("other", **keyed)
    assert pipeline.out(tmp_path, {"x": "two"}) == {"show": "one", "other": "other"}, "of each component by itself"
