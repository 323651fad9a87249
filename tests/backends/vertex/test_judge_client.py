"""The third judge: Google's generated clients against a strict server that speaks in Google's own messages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

grpc = pytest.importorskip("grpc")
types = pytest.importorskip("google.cloud.aiplatform_v1").types

from kfbridge import dsl  # noqa: E402
from kfbridge.backends.schedule import timing  # noqa: E402
from kfbridge.backends.vertex.backend import VertexBackend  # noqa: E402
from kfbridge.backends.vertex.client import VertexClient  # noqa: E402
from kfbridge.backends.vertex.faults import Patience  # noqa: E402
from kfbridge.backends.vertex.handle import VertexRun  # noqa: E402
from kfbridge.errors import BackendError, RunError, UsageError  # noqa: E402
from tests.backends.vertex.fake_vertex import PARENT, FakeVertex, codes, detail, fault, to, together  # noqa: E402
from tests.backends.vertex.planning import job, payload, plan  # noqa: E402
from tests.plan.checked import target  # noqa: E402

QUICK = Patience(deadline=5, first=0.02, longest=0.1)


@dsl.component
def make(x: int) -> int:
    return x


@dsl.component
def read(x: int) -> str:
    return str(x)


@dsl.pipeline
def two(x: int = 1) -> str:
    return read(x=make(x=x).output).output


@dsl.component
def look(data: dsl.Input[dsl.Dataset]):
    pass


@dsl.pipeline
def given(data: dsl.Input[dsl.Dataset]):
    look(data=data)


@pytest.fixture
def fake() -> Iterator[FakeVertex]:
    made = FakeVertex()
    made.start()
    yield made
    made.stop()
    assert made.complaints == []


@pytest.fixture
def backend(fake: FakeVertex) -> Iterator[VertexBackend]:
    made = VertexBackend(target("vertex"))
    with grpc.insecure_channel(f"127.0.0.1:{fake.port}") as channel:
        made.__dict__["client"] = VertexClient(made.config, channel, QUICK)
        yield made


def run_of(backend: VertexBackend, name: str = "a") -> VertexRun:
    found = backend.submit(plan(two), name)
    return VertexRun(backend.client, "gcp", found.run_id, found.findings, poll=0.01)


# Submitting -----------------------------------------------------------------------------------------


def test_what_arrives_is_what_was_planned(backend: VertexBackend, fake: FakeVertex) -> None:
    backend.submit(plan(two, {"x": 5}), "first")
    job = fake.jobs[f"{PARENT}/pipelineJobs/first"]
    assert job.display_name == "two"
    assert job.runtime_config.parameter_values["x"] == 5
    assert job.runtime_config.failure_policy.name == "PIPELINE_FAILURE_POLICY_FAIL_SLOW"
    assert set(job.pipeline_spec["root"]["dag"]["tasks"]) == {"make", "read"}


def test_the_same_id_is_the_same_run(backend: VertexBackend, fake: FakeVertex) -> None:
    assert backend.submit(plan(two), "a").run_id == backend.submit(plan(two), "a").run_id == "a"
    assert len(fake.jobs) == 1


def test_the_same_id_for_something_else_is_refused(backend: VertexBackend) -> None:
    backend.submit(plan(two), "a")
    with pytest.raises(RunError, match="of another pipeline or with other arguments"):
        backend.submit(plan(two, {"x": 2}), "a")


def test_an_id_that_vertex_does_not_take_is_refused_before_anything_is_sent(
    backend: VertexBackend, fake: FakeVertex
) -> None:
    with pytest.raises(UsageError, match="cannot be the id of a run on Vertex AI"):
        backend.submit(plan(two), "Run_1")
    assert fake.calls == []


def test_without_an_id_one_is_made(backend: VertexBackend) -> None:
    assert backend.submit(plan(two)).run_id.startswith("two-")


@dsl.pipeline
def large(x: int = 1):
    native = {"diskSpec": {"bootDiskSizeGb": 500}, "replicaCount": 2, "scheduling": {"maxWaitDuration": "60s"}}
    make(x=x).set_accelerator("H100", 8).set_spot().set_timeout("2h").set_native("vertex", native)
    make(x=x).set_accelerator("TPU-v5e", 4)


def test_the_description_of_a_custom_job_is_one() -> None:
    """The launcher makes the message from the data as it is: a name that is none is an error."""
    settings = {
        "service_account": "a@b",
        "network": "projects/1/global/networks/n",
        "reserved_ip_ranges": ["r"],
        "encryption_key": "k",
        "labels": {"team": "ml"},
    }
    body = job(large, **settings)
    gpu, tpu = (types.CustomJob(payload(body, label)) for label in ("exec-make", "exec-make-2"))
    chief, workers = gpu.job_spec.worker_pool_specs
    assert (chief.machine_spec.machine_type, chief.machine_spec.accelerator_type.name, workers.replica_count) == (
        "a3-highgpu-8g", "NVIDIA_H100_80GB", 1,
    )  # fmt: skip
    assert gpu.job_spec.scheduling.timeout.total_seconds() == 7200
    assert gpu.job_spec.scheduling.strategy.name == "SPOT"
    assert (gpu.encryption_spec.kms_key_name, gpu.labels["team"]) == ("k", "ml")
    assert tpu.job_spec.worker_pool_specs[0].machine_spec.tpu_topology == "2x2"
    with pytest.raises(ValueError, match="Unknown field"):
        types.CustomJob({"job_spec": {"workerPoolSpecs": []}})


def test_every_field_of_a_body_arrives(backend: VertexBackend, fake: FakeVertex) -> None:
    settings = {"psc_network_attachment": "a", "encryption_key": "k", "service_account": "a@b", "labels": {"t": "m"}}
    data = "projects/1/locations/us-central1/metadataStores/default/artifacts/77"
    made = plan(given, {"data": data}, preflight_validations=True, failure_policy="fast", **settings)
    backend.submit(made, "full")
    found = fake.jobs[f"{PARENT}/pipelineJobs/full"]
    assert found.psc_interface_config.network_attachment == "a"
    assert (found.service_account, found.encryption_spec.kms_key_name) == ("a@b", "k")
    assert (dict(found.labels), found.preflight_validations) == ({"t": "m"}, True)
    assert found.runtime_config.failure_policy.name == "PIPELINE_FAILURE_POLICY_FAIL_FAST"
    assert found.runtime_config.input_artifacts["data"].artifact_id == "77"


# Watching -------------------------------------------------------------------------------------------


def ended_well() -> list[Any]:
    job = {"container_detail": {"main_job": f"{PARENT}/customJobs/7", "failed_main_jobs": [f"{PARENT}/customJobs/6"]}}
    made = {"metadata": {"output:Output": 1.0}}
    return [
        together(to("RUNNING"), detail(1, "a", "RUNNING"), detail(2, "make", "RUNNING", 1)),
        together(
            detail(2, "make", "SUCCEEDED", 1, execution=made, executor_detail=job), detail(3, "read", "RUNNING", 1)
        ),
        together(
            to("SUCCEEDED"),
            detail(1, "a", "SUCCEEDED"),
            detail(3, "read", "SKIPPED", 1, execution={"metadata": {"output:Output": "1"}}),
        ),
    ]


def test_a_run_is_watched_to_its_end(backend: VertexBackend, fake: FakeVertex) -> None:
    fake.script = ended_well()
    seen: list[str] = []
    status = run_of(backend).wait(lambda one: seen.append(f"{one.state}: {[task.state for task in one.tasks]}"))
    assert seen == [
        "running: ['running']",
        "running: ['succeeded', 'running']",
        "succeeded: ['succeeded', 'succeeded']",
    ]
    assert (status.state, status.outputs, status.pipeline) == ("succeeded", {"Output": "1"}, "two")
    first, second = status.tasks
    assert (first.path, first.attempts, first.outputs) == ("make", 2, {"Output": 1})
    assert type(first.outputs["Output"]) is int
    assert first.native_id == f"{PARENT}/customJobs/7"
    assert (second.cached, second.outputs) == (True, {"Output": "1"})
    assert status.place == (
        "https://console.cloud.google.com/vertex-ai/pipelines/locations/us-central1/runs/a?project=my-project"
    )


@pytest.mark.parametrize(
    ("native", "state"),
    [
        ("QUEUED", "pending"),
        ("PENDING", "pending"),
        ("RUNNING", "running"),
        ("SUCCEEDED", "succeeded"),
        ("FAILED", "failed"),
        ("CANCELLING", "running"),
        ("CANCELLED", "cancelled"),
        ("PAUSED", "pending"),
    ],
)
def test_every_state_of_a_run_has_its_meaning(
    backend: VertexBackend, fake: FakeVertex, native: str, state: str
) -> None:
    fake.script = [to(native)]
    status = run_of(backend).status()
    assert status.state == state
    assert (status.error is not None) == (native == "PAUSED")


def test_every_state_of_the_api_is_known() -> None:
    from kfbridge.backends.vertex.states import RUNS, TASKS

    assert set(RUNS) == {one.name for one in types.PipelineState}
    assert set(TASKS) == {one.name for one in types.PipelineTaskDetail.State}


def test_a_failure_says_why_and_a_branch_that_was_not_taken_is_skipped(
    backend: VertexBackend, fake: FakeVertex
) -> None:
    fake.script = [
        together(
            to("FAILED", "The DAG failed"),
            detail(2, "make", "FAILED", error={"code": 9, "message": "the step ended with 1"}),
            detail(3, "read", "NOT_TRIGGERED"),
        )
    ]
    status = run_of(backend).wait()
    assert (status.state, status.error, status.outputs) == ("failed", "The DAG failed", {})
    assert [(one.state, one.error) for one in status.tasks] == [("failed", "the step ended with 1"), ("skipped", None)]


def test_a_cancelled_run_is_no_success(backend: VertexBackend, fake: FakeVertex) -> None:
    run = run_of(backend)
    run.cancel()
    assert run.status().state == "running"  # it is being cancelled
    fake.looks.clear()
    fake.script = [to("CANCELLED")]
    assert run.wait().state == "cancelled"


def test_artifacts_come_with_type_uri_and_metadata(backend: VertexBackend, fake: FakeVertex) -> None:
    artifact = {"name": "n", "uri": "gs://b/x", "schema_title": "system.Dataset", "metadata": {"rows": 3}}
    fake.script = [detail(2, "make", "SUCCEEDED", outputs={"data": {"artifacts": [artifact]}})]
    [task] = run_of(backend).status().tasks
    assert task.outputs == {"data": {"name": "n", "type": "system.Dataset", "uri": "gs://b/x", "metadata": {"rows": 3}}}


def test_runs_are_listed_over_several_pages_the_newest_first(backend: VertexBackend, fake: FakeVertex) -> None:
    for name in "abcde":
        backend.submit(plan(two), name)
    assert [one.run_id for one in backend.runs()] == ["e", "d", "c", "b", "a"]
    assert fake.calls.count("ListPipelineJobs") == 3
    assert backend.run("latest").run_id == "e"


def test_a_run_that_is_not_there_is_told(backend: VertexBackend) -> None:
    with pytest.raises(UsageError, match="There is no run 'none' in projects/my-project/locations/us-central1"):
        backend.run("none")


# Logs -----------------------------------------------------------------------------------------------


def test_without_the_library_logs_are_a_link(backend: VertexBackend, fake: FakeVertex) -> None:
    fake.script = ended_well()
    run = run_of(backend)
    run.entries = None
    run.wait()
    [(path, line)] = run.logs()
    assert path == "make"
    assert line.startswith("see https://console.cloud.google.com/logs/query;query=resource.type%3D%22ml_job%22")
    assert line.endswith("?project=my-project")


def test_lines_are_followed_and_each_comes_once(backend: VertexBackend, fake: FakeVertex) -> None:
    fake.script = [*ended_well()[:2], ended_well()[1], *ended_well()[2:]]
    run = run_of(backend)
    asked: list[str] = []

    def entries(text: str) -> Iterator[str]:
        asked.append(text)
        return iter(["one", "two", "three"][: len(asked)])

    run.entries = entries
    assert list(run.logs(follow=True)) == [("make", "one"), ("make", "two"), ("make", "three")]
    assert set(asked) == {'resource.type="ml_job" AND resource.labels.job_id="7"'}


def test_logs_of_a_task_that_is_not_there_name_the_nearest(backend: VertexBackend, fake: FakeVertex) -> None:
    fake.script = ended_well()
    run = run_of(backend)
    run.wait()
    with pytest.raises(UsageError, match="has no task 'mak'"):
        list(run.logs("mak"))


# Faults ---------------------------------------------------------------------------------------------


def test_quotas_and_passing_faults_are_waited_out(backend: VertexBackend, fake: FakeVertex) -> None:
    fake.faults["CreatePipelineJob"] = list(codes("RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL"))
    fake.faults["GetPipelineJob"] = list(codes("RESOURCE_EXHAUSTED"))
    assert run_of(backend).status().state == "pending"
    assert fake.calls.count("CreatePipelineJob") == 4


def test_a_quota_that_stays_ends_in_an_error_that_may_pass(backend: VertexBackend, fake: FakeVertex) -> None:
    backend.client._patience = Patience(deadline=0.2, first=0.02, longest=0.1)
    fake.faults["CreatePipelineJob"] = list(codes(*["RESOURCE_EXHAUSTED"] * 100))
    with pytest.raises(BackendError, match=r"did not create the run a in \d+ tries \(RESOURCE_EXHAUSTED\)") as caught:
        run_of(backend)
    assert caught.value.transient
    assert "quota raised" in str(caught.value.remedy)


def test_what_is_wrong_is_not_tried_again(backend: VertexBackend, fake: FakeVertex) -> None:
    fake.faults["CreatePipelineJob"] = [fault("INVALID_ARGUMENT", "the spec has no root")]
    with pytest.raises(BackendError, match=r"refused to create the run a \(INVALID_ARGUMENT\): the spec has no root"):
        run_of(backend)
    assert fake.calls == ["CreatePipelineJob"]


@pytest.mark.parametrize(
    ("message", "reason", "remedy"),
    [
        (
            "Permission 'aiplatform.pipelineJobs.create' denied on resource '//aiplatform.googleapis.com/projects/p'",
            "lacks the permission aiplatform.pipelineJobs.create, which is needed to create the run a",
            "the role roles/aiplatform.user in the project",
        ),
        (
            "You do not have permission to act as service account: ml@p (iam.serviceAccounts.actAs)",
            "lacks a permission, which is needed to create the run a",
            "the role roles/iam.serviceAccountUser on the target's service_account",
        ),
    ],
)
def test_a_missing_permission_is_named_with_the_account_and_the_role(
    backend: VertexBackend, fake: FakeVertex, message: str, reason: str, remedy: str
) -> None:
    fake.faults["CreatePipelineJob"] = [fault("PERMISSION_DENIED", message)]
    with pytest.raises(BackendError) as caught:
        run_of(backend)
    assert caught.value.reason.startswith("The account of your credentials lacks")
    assert reason in caught.value.reason
    assert remedy in str(caught.value.remedy)


def test_a_server_that_drops_the_connection_is_found_again(backend: VertexBackend, fake: FakeVertex) -> None:
    run = run_of(backend)
    fake.script = [to("RUNNING")] * 3 + [to("SUCCEEDED")]
    run.status()
    fake.stop()
    again = threading.Timer(0.5, fake.start)
    again.start()
    begun = time.monotonic()
    assert run.wait().state == "succeeded"
    assert time.monotonic() - begun > 0.3
    again.join()


def test_an_answer_that_is_lost_makes_no_second_run(backend: VertexBackend, fake: FakeVertex) -> None:
    create = fake._CreatePipelineJob

    def lose_once(request: Any) -> Any:
        create(request)
        fake.__dict__["_CreatePipelineJob"] = create
        raise fault("UNAVAILABLE", "connection reset")

    fake.__dict__["_CreatePipelineJob"] = lose_once
    assert run_of(backend).run_id == "a"
    assert len(fake.jobs) == 1


# Resuming -------------------------------------------------------------------------------------------


def test_what_is_left_of_a_failed_run_is_a_run_of_its_own(backend: VertexBackend, fake: FakeVertex) -> None:
    made = {"metadata": {"output:Output": 1.0}}
    fake.script = [together(to("FAILED"), detail(2, "make", "SUCCEEDED", execution=made), detail(3, "read", "FAILED"))]
    run_of(backend)
    left = backend.resume("a")
    spec = fake.jobs[f"{PARENT}/pipelineJobs/{left.run_id}"].pipeline_spec
    assert left.run_id != "a"
    assert set(spec["root"]["dag"]["tasks"]) == {"read"}
    given = spec["root"]["dag"]["tasks"]["read"]["inputs"]["parameters"]["x"]
    assert given["runtimeValue"]["constant"] == 1


@pytest.mark.parametrize(("state", "reason"), [("SUCCEEDED", "has succeeded"), ("RUNNING", "goes on")])
def test_what_has_succeeded_or_goes_on_is_not_resumed(
    backend: VertexBackend, fake: FakeVertex, state: str, reason: str
) -> None:
    fake.script = [to(state)]
    run_of(backend)
    with pytest.raises(RunError, match=reason):
        backend.resume("a")


# Schedules ------------------------------------------------------------------------------------------


def test_a_schedule_has_its_clock_and_makes_the_planned_runs(backend: VertexBackend, fake: FakeVertex) -> None:
    made = backend.schedules.create(plan(two), timing("0 3 * * *", "Europe/Berlin", "forbid"), "nightly")
    assert (made.name, made.pipeline, made.paused) == ("nightly", "two", False)
    assert made.timing == timing("0 3 * * *", "Europe/Berlin", "forbid")
    [schedule] = fake.schedules.values()
    assert schedule.cron == "TZ=Europe/Berlin 0 3 * * *"
    assert (schedule.max_concurrent_run_count, schedule.allow_queueing) == (1, False)
    assert schedule.create_pipeline_job_request.pipeline_job.display_name == "two"


def test_names_for_times_become_fields(backend: VertexBackend, fake: FakeVertex) -> None:
    backend.schedules.create(plan(two), timing("@daily"), None)
    [schedule] = fake.schedules.values()
    assert (schedule.cron, schedule.display_name) == ("0 0 * * *", "two")


def test_a_schedule_is_paused_and_goes_on_with_what_it_missed_or_without(
    backend: VertexBackend, fake: FakeVertex
) -> None:
    backend.schedules.create(plan(two), timing("@daily"), "nightly")
    assert backend.schedules.pause("nightly", True).paused
    assert not backend.schedules.pause("nightly", False).paused
    backend.schedules.pause("nightly", False, catch_up=True)
    assert fake.resumed == [(f"{PARENT}/schedules/1", False), (f"{PARENT}/schedules/1", True)]


def test_a_name_is_taken_once_and_replacing_keeps_the_schedule(backend: VertexBackend, fake: FakeVertex) -> None:
    backend.schedules.create(plan(two), timing("@daily"), "nightly")
    with pytest.raises(UsageError, match="There is a schedule 'nightly' already"):
        backend.schedules.create(plan(two), timing("@hourly"), "nightly")
    backend.schedules.pause("nightly", True)
    made = backend.schedules.create(plan(two, {"x": 4}), timing("@hourly"), "nightly", replace=True)
    assert (made.timing.cron, made.paused) == ("0 * * * *", True)
    [schedule] = fake.schedules.values()
    assert schedule.create_pipeline_job_request.pipeline_job.runtime_config.parameter_values["x"] == 4


def test_a_run_of_a_schedule_begins_at_once(backend: VertexBackend, fake: FakeVertex) -> None:
    backend.schedules.create(plan(two), timing("@daily"), "nightly")
    run_id = backend.schedules.run("nightly")
    assert run_id.startswith("nightly-")
    assert backend.run(run_id).status().state == "pending"


def test_a_schedule_is_deleted_and_then_unknown(backend: VertexBackend) -> None:
    backend.schedules.create(plan(two), timing("@daily"), "nightly")
    backend.schedules.delete("nightly")
    assert backend.schedules.listed() == []
    with pytest.raises(UsageError, match="There is no schedule 'nightly'"):
        backend.schedules.delete("nightly")


def test_vertex_does_not_replace_a_run_that_goes_on(backend: VertexBackend, fake: FakeVertex) -> None:
    with pytest.raises(UsageError, match="cannot end a run because the next one is due"):
        backend.schedules.create(plan(two), timing("@daily", None, "replace"), None)
    assert fake.schedules == {}


# The doctor -----------------------------------------------------------------------------------------


def test_the_doctor_asks_what_runs_will_need(backend: VertexBackend, fake: FakeVertex) -> None:
    from kfbridge.backends.base import Checkup
    from kfbridge.backends.vertex.doctor import checkups

    bucket = Checkup("remote artifact root", True, "gs://my-bucket/runs can be written")
    found = {one.subject: one for one in checkups(backend.config, backend.client, lambda: iter([bucket]))}
    assert found["Vertex AI"].said == f"{PARENT} answers: 0 runs are there"
    assert found["schedules"].ok
    assert found["remote artifact root"] == bucket
    assert found["account of the steps"].ok is None


def test_the_doctor_says_what_is_missing_and_asks_no_further(backend: VertexBackend, fake: FakeVertex) -> None:
    from kfbridge.backends.vertex.doctor import checkups

    fake.faults["ListPipelineJobs"] = [fault("PERMISSION_DENIED", "Permission 'aiplatform.pipelineJobs.list' denied")]
    first, *others = checkups(backend.config, backend.client, lambda: iter(()))
    assert first.ok is False
    assert "aiplatform.pipelineJobs.list" in first.said
    assert [one.subject for one in others] == ["account of the steps"]


# The server can say no ------------------------------------------------------------------------------


def test_a_client_of_another_project_is_noted() -> None:
    fake = FakeVertex()
    address = fake.start()
    with grpc.insecure_channel(address) as channel:
        config = VertexBackend(target("vertex", project="another")).config
        with pytest.raises(BackendError, match="is not in projects/my-project"):
            VertexClient(config, channel, QUICK).jobs()
    fake.stop()
    assert fake.complaints == [
        "ListPipelineJobs: projects/another/locations/us-central1 is not in projects/my-project/locations/us-central1"
    ]


def test_a_method_and_a_missing_header_are_noted() -> None:
    fake = FakeVertex()
    with grpc.insecure_channel(fake.start()) as channel:
        for method in ("PurgeEverything", "GetPipelineJob"):
            call = channel.unary_unary(f"/google.cloud.aiplatform.v1.PipelineService/{method}")
            with pytest.raises(grpc.RpcError):
                call(b"")
    fake.stop()
    assert fake.complaints == [
        "there is no method /google.cloud.aiplatform.v1.PipelineService/PurgeEverything",
        "GetPipelineJob: the routing header is {}, not {'name': ''}",
    ]
