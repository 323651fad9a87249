from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kfbridge.backends.base import Finding, Level
from kfbridge.backends.local.config import Config, Places
from kfbridge.backends.local.findings import findings
from kfbridge.cli.watch import notes
from kfbridge.graph.model import (
    Component,
    Container,
    Dag,
    Foreign,
    Graph,
    Importer,
    Ports,
    Resources,
    Task,
)
from tests.backends.local.steps import function, shell

PLACES = Places(*(Path("/nowhere") / name for name in ("secrets", "config_maps", "volumes")))


def graph(*bodies: Container | Foreign | Importer | Dag, **platforms: Any) -> Graph:
    """A pipeline of tasks ``a``, ``b``, ..."""
    components = [Component(f"comp-{number}", Ports(), Ports(), body) for number, body in enumerate(bodies)]
    tasks = {name: Task(name, name, component) for name, component in zip("abcdef", components, strict=False)}
    return Graph("test", Component("root", Ports(), Ports(), Dag(tasks)), platforms=platforms)


def found(pipeline: Graph, **settings: Any) -> list[Finding]:
    return list(findings(pipeline, Config(**settings), PLACES))


def test_a_python_function_runs_here_without_its_image() -> None:
    (finding,) = found(graph(function("def step(): pass")))
    assert (finding.task, finding.level) == ("a", Level.DRIVEN)
    assert "the function runs here on Python 3." in finding.reason
    assert "the image python:3.11 is not used" in finding.reason


def test_a_container_is_refused_with_the_remedy_until_the_target_says_how() -> None:
    container = shell("true")
    (finding,) = found(graph(container))
    assert finding.level is Level.REFUSED
    assert finding.reason == "it runs the container alpine, and the target does not say how"
    assert 'containers = "docker"' in finding.remedy
    (finding,) = found(graph(container), containers="host")
    assert finding.level is Level.DRIVEN
    (finding,) = found(graph(container), containers="docker")
    assert (finding.level, finding.reason) == (Level.DRIVEN, "docker runs the image")


def test_a_container_without_a_command_needs_docker() -> None:
    container = Container("exec-a", "alpine", args=("--help",))
    (finding,) = found(graph(container), containers="host")
    assert finding.level is Level.REFUSED
    assert "the entrypoint of the image alpine is not known here" in finding.reason
    (finding,) = found(graph(container), containers="docker")
    assert finding.level is Level.DRIVEN


def test_a_function_whose_code_lies_in_its_image_is_a_container() -> None:
    args = ("--executor_input", "{{$}}", "--function_to_execute", "step")
    container = Container("exec-a", "mine:1", ("python3", "-m", "kfp.dsl.executor_main"), args)
    (finding,) = found(graph(container))
    assert finding.reason == "it runs the container mine:1, and the target does not say how"
    (finding,) = found(graph(container), containers="host")
    assert finding.reason == "its function lies in the image mine:1, which is not used here"
    (finding,) = found(graph(container), containers="docker")
    assert finding.level is Level.DRIVEN


def test_resources_are_noted_not_reserved() -> None:
    container = function("def step(): pass")
    resources = Resources(cpu_limit="4", accelerator_type="NVIDIA_A100", accelerator_count="2")
    needy = Container(container.label, container.image, container.command, container.args, resources=resources)
    noted = [finding for finding in found(graph(needy)) if finding.level is Level.REWRITTEN]
    assert [finding.feature for finding in noted] == ["cpu_and_memory", "accelerator"]
    assert notes(noted) == [
        "note: a: cpu limit 4, accelerator type NVIDIA_A100, accelerator count 2 are not reserved on this machine"
    ]


@pytest.mark.parametrize(
    ("setting", "level"),
    [
        ({"neverHeardOf": True}, Level.REFUSED),
        ({"nodeSelector": {"labels": {"a": "b"}}}, Level.REWRITTEN),
        ({"podMetadata": {"labels": {"a": "b"}}}, Level.REWRITTEN),
    ],
)
def test_kubernetes_settings_without_a_stand_in_are_refused_and_others_are_noted(
    setting: dict[str, Any], level: Level
) -> None:
    container = function("def step(): pass")
    platform = {"deploymentSpec": {"executors": {container.label: setting}}}
    about = [one for one in found(graph(container, kubernetes=platform)) if one.feature != "python_function"]
    assert [finding.level for finding in about] == [level]
    assert next(iter(setting)) in about[0].reason


def test_portable_settings_are_noted_and_unknown_ones_refused() -> None:
    container = function("def step(): pass")
    settings = {"spot": True, "sharedMemory": "1Gi", "timeout": "7200s", "from_the_future": 1}
    platform = {"deploymentSpec": {"executors": {container.label: settings}}}
    levels = {finding.feature: finding.level for finding in found(graph(container, kfbridge=platform))}
    assert levels["spot"] is levels["shared_memory"] is Level.REWRITTEN
    assert levels["timeout"] is Level.DRIVEN
    assert levels["unknown_setting"] is Level.REFUSED


def test_executors_of_other_platforms_are_refused() -> None:
    (finding,) = found(graph(Foreign("exec-a", "customJob", {})))
    assert finding.level is Level.REFUSED
    assert "its executor is a customJob" in finding.reason


def test_tasks_inside_groups_are_named_by_their_path_and_refusals_come_first() -> None:
    inner = graph(function("def step(): pass"), shell("true")).root.body
    assert isinstance(inner, Dag)
    assert [(finding.task, finding.level) for finding in found(graph(inner))] == [
        ("a/b", Level.REFUSED),
        ("a", Level.DRIVEN),
        ("a/a", Level.DRIVEN),
    ]
