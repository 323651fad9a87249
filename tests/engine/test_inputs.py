"""Importers, constants with placeholders, TASK_CONFIG, defaults: what tasks are given."""

from __future__ import annotations

from dataclasses import replace

from kfbridge.engine.events import Artifact
from kfbridge.graph.model import (
    MISSING,
    Constant,
    DagInput,
    Foreign,
    ParameterBinding,
    ParameterPort,
    ParameterType,
    Resources,
)
from tests.engine.build import In, Out, dag, importer, pipeline, step, task
from tests.engine.fake import World, scripted

READ = step(artifacts_in={"data": "system.Dataset"})


def test_an_importer_needs_no_runner() -> None:
    metadata = {"{{$.inputs.parameters['k']}}": ["{{$.inputs.parameters['k']}}-1"], "n": 3}
    bring = importer(ParameterBinding(Constant("gs://b/data")), metadata, k=str)
    graph = pipeline(
        task("import", bring, {"k": In("k")}),
        task("read", READ, artifacts={"data": Out("import.artifact")}),
        inputs={"k": str},
    )
    world = World(graph).run(k="key")
    assert world.started == ["read#1"]
    assert world.invocations["read"].artifacts["data"] == [
        Artifact("artifact", "system.Dataset", "gs://b/data", {"key": ["key-1"], "n": 3})
    ]


def test_an_importer_takes_its_uri_from_an_input() -> None:
    bring = importer(ParameterBinding(DagInput("from")), **{"from": (str, MISSING)})
    graph = pipeline(task("import", bring, {"from": In("where")}), inputs={"where": (str, MISSING)})
    world = World(graph).run(where="/data")
    assert world.scheduler.tasks()[0].outputs.artifacts["artifact"][0].uri == "/data"
    assert World(graph).run().reason("import") == "the importer has no URI"


def test_an_artifact_of_the_pipeline_is_given_by_its_uri() -> None:
    graph = pipeline(task("read", READ, artifacts={"data": In("data")}), artifacts_in={"data": "system.Dataset"})
    world = World(graph).run(data="/some/file")
    assert world.invocations["read"].artifacts["data"] == [Artifact("data", "system.Dataset", "/some/file")]
    assert "the pipeline's artifact 'data' was not given" in World(graph).begin().scheduler.reason


def test_a_constant_may_refer_to_its_siblings_and_to_the_run() -> None:
    say = step({"n": int, "text": str, "all": list, "sum": int, "job": str})
    graph = pipeline(
        task("make", step(outputs={"n": int})),
        task(
            "say",
            say,
            {
                "n": Out("make.n"),
                "text": "{{$.inputs.parameters['n']}} and {{$.inputs.parameters['n']}}",
                "all": ["{{$.inputs.parameters['n']}}", {"k": "n={{$.inputs.parameters['n']}}"}],
                "job": "{{$.pipeline_job_name}}/{{$.pipeline_task_name}}",
            },
        ),
    )
    world = World(graph, scripted({"make": {"n": 2**60}})).run()
    big = str(2**60)
    assert world.given("say") == {
        "n": 2**60,
        "text": f"{big} and {big}",
        "all": [2**60, {"k": f"n={big}"}],
        "job": "run-1/say",
    }


def test_a_placeholder_that_names_nothing_fails_the_task() -> None:
    graph = pipeline(task("say", step({"text": str}), {"text": "{{$.inputs.parameters['nobody']}}"}))
    assert "{{$.inputs.parameters['nobody']}} names nothing" in World(graph).run().reason("say")


def test_values_become_what_the_input_declares() -> None:
    graph = pipeline(task("a", step({"n": int, "x": float, "s": str}), {"n": 900.0, "x": 1, "s": 5}))
    given = World(graph).run().given("a")
    assert given == {"n": 900, "x": 1.0, "s": "5"}
    assert isinstance(given["n"], int)
    graph = pipeline(task("a", step({"n": int}), {"n": "five"}))
    assert World(graph).run().reason("a") == "input 'n': 'five' is not a whole number"


def test_null_stays_null() -> None:
    graph = pipeline(task("a", step({"n": (int, 3)}), {"n": None}))
    assert World(graph).run().given("a") == {"n": None}


def test_a_foreign_executor_fails_with_the_reason() -> None:
    component = replace(step(), body=Foreign("exec", "customJob", {}))
    reason = World(pipeline(task("a", component))).run().reason("a")
    assert reason == "a customJob executor runs on the platform that it was written for only"


def test_settings_of_the_executor_come_along() -> None:
    graph = pipeline(task("a", step(name="s")))
    mine, others = {"nodeSelector": {"labels": {"disk": "ssd"}}}, {"nodeSelector": {}}
    settings = {"deploymentSpec": {"executors": {"exec-s": mine, "exec-other": others}}}
    graph = replace(graph, platforms={"kubernetes": settings, "kfbridge": {}})
    assert World(graph).begin().invocations["a"].platforms == {"kubernetes": mine}


def test_a_component_is_told_the_settings_that_it_asked_for() -> None:
    config = ParameterPort(ParameterType.TASK_CONFIG, optional=True)
    resources = Resources(
        cpu_limit="{{$.inputs.parameters['n']}}", accelerator_type="nvidia.com/gpu", accelerator_count="1"
    )
    component = step({"n": int, "config": config}, resources=resources, env=(("A", "b"),))
    asked = replace(component, passthroughs=("RESOURCES", "ENV", "KUBERNETES_VOLUMES"))
    assert World(pipeline(task("a", asked, {"n": 2}))).begin().given("a") == {
        "n": 2,
        "config": {"resources": {"limits": {"cpu": "2", "nvidia.com/gpu": "1"}}, "env": [{"name": "A", "value": "b"}]},
    }
    assert World(pipeline(task("a", component, {"n": 2}))).begin().given("a") == {"n": 2}
    wrong = replace(asked, body=replace(asked.body, env=(("A", "{{$.inputs.parameters['nobody']}}"),)))
    assert "names nothing" in World(pipeline(task("a", wrong, {"n": 2}))).begin().reason("a")


def test_an_input_of_a_dag_that_nobody_feeds_is_unset_inside() -> None:
    inner = dag(task("a", step({"n": (int, 4)}), {"n": In("n")}), inputs={"n": (int, MISSING)})
    assert World(pipeline(task("d", inner))).run().given("d/a") == {"n": 4}
