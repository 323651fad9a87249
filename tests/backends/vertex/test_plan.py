"""What a plan for Vertex AI sends: KFP's own format, changed only where it must be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfbridge import dsl
from kfbridge.backends.vertex.customjob import LAUNCHER_IMAGE
from kfbridge.spec.read import read_file
from tests.backends.vertex.planning import container, examples, job, payload, plan, refusals
from tests.conftest import corpus_files


@dsl.component
def work(x: int = 1, name: str = "a") -> int:
    return x


@dsl.component
def read(data: dsl.Input[dsl.Dataset]) -> str:
    return data.uri


@dsl.container_component
def say(text: str):
    return dsl.ContainerSpec(image="busybox", command=["echo", text])


@dsl.pipeline
def plain(x: int = 1):
    work(x=x)


def with_step(change: Any) -> Any:
    """A pipeline of one step ``work``, changed."""

    @dsl.pipeline(name="one")
    def one(x: int = 1, cpu: str = "2"):
        change(work(x=x))

    return one


# The body -------------------------------------------------------------------------------------------


def test_the_body_holds_the_run_and_nothing_that_is_not_set() -> None:
    body = job(plain, {"x": 3})
    assert {key: value for key, value in body.items() if key != "pipelineSpec"} == {
        "displayName": "plain",
        "runtimeConfig": {
            "gcsOutputDirectory": "gs://my-bucket/runs",
            "parameterValues": {"x": 3},
            "failurePolicy": "PIPELINE_FAILURE_POLICY_FAIL_SLOW",
        },
    }


def test_the_target_says_where_and_as_whom_it_runs() -> None:
    body = job(
        plain,
        artifact_root="gs://b/r/",
        service_account="ml@my-project.iam.gserviceaccount.com",
        network="projects/12/global/networks/n",
        reserved_ip_ranges=["a", "b"],
        encryption_key="projects/p/locations/l/keyRings/r/cryptoKeys/k",
        labels={"team": "ml"},
        failure_policy="fast",
        preflight_validations=True,
    )
    assert body["runtimeConfig"]["gcsOutputDirectory"] == "gs://b/r"
    assert body["runtimeConfig"]["failurePolicy"] == "PIPELINE_FAILURE_POLICY_FAIL_FAST"
    assert body["serviceAccount"] == "ml@my-project.iam.gserviceaccount.com"
    assert (body["network"], body["reservedIpRanges"]) == ("projects/12/global/networks/n", ["a", "b"])
    assert body["encryptionSpec"] == {"kmsKeyName": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}
    assert (body["labels"], body["preflightValidations"]) == ({"team": "ml"}, True)


def test_an_attachment_takes_the_place_of_the_network() -> None:
    body = job(plain, psc_network_attachment="projects/p/regions/r/networkAttachments/a")
    assert body["pscInterfaceConfig"] == {"networkAttachment": "projects/p/regions/r/networkAttachments/a"}
    assert "network" not in body


def test_a_plan_is_the_same_every_time() -> None:
    assert plan(plain).documents == plan(plain).documents


def test_no_function_installs_kfp() -> None:
    text = json.dumps(job(plain))
    assert "kfp==" not in text
    assert "pip install" not in text


# What KFP compiled ----------------------------------------------------------------------------------


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["valid/two_step_pipeline", "valid/if_elif_else_complex"])
def test_what_need_not_change_is_what_kfp_compiled(name: str, corpus: Path) -> None:
    path = corpus / "ir" / f"{name}.yaml"
    assert job(path, {"text": "a"} if "two_step" in name else {})["pipelineSpec"] == next(
        yaml.safe_load_all(path.read_text(encoding="utf-8"))
    )


@pytest.mark.corpus
def test_most_files_of_the_corpus_are_sent_as_they_are_and_the_others_differ_in_resources_alone(corpus: Path) -> None:
    same, other = [], []
    for path in corpus_files("valid", "argo_compatibility"):
        made = plan_of(path)
        if made is None:
            continue
        sent = made["pipelineSpec"]
        original = read_file(path).pipeline.to_data()
        (same if sent == original else other).append(path.stem)
        for document in (sent, original):
            for executor in (document.get("deploymentSpec") or {}).get("executors", {}).values():
                executor.get("container", {}).pop("resources", None)
        assert sent == original, path
    assert len(same) >= 60
    assert len(other) <= 6, other


def plan_of(path: Path) -> dict[str, Any] | None:
    """The PipelineJob of a file whose inputs all have defaults; None where it is refused."""
    inputs = read_file(path).pipeline.root
    parameters = (inputs.input_definitions.parameters if inputs and inputs.input_definitions else None) or {}
    if (inputs and inputs.input_definitions and inputs.input_definitions.artifacts) or any(
        one.default_value is None and not one.is_optional for one in parameters.values()
    ):
        return None
    made = plan(path)
    return json.loads(made.documents["pipeline_job.json"]) if made.ok else None


# Resources ------------------------------------------------------------------------------------------


def test_amounts_are_written_in_both_dialects() -> None:
    body = job(with_step(lambda it: it.set_cpu_limit("500m").set_memory_limit("16G")))
    found = container(body, "exec-work")["resources"]
    assert found == {
        "cpuLimit": 0.5, "resourceCpuLimit": "500m", "memoryLimit": 16.0, "resourceMemoryLimit": "16G",
    }  # fmt: skip


def test_a_request_alone_is_sent_as_the_limit_too() -> None:
    found = container(job(with_step(lambda it: it.set_cpu_request("2"))), "exec-work")["resources"]
    assert (found["cpuLimit"], found["resourceCpuLimit"]) == (2.0, "2")


def test_an_accelerator_is_called_by_vertex_own_name() -> None:
    body = job(with_step(lambda it: it.set_accelerator("T4", 2)))
    assert container(body, "exec-work")["resources"]["accelerator"] == {
        "type": "NVIDIA_TESLA_T4", "resourceType": "NVIDIA_TESLA_T4", "count": "2", "resourceCount": "2",
    }  # fmt: skip


def test_an_amount_that_an_argument_gives_is_put_in() -> None:
    @dsl.pipeline
    def sized(cpu: str):
        work().set_cpu_limit(cpu)

    found = container(job(sized, {"cpu": "8"}), "exec-work")["resources"]
    assert (found["cpuLimit"], found["resourceCpuLimit"]) == (8.0, "8")


def test_an_amount_that_a_step_makes_is_refused() -> None:
    @dsl.pipeline
    def sized():
        work().set_cpu_limit(say_text().output)

    assert ("resources_at_run_time", "work") in refusals(plan(sized))


@dsl.component
def say_text() -> str:
    return "2"


def test_images_are_those_that_the_target_maps_to() -> None:
    body = job(plain, images={"python:*": "us-docker.pkg.dev/p/r/python:*"})
    assert container(body, "exec-work")["image"] == "us-docker.pkg.dev/p/r/python:3.11"


# Custom jobs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "machine"),
    [
        (lambda it: it.set_accelerator("H100", 8), {"machine_type": "a3-highgpu-8g", "accelerator_count": 8}),
        (lambda it: it.set_accelerator("H200", 8), {"machine_type": "a3-ultragpu-8g", "accelerator_count": 8}),
        (lambda it: it.set_accelerator("B200", 8), {"machine_type": "a4-highgpu-8g", "accelerator_count": 8}),
    ],
    ids=["H100", "H200", "B200"],
)
def test_a_machine_beyond_plain_steps_is_named_in_a_custom_job(change: Any, machine: dict[str, Any]) -> None:
    [pool] = payload(job(with_step(change)), "exec-work")["job_spec"]["worker_pool_specs"]
    assert machine.items() <= pool["machine_spec"].items()
    assert pool["replica_count"] == 1


def test_more_processors_or_memory_than_a_plain_step_gets_make_a_custom_job() -> None:
    for change in (lambda it: it.set_cpu_limit("97"), lambda it: it.set_memory_limit("625G")):
        assert container(job(with_step(change)), "exec-work")["image"] == LAUNCHER_IMAGE
    for change in (lambda it: it.set_cpu_limit("96"), lambda it: it.set_memory_limit("600G")):
        assert container(job(with_step(change)), "exec-work")["image"] == "python:3.11"


def test_spot_and_a_timeout_are_the_scheduling_of_the_job() -> None:
    body = job(with_step(lambda it: it.set_spot().set_timeout("2h")))
    assert payload(body, "exec-work")["job_spec"]["scheduling"] == {"strategy": "SPOT", "timeout": "7200s"}


def test_a_tpu_has_its_topology() -> None:
    body = job(with_step(lambda it: it.set_accelerator("TPU-v5e", 4)))
    [pool] = payload(body, "exec-work")["job_spec"]["worker_pool_specs"]
    assert pool["machine_spec"] == {"machine_type": "ct5lp-hightpu-4t", "tpu_topology": "2x2"}


def test_native_settings_are_merged_where_they_belong() -> None:
    native = {
        "diskSpec": {"bootDiskSizeGb": 500},
        "replicaCount": 3,
        "scheduling": {"maxWaitDuration": "600s"},
        "labels": {"my-Key": "x"},
    }
    found = payload(job(with_step(lambda it: it.set_native("vertex", native)), labels={"team": "ml"}), "exec-work")
    chief, workers = found["job_spec"]["worker_pool_specs"]
    assert chief["disk_spec"] == workers["disk_spec"] == {"boot_disk_size_gb": 500}
    assert (chief["replica_count"], workers["replica_count"]) == (1, 2)
    assert found["job_spec"]["scheduling"] == {"max_wait_duration": "600s"}
    assert found["labels"] == {"team": "ml", "my-Key": "x"}


def test_a_native_setting_that_a_custom_job_does_not_have_is_refused_with_those_that_it_has() -> None:
    made = plan(with_step(lambda it: it.set_native("vertex", {"diskSize": 5})))
    [finding] = [one for one in made.findings if one.level == "refused"]
    assert (finding.feature, finding.task) == ("translation", "work")
    assert "names 'disk_size', which is no field of a custom job" in finding.reason
    assert "disk_spec" in finding.remedy


def test_the_job_runs_where_the_target_says() -> None:
    spec = payload(
        job(
            with_step(lambda it: it.set_spot()),
            service_account="a@b",
            network="projects/1/global/networks/n",
            reserved_ip_ranges=["r"],
        ),
        "exec-work",
    )["job_spec"]
    assert (spec["service_account"], spec["network"]) == ("a@b", "projects/1/global/networks/n")
    assert spec["reserved_ip_ranges"] == ["r"]


def test_values_in_the_job_are_escaped_once() -> None:
    @dsl.pipeline
    def spoken(text: str):
        say(text=text).set_spot()

    command = payload(job(spoken, {"text": 'a "b"'}), "exec-say")["job_spec"]["worker_pool_specs"][0]
    assert command["container_spec"]["command"] == ["echo", "{{$.inputs.parameters['text'].json_escape[1]}}"]
    args = payload(job(with_step(lambda it: it.set_spot())), "exec-work")["job_spec"]["worker_pool_specs"][0]
    assert args["container_spec"]["args"][:2] == ["--executor_input", "{{$.json_escape[1]}}"]


def test_a_structured_placeholder_in_a_job_is_refused() -> None:
    @dsl.container_component
    def joined(text: str):
        return dsl.ContainerSpec(image="busybox", command=["echo", dsl.ConcatPlaceholder(["a", text])])

    @dsl.pipeline
    def spoken():
        joined(text="b").set_spot()

    made = plan(spoken)
    assert refusals(made) == [("translation", "joined")]
    assert made.documents == {}


def test_the_component_of_a_job_has_the_launchers_output() -> None:
    spec = job(with_step(lambda it: it.set_spot()))["pipelineSpec"]
    outputs = spec["components"]["comp-work"]["outputDefinitions"]["parameters"]
    assert outputs == {"Output": {"parameterType": "NUMBER_INTEGER"}, "gcp_resources": {"parameterType": "STRING"}}


# Artifacts and values -------------------------------------------------------------------------------


@dsl.pipeline
def reading(data: dsl.Input[dsl.Dataset]):
    read(data=data)


def test_an_artifact_is_imported_by_its_uri() -> None:
    body = job(reading, {"data": "gs://b/data.csv"})
    tasks = body["pipelineSpec"]["root"]["dag"]["tasks"]
    assert tasks["read"]["inputs"]["artifacts"]["data"] == {
        "taskOutputArtifact": {"outputArtifactKey": "artifact", "producerTask": "import-data"}
    }
    assert tasks["read"]["dependentTasks"] == ["import-data"]
    assert "inputDefinitions" not in body["pipelineSpec"]["root"]
    executor = body["pipelineSpec"]["deploymentSpec"]["executors"]["exec-import-data"]
    assert executor["importer"]["artifactUri"] == {"constant": "gs://b/data.csv"}


def test_an_artifact_of_the_metadata_store_is_an_input_of_the_job() -> None:
    body = job(reading, {"data": "projects/1/locations/us-central1/metadataStores/default/artifacts/77"})
    assert body["runtimeConfig"]["inputArtifacts"] == {"data": {"artifactId": "77"}}
    assert list(body["pipelineSpec"]["root"]["dag"]["tasks"]) == ["read"]


def test_an_artifact_elsewhere_is_refused() -> None:
    made = plan(reading, {"data": "s3://bucket/data.csv"})
    [finding] = [one for one in made.findings if one.level == "refused"]
    assert finding.reason == "its input data is s3://bucket/data.csv, and steps of Vertex AI see Cloud Storage alone"


def test_a_number_beyond_two_to_53_is_refused() -> None:
    assert refusals(plan(plain, {"x": 2**53 + 1})) == [("exact_integer", "")]
    assert job(plain, {"x": 2**53})["runtimeConfig"]["parameterValues"] == {"x": 2**53}


def test_a_large_number_in_the_metadata_of_an_importer_is_refused_with_its_place() -> None:
    @dsl.pipeline
    def imported():
        dsl.importer("gs://b/x", dsl.Dataset, metadata={"rows": 2**60})

    [finding] = [one for one in plan(imported).findings if one.level == "refused"]
    assert finding.feature == "exact_integer"
    assert str(2**60) in finding.reason
    assert "pipelineSpec.deploymentSpec.executors.exec-importer.importer.metadata.rows" in finding.reason


# Losses and rewrites --------------------------------------------------------------------------------


def test_without_the_cache_no_step_is_answered_from_it() -> None:
    assert job(plain)["pipelineSpec"]["root"]["dag"]["tasks"]["work"]["cachingOptions"] == {"enableCache": True}
    assert job(plain, cache=False)["pipelineSpec"]["root"]["dag"]["tasks"]["work"]["cachingOptions"] == {}


def test_a_loss_that_was_accepted_is_taken_out() -> None:
    @dsl.pipeline
    def inner():
        work()

    @dsl.pipeline
    def outer():
        inner().set_retry(2)
        work().set_caching_options(True, cache_key="k")

    assert {feature for feature, _ in refusals(plan(outer))} == {"retry_of_group", "cache_key"}
    tasks = job(outer, allow_loss=["retry_of_group", "cache_key"])["pipelineSpec"]["root"]["dag"]["tasks"]
    assert "retryPolicy" not in tasks["inner"]
    assert tasks["work"]["cachingOptions"] == {"enableCache": True}


def test_a_loop_over_an_argument_in_an_exit_handler_is_unrolled() -> None:
    @dsl.pipeline
    def looped(xs: list[int]):
        with dsl.ExitHandler(work()), dsl.ParallelFor(xs) as x:
            work(x=x)

    text = json.dumps(job(looped, {"xs": [7, 8]})["pipelineSpec"])
    assert "parameterIterator" not in text
    assert '"constant": 7' in text
    assert '"constant": 8' in text


def test_settings_of_kubernetes_are_refused_and_never_sent() -> None:
    from kfbridge import kubernetes

    made = with_step(lambda it: kubernetes.use_secret_as_env(it, "s", {"k": "V"}))
    assert refusals(plan(made)) == [("secret_env", "work")]


# Examples -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["breast_cancer", "two_step"])
def test_the_examples_plan(name: str) -> None:
    made = plan(str(examples() / name / "pipeline.py"))
    assert refusals(made) == []
    assert {machine["machine"] for machine in made.machines.values()} >= {"e2-standard-4"}
    assert list(made.documents) == ["pipeline_job.json"]
