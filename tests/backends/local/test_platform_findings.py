"""What the plan says about secrets, config maps, volumes and the workspace: what is missing is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfbridge.backends.base import Finding, Level
from kfbridge.backends.local import kubernetes
from kfbridge.backends.local.config import Config, Places
from kfbridge.backends.local.findings import findings
from kfbridge.graph.model import (
    Component,
    Constant,
    Container,
    Dag,
    DagInput,
    Graph,
    Importer,
    Loop,
    ParameterBinding,
    ParameterPort,
    ParameterType,
    Ports,
    Task,
    TaskOutput,
)
from tests.backends.local.steps import function

STEP = function("def step(): pass")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "secrets", tmp_path / "config_maps", tmp_path / "volumes")


def task(name: str, body: Any, **values: Any) -> Task:
    bindings = {key: ParameterBinding(value) for key, value in values.items()}
    return Task(name, name, Component(f"comp-{name}", Ports(), Ports(), body), bindings)


def pipeline(settings: Mapping[str, Any], *tasks: Task) -> Graph:
    dag = Dag({one.name: one for one in tasks or (task("a", STEP),)})
    platforms = {"kubernetes": {"deploymentSpec": {"executors": {STEP.label: settings}}}}
    return Graph("test", Component("root", Ports(), Ports(), dag), platforms=platforms)


def refused(graph: Graph, places: Places, containers: str = "host", **arguments: Any) -> list[Finding]:
    config = Config.model_validate({"containers": containers})
    return [one for one in findings(graph, config, places, arguments) if one.level is Level.REFUSED]


def password(**reference: Any) -> dict[str, Any]:
    return {"secretAsEnv": [{"keyToEnv": [{"secretKey": "password", "envVar": "PASSWORD"}], **reference}]}


def constant(name: str) -> dict[str, Any]:
    return {"secretNameParameter": {"runtimeValue": {"constant": name}}}


def test_a_missing_secret_is_refused_by_name_and_the_remedy_makes_it(places: Places) -> None:
    [finding] = refused(pipeline(password(**constant("db"))), places)
    assert finding.task == "a"
    assert finding.reason == "it needs the secret 'db', which is not on this machine"
    folder = places.secrets / "db"
    assert finding.remedy == f"Make it with: mkdir -p {folder}; printf '%s' VALUE > {folder}/KEY"


def test_a_missing_key_is_refused_by_name(places: Places) -> None:
    (places.secrets / "db").mkdir(parents=True)
    graph = pipeline(password(secretName="db"))
    [finding] = refused(graph, places)
    assert finding.reason == "the secret 'db' has no key 'password' on this machine"
    (places.secrets / "db" / "password").write_text("hunter2")
    assert refused(graph, places) == []


def test_the_value_of_a_secret_is_in_no_finding(places: Places) -> None:
    (places.secrets / "db").mkdir(parents=True)
    (places.secrets / "db" / "password").write_text("hunter2")
    said = findings(pipeline(password(secretName="db")), Config(), places)
    assert [one.feature for one in said][1:] == ["secret_env"]
    assert "hunter2" not in repr(said)


def test_an_optional_secret_need_not_be_there(places: Places) -> None:
    assert refused(pipeline(password(secretName="db", optional=True)), places) == []


def test_a_name_is_followed_to_the_arguments_of_the_pipeline(places: Places) -> None:
    settings = password(secretNameParameter={"componentInputParameter": "inner_name"})
    group = task("group", Dag({"a": task("a", STEP)}), inner_name=DagInput("secret_name"))
    [finding] = refused(pipeline(settings, group), places, secret_name="db")
    assert (finding.task, finding.reason) == ("group/a", "it needs the secret 'db', which is not on this machine")
    with_default = Ports({"secret_name": ParameterPort(ParameterType.STRING, "web")})
    graph = pipeline(settings, group)
    [finding] = refused(replace(graph, root=replace(graph.root, inputs=with_default)), places)
    assert finding.reason == "it needs the secret 'web', which is not on this machine"
    [finding] = refused(graph, places)
    assert finding.reason == "it needs a secret whose name was not given"
    assert "-p NAME=VALUE" in finding.remedy


@pytest.mark.parametrize("source", [TaskOutput("b", "Output"), Constant("{{$.inputs.parameters['x']}}")])
def test_a_name_that_only_the_run_tells_is_looked_up_in_the_run(source: Any, places: Places) -> None:
    settings = password(secretNameParameter={"componentInputParameter": "inner_name"})
    group = task("group", Dag({"a": task("a", STEP)}), inner_name=source)
    assert refused(pipeline(settings, group), places) == []


def test_the_name_of_an_item_of_a_loop_is_looked_up_in_the_run(places: Places) -> None:
    settings = password(secretNameParameter={"componentInputParameter": "item"})
    group = replace(task("group", Dag({"a": task("a", STEP)})), loop=Loop("item", ["x", "y"]))
    assert refused(pipeline(settings, group), places) == []


CLAIM = {"pvcMount": [{"mountPath": "/data", "pvcNameParameter": {"runtimeValue": {"constant": "my-claim"}}}]}


def test_a_missing_volume_claim_is_refused_and_one_that_the_pipeline_makes_is_not(places: Places) -> None:
    [finding] = refused(pipeline(CLAIM), places)
    assert finding.reason == "it needs the volume claim 'my-claim', which is not on this machine"
    assert finding.remedy == f"Make it with: mkdir -p {places.volumes / 'my-claim'}"
    made = task("createpvc", Container("exec-createpvc", "argostub/createpvc"))
    assert refused(pipeline(CLAIM, made, task("a", STEP)), places) == []


def test_what_must_be_mounted_is_refused_where_nothing_can_be(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes, "obstacle", lambda: "only Linux can mount a folder for one process")
    (places.volumes / "my-claim").mkdir(parents=True)
    [finding] = refused(pipeline(CLAIM), places)
    assert finding.reason == (
        "its pvcMount has to be mounted, which this machine does not allow: "
        "only Linux can mount a folder for one process"
    )
    assert "a target whose backend is k8s" in finding.remedy
    container = replace(STEP, command=("true",), args=())
    assert refused(pipeline(CLAIM, task("a", container)), places, "docker") == []


def test_fields_of_the_pod_have_stand_ins_and_others_are_refused(places: Places) -> None:
    fields = [{"name": "POD", "fieldPath": path} for path in ("metadata.name", "metadata.labels['x']", "spec.nodeName")]
    assert refused(pipeline({"fieldPathAsEnv": fields}), places) == []
    [finding] = refused(pipeline({"fieldPathAsEnv": [{"name": "X", "fieldPath": "status.phase"}]}), places)
    assert finding.reason == "the variable X is status.phase of a pod, for which there is no stand-in"


@pytest.mark.parametrize(
    ("containers", "more", "reason"),
    [
        ("refuse", {"command": ["true"]}, "its init container prepare runs the image busybox"),
        ("docker", {"command": ["true"]}, "its init container prepare runs the image busybox"),
        ("host", {}, "its init container prepare has no command, and its image is not known here"),
        ("host", {"command": ["true"], "restartPolicy": "Always"}, "its init container prepare is a sidecar"),
        ("host", {"command": ["true"]}, ""),
    ],
)
def test_an_init_container_needs_a_command_that_may_run_here(
    containers: str, more: dict[str, Any], reason: str, places: Places
) -> None:
    graph = pipeline({"initContainers": [{"name": "prepare", "image": "busybox", **more}]})
    assert [one.reason for one in refused(graph, places, containers)] == ([reason] if reason else [])


def imports(uri: str, workspace: bool = True) -> Graph:
    importer = Importer("exec-i", ParameterBinding(Constant(uri)), download_to_workspace=True)
    config = {"pipelineConfig": {"workspace": {"size": "1Gi"}}} if workspace else {}
    return replace(pipeline({}, task("a", importer)), platforms={"kubernetes": config})


def test_only_what_is_here_or_at_a_store_is_copied_into_the_workspace(places: Places) -> None:
    assert refused(imports("/data/x.csv"), places) == []
    assert refused(imports("file:///data/x.csv"), places) == []
    assert refused(imports("gs://bucket/x"), places) == []
    [finding] = refused(imports("oci://bucket/x"), places)
    assert finding.reason == (
        "it copies oci://bucket/x into the workspace, which lies neither here nor at a store that kfbridge opens"
    )
    [finding] = refused(imports("/data/x.csv", workspace=False), places)
    assert "PipelineConfig(workspace=WorkspaceConfig(...))" in finding.remedy


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("gs://bucket/x", "gs://bucket/x is copied into the run's folder for a step that reads it"),
        ("/data/x.csv", ""),
        ("oci://bucket/x", ""),
        ("gs://{{$.inputs.parameters['bucket']}}/x", ""),
    ],
)
def test_what_is_fetched_from_a_store_is_said_before(uri: str, reason: str, places: Places) -> None:
    graph = pipeline({}, task("a", Importer("exec-i", ParameterBinding(Constant(uri)))))
    found = findings(graph, Config.model_validate({}), places, {})
    [finding] = [one for one in found if one.feature == "importer"]
    assert (finding.task, finding.level, finding.reason) == ("a", Level.DRIVEN, reason)
