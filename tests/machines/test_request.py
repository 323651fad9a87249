"""What a step asks for: from the command line, and from compiled pipelines."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from kfbridge import api, dsl
from kfbridge.documents import graph as graph_of
from kfbridge.documents import read
from kfbridge.errors import RequestError
from kfbridge.graph.model import (
    Component,
    Constant,
    Container,
    Dag,
    Graph,
    Loop,
    ParameterBinding,
    ParameterPort,
    ParameterType,
    Ports,
    Resources,
    Task,
)
from kfbridge.machines.known import known_before
from kfbridge.machines.request import MachineRequest, TaskRequest, of_container, of_text, parse_gpu
from kfbridge.spec.expression import parse
from tests.conftest import corpus_files

GIB = 2**30


def container(**resources: str | None) -> Container:
    return Container("exec-train", "python:3.11", resources=Resources(**resources))


def own(**settings: Any) -> dict[str, Any]:
    return {"kfbridge": {"deploymentSpec": {"executors": {"exec-train": settings}}}}


class TestText:
    @pytest.mark.parametrize(
        ("text", "name", "count"),
        [
            ("T4", "T4", 1),
            ("A100-80GB:4", "A100-80GB", 4),
            ("nvidia.com/gpu:2", "any NVIDIA GPU", 2),
            ("tpu-v5e:8", "TPU-v5e", 8),
        ],
    )
    def test_accelerators(self, text: str, name: str, count: int) -> None:
        wanted, number = parse_gpu(text)
        assert (wanted.name, number) == (name, count)

    @pytest.mark.parametrize("text", ["T4:", "T4:x", "T4:1.5", "T4:-1", "T4:9999999"])
    def test_a_number_that_is_none(self, text: str) -> None:
        with pytest.raises(RequestError, match="is not a number of accelerators"):
            parse_gpu(text)

    def test_everything(self) -> None:
        request = of_text("A100-80GB:4", "32", "200Gi", spot=True)
        assert (request.cpu, request.memory, request.count, request.spot) == (32, 200 * GIB, 4, True)
        assert str(request) == "4 x A100-80GB, 32 vCPU, 200Gi of memory, spot"

    def test_nothing_is_nothing(self) -> None:
        assert of_text() == MachineRequest()
        assert of_text("T4:0", "0", "0") == MachineRequest()
        assert str(MachineRequest()) == "nothing in particular"

    @pytest.mark.parametrize(
        ("given", "option"), [({"gpu": "T5000"}, "--gpu"), ({"cpu": "many"}, "--cpu"), ({"memory": "16GB"}, "--memory")]
    )
    def test_what_cannot_be_read_names_its_option(self, given: dict[str, str], option: str) -> None:
        with pytest.raises(RequestError) as caught:
            of_text(**given)
        assert caught.value.where == option


class TestContainer:
    def test_the_larger_of_request_and_limit_counts(self) -> None:
        asked = container(cpu_request="500m", cpu_limit="4", memory_request="16Gi")
        assert of_container(asked, {}).request == MachineRequest(Fraction(4), 16 * GIB)

    def test_a_request_above_its_limit_is_refused(self) -> None:
        with pytest.raises(RequestError) as caught:
            of_container(container(memory_request="2Gi", memory_limit="1Gi"), {}, task="group/train")
        assert str(caught.value) == (
            "task group/train: It requests more memory than its limit allows.\n"
            "  Raise set_memory_limit, or lower set_memory_request."
        )

    def test_kfps_accelerators(self) -> None:
        request = of_container(container(accelerator_type="NVIDIA_TESLA_T4", accelerator_count="2"), {}).request
        assert (request.accelerator and request.accelerator.name, request.count) == ("T4", 2)

    def test_a_type_without_a_number_is_one(self) -> None:
        assert of_container(container(accelerator_type="nvidia.com/gpu"), {}).request.count == 1

    def test_a_number_without_a_type_is_none_and_said(self) -> None:
        asked = of_container(container(accelerator_count="2"), {})
        assert asked.request == MachineRequest()
        assert asked.remarks == ("a number of accelerators without a type asks for none, as in KFP",)

    @pytest.mark.parametrize("count", [4, 4.0, "4"])
    def test_the_portable_name_goes_before_the_platforms(self, count: object) -> None:
        asked = container(accelerator_type="NVIDIA_TESLA_T4", accelerator_count="1")
        request = of_container(asked, own(accelerator={"name": "a100-80gb", "count": count}, spot=True)).request
        assert (request.accelerator and request.accelerator.name, request.count, request.spot) == ("A100-80GB", 4, True)

    def test_settings_of_another_executor_do_not_count(self) -> None:
        other = {"kfbridge": {"deploymentSpec": {"executors": {"exec-other": {"spot": True}}}}}
        assert of_container(container(), other).request == MachineRequest()

    @pytest.mark.parametrize("setting", ["T4", {"count": 1}, {"name": 3}, ["T4"]])
    def test_a_malformed_setting(self, setting: Any) -> None:
        with pytest.raises(RequestError, match="The setting accelerator cannot be"):
            of_container(container(), own(accelerator=setting))

    def test_an_ambiguous_name_names_the_task(self) -> None:
        with pytest.raises(RequestError) as caught:
            of_container(container(), own(accelerator={"name": "A100", "count": 1}), task="train")
        assert caught.value.where == "task train, accelerator"

    def test_a_placeholder_is_unknown_without_a_resolver(self) -> None:
        asked = of_container(container(cpu_limit="{{$.inputs.parameters['cpus']}}", memory_limit="1Gi"), {})
        assert asked == TaskRequest(MachineRequest(memory=GIB), ("cpu limit",))


# Pipelines ------------------------------------------------------------------------------------------


@dsl.component
def step() -> str:
    return "done"


@dsl.component
def decide() -> str:
    return "8"


def compiled(pipeline: Any, tmp_path: Path) -> Graph:
    api.compile(pipeline, tmp_path / "pipeline.yaml")
    return graph_of(read(api.load(tmp_path / "pipeline.yaml")))


def requests(graph: Graph, **arguments: Any) -> dict[str, TaskRequest]:
    """What each step of a graph asks for, as a backend would find it."""
    found = {}
    stack: list[tuple[tuple[Task, ...], Dag]] = [((), graph.root.body)]  # type: ignore[list-item]
    while stack:
        around, dag = stack.pop()
        for name, task in dag.tasks.items():
            if isinstance(task.component.body, Dag):
                stack.append(((*around, task), task.component.body))
            elif isinstance(task.component.body, Container):
                resolve = known_before((*around, task), graph.root, arguments)
                found[name] = of_container(task.component.body, graph.platforms, resolve, task=name)
    return found


def test_settings_of_a_task(tmp_path: Path) -> None:
    @dsl.pipeline(name="settings")
    def settings() -> None:
        step().set_cpu_limit("32").set_memory_limit("200G").set_accelerator("A100-80GB", 4).set_spot()

    asked = requests(compiled(settings, tmp_path))["step"]
    assert str(asked.request) == "4 x A100-80GB, 32 vCPU, 200G of memory, spot"


def test_requests_that_are_arguments(tmp_path: Path) -> None:
    @dsl.pipeline(name="dynamic")
    def dynamic(cpu: str = "2", memory: str = "4Gi", gpu: str = "NVIDIA_L4") -> None:
        with dsl.If(cpu != "0"):
            step().set_cpu_limit(cpu).set_memory_limit(memory).set_accelerator_type(gpu).set_accelerator_limit("1")

    graph = compiled(dynamic, tmp_path)
    assert str(requests(graph)["step"].request) == "1 x L4, 2 vCPU, 4Gi of memory"
    assert str(requests(graph, cpu="16", gpu="NVIDIA_TESLA_T4")["step"].request) == "1 x T4, 16 vCPU, 4Gi of memory"


def test_requests_that_only_the_run_knows(tmp_path: Path) -> None:
    @dsl.pipeline(name="late")
    def late() -> None:
        step().set_cpu_limit(decide().output).set_memory_limit("1Gi")

    asked = requests(compiled(late, tmp_path))["step"]
    assert asked == TaskRequest(MachineRequest(memory=GIB), ("cpu limit",))


def test_a_loops_item_is_known_to_the_run_only(tmp_path: Path) -> None:
    @dsl.pipeline(name="loop")
    def loop() -> None:
        with dsl.ParallelFor(["1Gi", "2Gi"]) as memory:
            step().set_memory_limit(memory)

    assert requests(compiled(loop, tmp_path))["step"].unknown == ("memory limit",)


def test_what_is_known_before_a_run() -> None:
    """By hand, as the compiler writes neither a default for a loop's item nor a selector over a constant."""
    ports = Ports({"cpu": ParameterPort(ParameterType.STRING, default="2")})
    component = Component("comp", ports, Ports(), container())
    whole = ParameterBinding(Constant("4"))
    part = ParameterBinding(Constant('{"cpu": 4}'), selector=parse('parseJson(string_value)["cpu"]'))

    def cpu(task: Task) -> str | None:
        return known_before([task], component, {})("{{$.inputs.parameters['cpu']}}")

    assert cpu(Task("step", "step", component, {"cpu": whole})) == "4"
    assert cpu(Task("step", "step", component)) == "2"
    assert cpu(Task("step", "step", component, {"cpu": part})) is None
    assert cpu(Task("step", "step", component, loop=Loop("cpu", ["1", "2"]))) is None


@pytest.mark.corpus
def test_every_request_of_the_corpus_is_read(corpus: Path) -> None:
    asked: dict[str, str] = {}
    for file in corpus_files("valid"):
        if "resources:" in file.read_text():
            for name, found in requests(graph_of(read(api.load(file)))).items():
                if found != TaskRequest(MachineRequest()):
                    asked[f"{file.stem}/{name}"] = f"{found.request}; {', '.join(found.unknown)}"
    assert asked == EXPECTED


EXPECTED = {
    "local_execution_pipeline_with_k8s_only_methods/echo": "1 x any NVIDIA GPU, 1 vCPU, 256Mi of memory; ",
    "nvidia_gpu_scheduling_check/verify-gpu-scheduled": "1 x any NVIDIA GPU; ",
    "pipeline_with_string_machine_fields_task_output/sum-numbers": (
        "nothing in particular; cpu limit, memory limit, accelerator type, accelerator count"
    ),
}
"""By reading the files: every step of the corpus that asks for something."""
