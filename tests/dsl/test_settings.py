"""What can be set on a task, and where it stands in the compiled pipeline."""

from __future__ import annotations

import pytest

from kfbridge import dsl
from kfbridge.dsl.quantities import duration_seconds
from kfbridge.errors import CompileError
from tests.dsl.components import echo, nothing


def documents(body):
    """Both documents of a pipeline that calls `body`."""

    @dsl.pipeline(name="p")
    def function(cpu: str = "2", tag: str = "latest"):
        body(cpu, tag)

    return function.documents


def container(body):
    return documents(body)[0]["deploymentSpec"]["executors"]["exec-nothing"]["container"]


def test_resources_stand_in_the_new_fields_and_in_the_old() -> None:
    found = container(
        lambda cpu, tag: (
            nothing()
            .set_cpu_request("500m")
            .set_cpu_limit("1.5")
            .set_memory_request("1Gi")
            .set_memory_limit("512M")
            .set_accelerator_type("nvidia.com/gpu")
            .set_accelerator_limit(2)
        )
    )
    assert found["resources"] == {
        "resourceCpuRequest": "500m",
        "cpuRequest": 0.5,
        "resourceCpuLimit": "1.5",
        "cpuLimit": 1.5,
        "resourceMemoryRequest": "1Gi",
        "memoryRequest": 1.073741824,
        "resourceMemoryLimit": "512M",
        "memoryLimit": 0.512,
        "accelerator": {"resourceType": "nvidia.com/gpu", "type": "nvidia.com/gpu", "resourceCount": "2", "count": "2"},
    }


def test_a_task_comes_after_the_one_that_gives_its_image_and_not_after_those_that_give_its_resources() -> None:
    """As KFP lists them; what gives a resource is an input of the task, which says as much."""

    def body(cpu, tag):
        first, second = echo(text="a"), echo(text="b")
        nothing().set_container_image(first.output).set_cpu_limit(second.output)

    task = documents(body)[0]["root"]["dag"]["tasks"]["nothing"]
    assert task["dependentTasks"] == ["echo"]
    assert {"pipelinechannel--echo-Output", "pipelinechannel--echo-2-Output"} < set(task["inputs"]["parameters"])


def test_resources_and_images_may_come_from_the_run_also_inside_of_groups() -> None:
    def body(cpu, tag):
        with dsl.ParallelFor(["a"]):
            nothing().set_cpu_limit(cpu).set_container_image(f"shop/step:{tag}")

    spec = documents(body)[0]
    found = spec["deploymentSpec"]["executors"]["exec-nothing"]["container"]
    assert found["resources"] == {"resourceCpuLimit": "{{$.inputs.parameters['pipelinechannel--cpu']}}"}
    assert found["image"] == "shop/step:{{$.inputs.parameters['pipelinechannel--tag']}}"
    inputs = spec["components"]["comp-for-loop-2"]["dag"]["tasks"]["nothing"]["inputs"]["parameters"]
    assert inputs["pipelinechannel--cpu"] == {"componentInputParameter": "pipelinechannel--cpu"}
    assert spec["root"]["dag"]["tasks"]["for-loop-2"]["inputs"]["parameters"]["pipelinechannel--tag"] == {
        "componentInputParameter": "tag"
    }


def test_retries_caching_names_and_environment() -> None:
    spec = documents(
        lambda cpu, tag: (
            nothing()
            .set_retry(3, "2m", 1.5, "1h")
            .set_caching_options(True, "key")
            .set_display_name("Nothing at all")
            .set_env_variable("A", "1")
        )
    )[0]
    assert spec["root"]["dag"]["tasks"]["nothing"] == {
        "taskInfo": {"name": "Nothing at all"},
        "componentRef": {"name": "comp-nothing"},
        "cachingOptions": {"enableCache": True, "cacheKey": "key"},
        "retryPolicy": {
            "maxRetryCount": 3, "backoffDuration": "120s", "backoffFactor": 1.5, "backoffMaxDuration": "3600s"
        },
    }  # fmt: skip
    assert spec["deploymentSpec"]["executors"]["exec-nothing"]["container"]["env"] == [{"name": "A", "value": "1"}]


def test_caching_is_off_where_the_environment_says_so(monkeypatch) -> None:
    monkeypatch.setenv("KFP_DISABLE_EXECUTION_CACHING_BY_DEFAULT", "true")
    assert documents(lambda cpu, tag: nothing())[0]["root"]["dag"]["tasks"]["nothing"]["cachingOptions"] == {}


def test_what_only_kfbridge_knows_stands_in_the_second_document() -> None:
    platform = documents(
        lambda cpu, tag: (
            nothing()
            .set_accelerator("A100-80GB", 4)
            .set_spot()
            .set_timeout("2h")
            .set_shared_memory("16Gi")
            .set_native("sagemaker", {"VolumeSizeInGB": 100})
            .set_native("vertex", {"enableWebAccess": True})
        )
    )[1]
    assert platform["platforms"]["kfbridge"]["deploymentSpec"]["executors"]["exec-nothing"] == {
        "accelerator": {"name": "A100-80GB", "count": 4},
        "spot": True,
        "timeout": "7200s",
        "sharedMemory": "16Gi",
        "native": {"sagemaker": {"VolumeSizeInGB": 100}, "vertex": {"enableWebAccess": True}},
    }


def test_settings_of_platforms_may_hold_channels_anywhere() -> None:
    def body(cpu, tag):
        name = echo(text="x")
        with dsl.ParallelFor(["a"]):
            nothing().platform_config["kubernetes"] = {"secrets": [{"name": name.output}], "label": f"v-{tag}"}

    spec, platform = documents(body)
    assert platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-nothing"] == {
        "secrets": [{"name": {"componentInputParameter": "pipelinechannel--echo-Output"}}],
        "label": "v-{{$.inputs.parameters['pipelinechannel--tag']}}",
    }
    assert set(spec["components"]["comp-for-loop-2"]["inputDefinitions"]["parameters"]) >= {
        "pipelinechannel--echo-Output",
        "pipelinechannel--tag",
    }


def test_settings_of_an_inner_pipeline_follow_its_renamed_executors() -> None:
    @dsl.pipeline(name="inner")
    def inner():
        nothing().set_spot()

    def body(cpu, tag):
        nothing()
        inner()
        inner()

    spec, platform = documents(body)
    executors = platform["platforms"]["kfbridge"]["deploymentSpec"]["executors"]
    assert executors == {"exec-nothing-2": {"spot": True}, "exec-nothing-3": {"spot": True}}
    labels = {spec["components"][f"comp-nothing-{number}"]["executorLabel"] for number in (2, 3)}
    assert labels == set(executors)


def test_the_workspace_and_times_of_a_pipeline() -> None:
    config = dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="10Gi"), ttl_seconds_after_success=60)
    made = dsl.pipeline(name="p", pipeline_config=config)(lambda: nothing() and None)
    assert made.documents[1]["platforms"]["kubernetes"]["pipelineConfig"] == {
        "workspace": {"size": "10Gi", "kubernetes": {"pvcSpecPatch": {}}},
        "resourceTtlOnSuccess": 60,
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda cpu, tag: nothing().set_cpu_limit("two"), "'two' is not an amount of processors."),
        (lambda cpu, tag: nothing().set_memory_limit("2 GB"), "'2 GB' is not an amount of memory."),
        (lambda cpu, tag: nothing().set_accelerator_limit("-1"), "'-1' is not a number of accelerators."),
        (lambda cpu, tag: nothing().set_retry(1, "soon"), "'soon' is not a duration."),
        (lambda cpu, tag: nothing().set_accelerator("T4", 0), "The task 'nothing' asks for 0 accelerators."),
        (
            lambda cpu, tag: nothing().set_env_variable("A", cpu),
            "The environment variable 'A' of the task 'nothing' must",
        ),
        (lambda cpu, tag: nothing().set_debug_pause(after=False), "There is nothing to pause at."),
        (lambda cpu, tag: nothing().after("echo"), "The task 'nothing' cannot come after a str."),
        (
            lambda cpu, tag: echo(text=f"{dsl.WORKSPACE_PATH_PLACEHOLDER}/x"),
            "The argument 'text' of the task 'echo' is in the workspace, and the pipeline has none.",
        ),
    ],
)
def test_what_cannot_be_set_is_refused_at_its_line(body, message: str) -> None:
    with pytest.raises(CompileError) as caught:
        documents(body)
    assert message in str(caught.value)
    assert f"test_settings.py:{body.__code__.co_firstlineno}" in str(caught.value)


def test_pipelines_and_importers_have_no_container_to_set() -> None:
    @dsl.pipeline(name="inner")
    def inner():
        nothing()

    for body in (inner, lambda: dsl.importer("gs://x", dsl.Dataset)):
        with pytest.raises(CompileError, match="which runs no container of its own"):
            documents(lambda cpu, tag, body=body: body().set_cpu_limit("1"))


def test_a_component_that_hands_its_settings_on_takes_only_what_it_names() -> None:
    @dsl.component(task_config_passthroughs=[dsl.TaskConfigField.ENV])
    def start(config: dsl.TaskConfig):
        pass

    documents(lambda cpu, tag: start().set_env_variable("A", "1"))
    with pytest.raises(
        CompileError, match=r"The task 'start' sets RESOURCES, but .*\n  Add dsl.TaskConfigField.RESOURCES"
    ):
        documents(lambda cpu, tag: start().set_cpu_limit("1"))


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("5m", 300), ("2 hours", 7200), ("1d", 86400), ("2 w", 1209600)]
)
def test_durations(text: str, seconds: int) -> None:
    assert duration_seconds(text) == seconds
