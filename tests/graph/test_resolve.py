"""From the spec to the graph: what every construct of a file means."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfbridge.errors import SpecError
from kfbridge.graph.model import (
    MISSING,
    ArtifactBinding,
    Constant,
    Container,
    Dag,
    DagInput,
    FinalStatus,
    Foreign,
    Graph,
    Importer,
    Loop,
    OutputSelector,
    ParameterBinding,
    ParameterPort,
    ParameterType,
    Retry,
    Task,
    TaskOutput,
    Trigger,
)
from kfbridge.graph.resolve import platform_config, resolve
from kfbridge.spec.expression import parse
from kfbridge.spec.read import from_data, read_file

COMPONENTS = """
comp-make:
  executorLabel: exec-make
  outputDefinitions:
    parameters: {n: {parameterType: NUMBER_INTEGER}, list: {parameterType: LIST}}
    artifacts: {data: {artifactType: {schemaTitle: system.Dataset, schemaVersion: 0.0.1}}}
comp-use:
  executorLabel: exec-use
  inputDefinitions:
    parameters:
      n: {parameterType: NUMBER_INTEGER, defaultValue: 900.0}
      text: {parameterType: STRING, isOptional: true, description: some text}
      status: {parameterType: TASK_FINAL_STATUS, isOptional: true}
    artifacts:
      data: {artifactType: {schemaTitle: system.Dataset}, isArtifactList: true, isOptional: true}
comp-body:
  dag:
    tasks:
      use: {componentRef: {name: comp-use}, inputs: {parameters: {n: {componentInputParameter: item}}}}
  inputDefinitions:
    parameters: {item: {parameterType: NUMBER_INTEGER}}
"""
EXECUTORS = """
exec-make:
  container: {image: make}
exec-use:
  container:
    image: use
    command: [sh, -c]
    args: ['{{$}}']
    env: [{name: A, value: b}]
    resources:
      resourceCpuLimit: 500m
      resourceMemoryRequest: 1Gi
      accelerator: {resourceType: nvidia.com/gpu, resourceCount: '2'}
"""


def graph(tasks: str, **more: Any) -> Graph:
    root = {"dag": {"tasks": yaml.safe_load(tasks)}} | yaml.safe_load(more.get("root", "{}"))
    pipeline = {
        "pipelineInfo": {"name": "p", "displayName": "P", "description": "about p"},
        "schemaVersion": "2.1.0",
        "components": yaml.safe_load(COMPONENTS) | yaml.safe_load(more.get("components", "{}")),
        "deploymentSpec": {"executors": yaml.safe_load(EXECUTORS) | yaml.safe_load(more.get("executors", "{}"))},
        "root": root,
        "defaultPipelineRoot": "gs://b",
    }
    platform = yaml.safe_load(more["platform"]) if "platform" in more else None
    return resolve(from_data([part for part in (pipeline, platform) if part]))


def tasks_of(found: Graph) -> dict[str, Task]:
    assert isinstance(found.root.body, Dag)
    return dict(found.root.body.tasks)


MAKE = "make: {componentRef: {name: comp-make}}\n"


def use(**fields: Any) -> str:
    return MAKE + yaml.safe_dump({"use": {"componentRef": {"name": "comp-use"}} | fields})


def test_the_pipelines_own_facts() -> None:
    found = graph(MAKE)
    assert (found.name, found.display_name, found.description) == ("p", "P", "about p")
    assert found.default_root == "gs://b"


def test_every_kind_of_parameter_binding() -> None:
    parameters = {
        "n": {"taskOutputParameter": {"producerTask": "make", "outputParameterKey": "n"}},
        "text": {"runtimeValue": {"constant": "{{$.inputs.parameters['n']}}"}},
        "status": {"taskFinalStatus": {"producerTask": "make"}},
        "null": {"runtimeValue": {"constant": None}},
        "whole": {"runtimeValue": {"constant": [1.0, {"a": 2.0}, 0.5]}},
        "outer": {"componentInputParameter": "x", "parameterExpressionSelector": 'parseJson(string_value)["k"]'},
    }
    found = graph(
        use(inputs={"parameters": parameters}), root="inputDefinitions: {parameters: {x: {parameterType: STRUCT}}}"
    )
    bindings = tasks_of(found)["use"].parameters
    assert bindings["n"] == ParameterBinding(TaskOutput("make", "n"))
    assert bindings["text"] == ParameterBinding(Constant("{{$.inputs.parameters['n']}}"))
    assert bindings["status"] == ParameterBinding(FinalStatus("make"))
    assert bindings["null"] == ParameterBinding(Constant(None))
    assert bindings["whole"] == ParameterBinding(Constant([1, {"a": 2}, 0.5]))
    assert bindings["outer"] == ParameterBinding(DagInput("x"), parse("parseJson(string_value)['k']"))


def test_artifact_bindings() -> None:
    found = graph(
        use(
            inputs={
                "artifacts": {"data": {"taskOutputArtifact": {"producerTask": "make", "outputArtifactKey": "data"}}}
            }
        )
    )
    assert tasks_of(found)["use"].artifacts == {"data": ArtifactBinding(TaskOutput("make", "data"))}


def test_ports_have_types_defaults_and_optionality() -> None:
    ports = tasks_of(graph(use()))["use"].component.inputs
    assert ports.parameters["n"] == ParameterPort(ParameterType.NUMBER_INTEGER, default=900, optional=True)
    assert isinstance(ports.parameters["n"].default, int)
    assert ports.parameters["text"].default is MISSING
    assert ports.parameters["text"].optional
    assert ports.parameters["text"].description == "some text"
    assert ports.artifacts["data"].schema_title == "system.Dataset"
    assert ports.artifacts["data"].is_list


@pytest.mark.parametrize(
    ("type", "value", "default"),
    [
        ("NUMBER_INTEGER", "5", 5),
        ("LIST", "[1.0]", [1]),
        ("BOOLEAN", "true", True),
        ("STRING", "5", "5"),
        ("LIST", 3, 3),
    ],
)
def test_a_default_in_text_is_read_and_one_that_does_not_fit_is_left_to_its_use(
    type: str, value: Any, default: Any
) -> None:
    ports = {"n": {"parameterType": type, "defaultValue": value}}
    component = {"executorLabel": "exec-use", "inputDefinitions": {"parameters": ports}}
    task = tasks_of(graph("t: {componentRef: {name: c}}", components=yaml.safe_dump({"c": component})))["t"]
    assert task.component.inputs.parameters["n"].default == default


def test_tasks_stand_in_an_order_in_which_producers_come_first() -> None:
    text = "".join(
        f"{name}: {{componentRef: {{name: comp-make}}, dependentTasks: [{after}]}}\n"
        for name, after in {"a": "d", "b": "", "c": "b", "d": "c", "e": ""}.items()
    )
    found = tasks_of(graph(text))
    assert list(found) == ["b", "c", "d", "a", "e"]
    assert found["a"].producers == ("d",)


def test_producers_are_also_found_in_inputs_and_platform_settings() -> None:
    platform = """
platforms:
  kubernetes:
    deploymentSpec:
      executors:
        exec-use:
          pvcMount: [{pvcNameParameter: {taskOutputParameter: {producerTask: claim, outputParameterKey: n}}}]
"""
    inputs = {"parameters": {"n": {"taskOutputParameter": {"producerTask": "make", "outputParameterKey": "n"}}}}
    found = graph("claim: {componentRef: {name: comp-make}}\n" + use(inputs=inputs), platform=platform)
    assert tasks_of(found)["use"].producers == ("claim", "make")
    assert platform_config(found, "kubernetes", "exec-use")["pvcMount"][0]["pvcNameParameter"]
    assert platform_config(found, "kubernetes", "exec-make") == {}
    assert platform_config(found, "kfbridge", "exec-use") == {}


def test_a_channel_that_only_a_template_names_is_bound() -> None:
    executors = """
exec-use:
  container: {image: use, resources: {resourceCpuLimit: "{{$.inputs.parameters['pipelinechannel--make-it-n']}}"}}
"""
    text = use().replace("make:", "make-it:")
    task = tasks_of(graph(text, executors=executors))["use"]
    assert task.producers == ("make-it",)
    assert task.parameters["pipelinechannel--make-it-n"] == ParameterBinding(TaskOutput("make-it", "n"))


def test_how_a_task_is_run() -> None:
    task = tasks_of(
        graph(
            use(
                taskInfo={"name": "use it"},
                cachingOptions={"enableCache": True, "cacheKey": "k"},
                triggerPolicy={"condition": "1 > 2", "strategy": "ALL_UPSTREAM_TASKS_COMPLETED"},
                retryPolicy={"maxRetryCount": 3, "backoffDuration": "1.5s", "backoffMaxDuration": "60s"},
            )
        )
    )["use"]
    assert task.display_name == "use it"
    assert (task.cache, task.cache_key) == (True, "k")
    assert task.condition == parse("1 > 2")
    assert task.trigger is Trigger.UPSTREAM_COMPLETED
    assert task.retry == Retry(3, backoff=1.5, factor=2.0, max_backoff=60.0)


def test_what_is_not_said_has_kfps_defaults() -> None:
    task = tasks_of(graph(use()))["use"]
    assert (task.display_name, task.cache, task.retry, task.loop) == ("use", False, None, None)
    assert task.trigger is Trigger.UPSTREAM_SUCCEEDED


@pytest.mark.parametrize("text", ["5", "5m", "-1s", "s"])
def test_a_duration_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r'root.dag.tasks.use\): ".*" is not a duration in seconds'):
        graph(use(retryPolicy={"maxRetryCount": 1, "backoffDuration": text}))


def loop(iterator: dict[str, Any], **more: Any) -> Loop | None:
    task = {"componentRef": {"name": "comp-body"}, "parameterIterator": iterator, **more}
    return tasks_of(graph(MAKE + yaml.safe_dump({"loop": task})))["loop"].loop


def test_loops() -> None:
    assert loop({"itemInput": "item", "items": {"raw": "[1.0, 2, 9007199254740993]"}}) == Loop(
        "item", [1, 2, 2**53 + 1]
    )
    inputs = {"parameters": {"all": {"taskOutputParameter": {"producerTask": "make", "outputParameterKey": "list"}}}}
    over = {"itemInput": "item", "items": {"inputParameter": "all"}}
    assert loop(over, inputs=inputs, iteratorPolicy={"parallelismLimit": 2}) == Loop("item", "all", parallelism=2)


@pytest.mark.parametrize("raw", ["", "{}", "[1", "3"])
def test_items_that_are_no_json_list_are_refused(raw: str) -> None:
    with pytest.raises(SpecError, match="the items of the loop are not a JSON list"):
        loop({"itemInput": "item", "items": {"raw": raw}})


def test_a_container() -> None:
    body = tasks_of(graph(use()))["use"].component.body
    assert isinstance(body, Container)
    assert (body.label, body.image, body.command, body.args) == ("exec-use", "use", ("sh", "-c"), ("{{$}}",))
    assert body.env == (("A", "b"),)
    assert (body.resources.cpu_limit, body.resources.memory_request) == ("500m", "1Gi")
    assert (body.resources.accelerator_type, body.resources.accelerator_count) == ("nvidia.com/gpu", "2")


def test_an_importer_reads_its_uri_from_its_own_input() -> None:
    executors = "exec-use: {importer: {artifactUri: {runtimeParameter: text}, reimport: true, metadata: {a: 1.0}}}"
    body = tasks_of(graph(use(), executors=executors))["use"].component.body
    assert body == Importer("exec-use", ParameterBinding(DagInput("text")), metadata={"a": 1}, reimport=True)


def test_executors_of_vertex_are_kept() -> None:
    executors = "exec-use: {customJob: {customJob: {displayName: x}}}"
    body = tasks_of(graph(use(), executors=executors))["use"].component.body
    assert body == Foreign("exec-use", "customJob", {"customJob": {"displayName": "x"}})


def test_the_outputs_of_a_dag() -> None:
    components = """
comp-pick:
  dag:
    tasks: {a: {componentRef: {name: comp-make}}, b: {componentRef: {name: comp-make}}}
    outputs:
      parameters:
        one: {valueFromParameter: {producerSubtask: a, outputParameterKey: n}}
        either:
          valueFromOneof:
            parameterSelectors:
            - {producerSubtask: a, outputParameterKey: n}
            - {producerSubtask: b, outputParameterKey: n}
      artifacts:
        data: {artifactSelectors: [{producerSubtask: b, outputArtifactKey: data}]}
"""
    body = tasks_of(graph("pick: {componentRef: {name: comp-pick}}", components=components))["pick"].component.body
    assert isinstance(body, Dag)
    assert body.parameters["one"] == (OutputSelector("a", "n"),)
    assert body.parameters["either"] == (OutputSelector("a", "n"), OutputSelector("b", "n"))
    assert body.artifacts["data"] == (OutputSelector("b", "data"),)


def test_a_component_that_is_used_twice_is_resolved_once() -> None:
    found = tasks_of(graph("a: {componentRef: {name: comp-make}}\nb: {componentRef: {name: comp-make}}"))
    assert found["a"].component is found["b"].component


def test_the_forms_of_schema_2_0_0() -> None:
    components = """
comp-old:
  executorLabel: exec-use
  inputDefinitions:
    parameters: {n: {type: INT}, x: {type: DOUBLE}, s: {type: STRING}}
    artifacts:
      data:
        artifactType: {instanceSchema: "title: kfp.Dataset\\ntype: object\\nproperties: {}\\n"}
        isOptional: true
"""
    executors = """
exec-use:
  container:
    image: use
    resources: {cpuLimit: 1.0, memoryLimit: 15.032385536, accelerator: {type: NVIDIA_TESLA_K80, count: '1'}}
"""
    parameters = {
        "n": {"runtimeValue": {"constantValue": {"intValue": "9007199254740993"}}},
        "x": {"runtimeValue": {"constantValue": {"doubleValue": 0.5}}},
        "s": {"runtimeValue": {"runtimeParameter": "name"}},
    }
    condition = {"condition": "inputs.parameters['n'].int_value == 5"}
    task = tasks_of(
        graph(
            use(inputs={"parameters": parameters}, triggerPolicy=condition, componentRef={"name": "comp-old"}),
            components=components,
            executors=executors,
            root="inputDefinitions: {parameters: {name: {type: STRING}}}",
        )
    )["use"]
    assert task.parameters["n"] == ParameterBinding(Constant(2**53 + 1))
    assert task.parameters["x"] == ParameterBinding(Constant(0.5))
    assert task.parameters["s"] == ParameterBinding(DagInput("name"))
    assert task.condition == parse("inputs.parameter_values['n'] == 5")
    types = {name: port.type.value for name, port in task.component.inputs.parameters.items()}
    assert types == {"n": "NUMBER_INTEGER", "x": "NUMBER_DOUBLE", "s": "STRING"}
    assert task.component.inputs.artifacts["data"].schema_title == "system.Dataset"
    assert isinstance(task.component.body, Container)
    resources = task.component.body.resources
    assert (resources.cpu_limit, resources.memory_limit) == ("1", "15.032385536G")
    assert (resources.accelerator_type, resources.accelerator_count) == ("NVIDIA_TESLA_K80", "1")


def test_dags_may_be_nested_deeply() -> None:
    levels = 2000
    names = [*(f"c{level}" for level in range(levels + 1)), "comp-make"]
    components = yaml.safe_dump(
        {name: {"dag": {"tasks": {"t": {"componentRef": {"name": inner}}}}} for name, inner in pairwise(names)}
    )
    component, depth = graph("t: {componentRef: {name: c0}}", components=components).root, 0
    while isinstance(component.body, Dag):
        component, depth = component.body.tasks["t"].component, depth + 1
    assert depth == levels + 2


@pytest.mark.corpus
def test_a_real_pipeline(corpus: Path) -> None:
    found = resolve(read_file(corpus / "ir" / "valid" / "pipeline_with_loops_and_conditions.yaml"))
    tasks = tasks_of(found)
    position = {name: number for number, name in enumerate(tasks)}
    for task in tasks.values():
        assert all(position[producer] < position[task.name] for producer in task.producers)
    assert any(task.loop for task in tasks.values())
