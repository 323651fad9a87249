"""A small pipeline for each feature: what it asks for, and nothing that asks for as much by accident."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kfbridge import documents, dsl, kubernetes
from kfbridge.api import load
from kfbridge.dsl import Artifact, Dataset, Input, Output
from kfbridge.graph.model import Component, Container, Dag, Foreign, Graph, Ports, Task

Pipeline = Callable[..., Any]


@dsl.component
def work(x: int = 1) -> int:
    return x


@dsl.component
def text(x: str = "a") -> str:
    return x


@dsl.component
def numbers() -> list[int]:
    return [1, 2]


@dsl.component
def add(values: list[int]) -> int:
    return sum(values)


@dsl.component
def make(data: Output[Dataset]):
    pass


@dsl.component
def read(data: Input[Dataset]):
    pass


@dsl.component
def read_all(data: Input[list[Dataset]]):
    pass


@dsl.component
def report(status: dsl.PipelineTaskFinalStatus):
    pass


@dsl.component(packages_to_install=["numpy"])
def packed():
    pass


@dsl.component(target_image="registry.example/mine:1")
def installed():
    pass


@dsl.component(task_config_passthroughs=[dsl.TaskConfigField.RESOURCES])
def told(config: dsl.TaskConfig):
    pass


@dsl.container_component
def shout():
    return dsl.ContainerSpec(image="busybox", command=["echo", "hello"])


@dsl.container_component
def bare():
    return dsl.ContainerSpec(image="busybox")


@dsl.pipeline
def inner(x: int = 1) -> int:
    return work(x=x).output


ASKING: dict[str, Pipeline] = {}
"""By feature, the function of a pipeline that asks for it."""


def asks(feature: str) -> Callable[[Pipeline], Pipeline]:
    def add_to(function: Pipeline) -> Pipeline:
        ASKING[feature] = function
        return function

    return add_to


def setting(feature: str, change: Callable[[Any], Any]) -> None:
    """A feature that is asked for by a setting of one task."""

    def pipeline() -> None:
        change(work())

    ASKING[feature] = pipeline


def graph_of(function: Pipeline) -> Graph:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = dsl.pipeline(function, name="asking")
        return documents.graph(documents.read(load(made)))


def with_platform(platform: str, **settings: Any) -> Graph:
    """A pipeline of one step ``work`` whose executor has these settings in the second document."""
    graph = graph_of(lambda: work().set_caching_options(False) and None)
    executors = {"exec-work": settings}
    return replace(graph, platforms={platform: {"deploymentSpec": {"executors": executors}}})


def foreign() -> Graph:
    """A pipeline with an executor that Vertex alone has."""
    body = Foreign("exec-resolve", "resolver", {})
    tasks = {"resolve": Task("resolve", "resolve", Component("comp-resolve", Ports(), Ports(), body))}
    return Graph("asking", Component("root", Ports(), Ports(), Dag(tasks)))


def chain(length: int) -> Graph:
    """A pipeline of so many containers, one after the other."""
    tasks = {}
    for number in range(length):
        body = Container(f"exec-{number}", "busybox", ("echo", str(number)))
        component = Component(f"comp-{number}", Ports(), Ports(), body)
        before = (f"t{number - 1}",) if number else ()
        tasks[f"t{number}"] = Task(f"t{number}", f"t{number}", component, producers=before, cache=True)
    return Graph("chain", Component("root", Ports(), Ports(), Dag(tasks)))


# Control flow ---------------------------------------------------------------------------------------


@asks("nested_pipeline")
def _() -> None:
    inner()


@asks("condition_on_input")
def _(x: int = 1) -> None:
    with dsl.If(x == 1):
        work()


@asks("condition_on_output")
def _() -> None:
    with dsl.If(work().output == 1):
        work()


@asks("loop_over_constant")
def _() -> None:
    with dsl.ParallelFor([1, 2]) as x:
        work(x=x)


@asks("loop_over_input")
def _(xs: list[int]) -> None:
    with dsl.ParallelFor(xs) as x:
        work(x=x)


@asks("loop_over_output")
def _() -> None:
    with dsl.ParallelFor(numbers().output) as x:
        work(x=x)


@asks("loop_over_artifacts")
def _(data: Input[list[Dataset]]) -> None:
    with dsl.ParallelFor(data) as one:
        read(data=one)


@asks("loop_parallelism")
def _() -> None:
    with dsl.ParallelFor([1, 2], parallelism=1) as x:
        work(x=x)


@asks("collected_parameters")
def _() -> None:
    with dsl.ParallelFor([1, 2]) as x:
        task = work(x=x)
    add(values=dsl.Collected(task.output))


@asks("collected_artifacts")
def _() -> None:
    with dsl.ParallelFor([1, 2]) as x:
        made = make().after(work(x=x))
    read_all(data=dsl.Collected(made.outputs["data"]))


@asks("one_of")
def _(x: int = 1) -> None:
    with dsl.If(x == 1):
        one = work()
    with dsl.Else():
        other = work()
    work(x=dsl.OneOf(one.output, other.output))


@asks("exit_handler")
def _() -> None:
    with dsl.ExitHandler(work()):
        work()


@asks("final_status")
def _() -> None:
    with dsl.ExitHandler(report()):
        work()


@asks("ignore_upstream_failure")
def _() -> None:
    work(x=work().output).ignore_upstream_failure()


@asks("order")
def _() -> None:
    first = work()
    work().after(first)


@asks("retry_of_group")
def _() -> None:
    inner().set_retry(2)


setting("retry", lambda task: task.set_retry(2))


# Steps ----------------------------------------------------------------------------------------------


@asks("python_function")
def _() -> None:
    work()


@asks("packages")
def _() -> None:
    packed()


@asks("installed_function")
def _() -> None:
    installed()


@asks("container")
def _() -> None:
    shout()


@asks("container_entrypoint")
def _() -> None:
    bare()


@asks("image_at_run_time")
def _() -> None:
    shout().set_container_image(text().output)


@asks("importer")
def _() -> None:
    dsl.importer(artifact_uri="gs://bucket/data", artifact_class=Artifact)


@asks("importer_of_output")
def _() -> None:
    dsl.importer(artifact_uri=text().output, artifact_class=Artifact)


@asks("importer_reimport")
def _() -> None:
    dsl.importer(artifact_uri="gs://bucket/data", artifact_class=Artifact, reimport=True)


setting("environment", lambda task: task.set_env_variable("A", "1"))
setting("cache", lambda task: task.set_caching_options(True))
setting("cache_key", lambda task: task.set_caching_options(True, "mine"))


# Data -----------------------------------------------------------------------------------------------


@asks("parameter")
def _() -> None:
    work(x=work().output)


@asks("exact_integer")
def _() -> None:
    work(x=2**53 + 1)


@asks("artifact")
def _() -> None:
    read(data=make().outputs["data"])


ASKING["artifact_list"] = ASKING["collected_artifacts"]


@asks("pipeline_output")
def _() -> int:
    return work().output


@asks("pipeline_artifact_input")
def _(data: Input[Dataset]) -> None:
    read(data=data)


@asks("run_placeholder")
def _() -> None:
    text(x=dsl.PIPELINE_JOB_ID_PLACEHOLDER)


@asks("vendor_placeholder")
def _() -> None:
    text(x="{{$.pipeline_google_cloud_location}}")


@asks("task_config")
def _() -> None:
    told()


# Machines -------------------------------------------------------------------------------------------

setting("cpu_and_memory", lambda task: task.set_memory_limit("1Gi"))
setting("cpu_and_memory_request", lambda task: task.set_cpu_request("2"))
setting("accelerator", lambda task: task.set_accelerator("A100-80GB", 2))
setting("spot", lambda task: task.set_spot())
setting("timeout", lambda task: task.set_timeout("2h"))
setting("shared_memory", lambda task: task.set_shared_memory("1Gi"))


@asks("resources_at_run_time")
def _() -> None:
    work().set_memory_limit(text().output)


# Settings -------------------------------------------------------------------------------------------

setting("secret_env", lambda task: kubernetes.use_secret_as_env(task, "db", {"password": "PASSWORD"}))
setting("secret_volume", lambda task: kubernetes.use_secret_as_volume(task, "db", "/db"))
setting("config_map_env", lambda task: kubernetes.use_config_map_as_env(task, "app", {"level": "LEVEL"}))
setting("config_map_volume", lambda task: kubernetes.use_config_map_as_volume(task, "app", "/app"))
setting("field_env", lambda task: kubernetes.use_field_path_as_env(task, "NAME", "metadata.name"))
setting("volume_claim", lambda task: kubernetes.mount_pvc(task, "claim", "/data"))
setting("ephemeral_volume", lambda task: kubernetes.add_ephemeral_volume(task, "v", "/v", ["ReadWriteOnce"], "1Gi"))
setting("empty_dir", lambda task: kubernetes.empty_dir_mount(task, "v", "/v"))
setting("node_selection", lambda task: kubernetes.add_node_selector(task, "disk", "ssd"))
setting("pod_metadata", lambda task: kubernetes.add_pod_label(task, "team", "a"))
setting("image_pull", lambda task: kubernetes.set_image_pull_policy(task, "Always"))
setting("security_context", lambda task: kubernetes.set_security_context(task, run_as_user=1000))
setting("native", lambda task: task.set_native("local", {"a": 1}))


@asks("volume_claim_lifecycle")
def _() -> None:
    kubernetes.CreatePVC(access_modes=["ReadWriteOnce"], size="1Gi", pvc_name_suffix="-data")


GRAPHS: dict[str, Callable[[], Graph]] = {
    "vendor_executor": foreign,
    "init_container": lambda: with_platform(
        "kubernetes", initContainers=[{"name": "a", "image": "busybox", "command": ["true"]}]
    ),
    "resource_claim": lambda: with_platform("kubernetes", podResourceClaims=[{"resourceClaimTemplateName": "gpu"}]),
    "workspace": lambda: _whole(workspace={"size": "1Gi"}),
    "time_to_live": lambda: _whole(resourceTtlOnCompletion=60),
    "run_timeout": lambda: _whole(activeDeadlineSeconds=60),
    "unknown_setting": lambda: with_platform("kubernetes", neverHeardOf=True),
}
"""Features for which the language has no words, or which stand in the second document alone."""


def asking(feature: str) -> Graph:
    """A pipeline that asks for a feature."""
    return GRAPHS[feature]() if feature in GRAPHS else graph_of(ASKING[feature])


def _whole(**config: Any) -> Graph:
    return replace(graph_of(ASKING["python_function"]), platforms={"kubernetes": {"pipelineConfig": config}})
