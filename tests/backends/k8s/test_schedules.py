"""Schedules as CronJobs, on an API server that knows nothing else."""

from __future__ import annotations

import base64
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfbridge import api, documents
from kfbridge.backends.base import Plan, Target
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.driver import driver_job, is_driving, look_at
from kfbridge.backends.k8s.resource import JOB
from kfbridge.backends.k8s.scheduled import JOB_NAME, JOB_UID, as_run
from kfbridge.backends.k8s.schedules import KubernetesSchedules
from kfbridge.backends.k8s.submission import FILE, Submission, read_submission
from kfbridge.backends.schedule import timing
from kfbridge.cli import main
from kfbridge.errors import BackendError, UsageError
from kfbridge.source import load
from tests.backends.k8s.api_server import ApiServer
from tests.conftest import REPOSITORY

NEW = ("batch/v1/cronjobs", "batch/v1/jobs", "v1/configmaps")
OLD = ("batch/v1beta1/cronjobs", *NEW[1:])
NIGHTLY = timing("0 3 * * *")


def config(**settings: Any) -> Config:
    given = {"artifact_root": "pvc://claim/runs", "namespace": "ml", "runtime_image": "kfbridge:1", "keep_seconds": 60}
    return Config(**{**given, **settings})


def plan(found: Config | None = None, pipeline: str = "two-step") -> Plan:
    source = load(REPOSITORY / "examples" / "two_step" / "pipeline.py")
    document = documents.read(source)
    target = Target("kind", found or config(), Path())
    graph = documents.graph(document)
    return Plan(pipeline, target, graph, {}, documents.text(source, document), (), {})


@pytest.fixture
def server() -> ApiServer:
    return ApiServer((1, 30), NEW)


@pytest.fixture
def schedules(server: ApiServer) -> KubernetesSchedules:
    return KubernetesSchedules(server, config())


def begin(server: ApiServer, name: str, run_id: str) -> None:
    """What the CronJob's controller does when a run is due."""
    cron_job = server.of("cronjobs")[name]
    owner = {"apiVersion": cron_job["apiVersion"], "kind": "CronJob", "name": name, "uid": cron_job["metadata"]["uid"]}
    template = cron_job["spec"]["jobTemplate"]
    metadata = {**template["metadata"], "name": run_id, "ownerReferences": [{**owner, "controller": True}]}
    server.request(
        "POST",
        "/apis/batch/v1/namespaces/ml/jobs",
        body={"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template["spec"]},
    )


def end(server: ApiServer, run_id: str) -> None:
    server.objects["jobs", run_id]["status"] = {"conditions": [{"type": "Complete", "status": "True"}]}


def told(server: ApiServer, folder: Path, cron_job: str = "two-step") -> Submission:
    """What a driver that begins now is told, by way of the volume that its pod mounts."""
    pod = server.of("cronjobs")[cron_job]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    name = next(one["configMap"]["name"] for one in pod["volumes"] if "configMap" in one)
    (folder / FILE).write_bytes(base64.b64decode(server.of("configmaps")[name]["binaryData"][FILE]))
    return read_submission(folder)


def test_a_schedule_is_a_cron_job_whose_jobs_are_drivers(server: ApiServer, schedules: KubernetesSchedules) -> None:
    made = schedules.create(plan(), timing("*/5 * * * *", "Europe/Berlin", "forbid"), None)
    assert (made.name, made.pipeline, made.target, made.paused, made.active) == (
        "two-step",
        "two-step",
        "kind",
        False,
        (),
    )
    assert made.timing == timing("*/5 * * * *", "Europe/Berlin", "forbid")
    cron_job = server.of("cronjobs")["two-step"]
    assert cron_job["apiVersion"] == "batch/v1"
    spec = {key: value for key, value in cron_job["spec"].items() if key != "jobTemplate"}
    assert spec == {
        "schedule": "*/5 * * * *", "timeZone": "Europe/Berlin", "concurrencyPolicy": "Forbid", "suspend": False,
        "startingDeadlineSeconds": 3600, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 3,
    }  # fmt: skip
    template = cron_job["spec"]["jobTemplate"]
    assert template["spec"]["ttlSecondsAfterFinished"] == 60
    labels = {"app.kubernetes.io/managed-by": "kfbridge", "kfbridge.dev/schedule": "two-step"}
    assert template["metadata"]["labels"] == template["spec"]["template"]["metadata"]["labels"] == labels
    fields = {
        one["name"]: one["valueFrom"]["fieldRef"]["fieldPath"] for one in _variables(template) if "valueFrom" in one
    }
    assert fields == {JOB_NAME: "metadata.labels['job-name']", JOB_UID: "metadata.labels['controller-uid']"}


def _variables(template: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = template["spec"]["template"]["spec"]["containers"][0]["env"]
    return found


def test_every_driver_is_told_the_pipeline_and_knows_its_own_run(
    server: ApiServer, schedules: KubernetesSchedules, tmp_path: Path
) -> None:
    schedules.create(plan(), timing("@daily", concurrency="replace"), None)
    found = told(server, tmp_path)
    assert (found.pipeline, found.schedule, found.replaces, found.spec_text) == (
        "two-step", "two-step", True, plan().spec_text,
    )  # fmt: skip
    assert found.config["labels"] == {"kfbridge.dev/schedule": "two-step"}
    assert found.config["driver"] == "client"
    run = as_run(found, {JOB_NAME: "two-step-29400000", JOB_UID: "1-2"})
    assert (run.run_id, run.token) == ("two-step-29400000", "1-2")
    assert as_run(replace(found, schedule="", run_id="mine"), {}).run_id == "mine"


def test_an_older_server_has_an_older_version_and_no_time_zones() -> None:
    server = ApiServer((1, 20), OLD)
    schedules = KubernetesSchedules(server, config())
    schedules.create(plan(), timing("@daily", "UTC"), "utc")
    assert server.of("cronjobs")["utc"]["apiVersion"] == "batch/v1beta1"
    assert "timeZone" not in server.of("cronjobs")["utc"]["spec"]
    with pytest.raises(UsageError, match=r"Kubernetes 1\.20, whose schedules know no time zone but UTC: Asia/Tokyo"):
        schedules.create(plan(), timing("@daily", "Asia/Tokyo"), "tokyo")
    assert list(server.of("cronjobs")) == ["utc"]
    assert schedules.listed()[0].timing.time_zone is None


def test_utc_is_said_where_it_can_be(server: ApiServer, schedules: KubernetesSchedules) -> None:
    assert schedules.create(plan(), NIGHTLY, None).timing.time_zone is None
    assert server.of("cronjobs")["two-step"]["spec"]["timeZone"] == "Etc/UTC"


def test_a_name_that_is_taken_is_refused_or_replaced(
    server: ApiServer, schedules: KubernetesSchedules, tmp_path: Path
) -> None:
    schedules.create(plan(), timing("@daily", "Asia/Tokyo"), "nightly")
    before = told(server, tmp_path, "nightly")
    with pytest.raises(UsageError, match=r"There is a schedule 'nightly' already\.\n  Change it with --replace"):
        schedules.create(plan(), NIGHTLY, "nightly")
    schedules.pause("nightly", True)
    begin(server, "nightly", "nightly-29400000")
    made = schedules.create(plan(pipeline="other"), NIGHTLY, "nightly", replace=True)
    assert (made.pipeline, made.timing, made.paused, made.active) == ("other", NIGHTLY, True, ("nightly-29400000",))
    assert (before.pipeline, told(server, tmp_path, "nightly").pipeline) == ("two-step", "other")
    assert len(server.of("configmaps")) == 2  # the driver that has begun may start again: it keeps its own


def test_other_peoples_cron_jobs_are_left_alone(server: ApiServer, schedules: KubernetesSchedules) -> None:
    body = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "backup"}, "spec": {}}
    server.create(body)
    with pytest.raises(UsageError, match="There is a CronJob 'backup' in the namespace that kfbridge has not made"):
        schedules.create(plan(), NIGHTLY, "backup", replace=True)
    with pytest.raises(UsageError, match=r"There is no schedule 'backup'\.\n  There are: none\."):
        schedules.delete("backup")
    assert schedules.listed() == []


def test_nothing_is_left_of_a_schedule_whose_drivers_cannot_be_told() -> None:
    server = ApiServer((1, 30), NEW, refusing={("POST", "configmaps"): 403})
    with pytest.raises(BackendError, match="no POST of configmaps"):
        KubernetesSchedules(server, config()).create(plan(), NIGHTLY, None)
    assert server.objects == {}


def test_pausing_and_listing(server: ApiServer, schedules: KubernetesSchedules) -> None:
    schedules.create(plan(), NIGHTLY, "b")
    schedules.create(plan(), NIGHTLY, "a")
    assert schedules.pause("b", True).paused
    begin(server, "a", "a-29400000")
    begin(server, "a", "a-29400001")
    end(server, "a-29400000")
    server.objects["cronjobs", "a"]["status"] = {"lastScheduleTime": "2026-01-02T03:00:00Z"}
    found = schedules.listed()
    assert [(one.name, one.paused, one.active, one.last) for one in found] == [
        ("a", False, ("a-29400001",), 1767322800.0),
        ("b", True, (), None),
    ]
    assert not schedules.pause("b", False).paused
    with pytest.raises(UsageError, match=r"There is no schedule 'aa'\.\n  Did you mean 'a'\? There are: a, b\."):
        schedules.pause("aa", True)


def test_what_is_under_way_outlives_its_schedule(server: ApiServer, schedules: KubernetesSchedules) -> None:
    schedules.create(plan(), NIGHTLY, "nightly")
    begin(server, "nightly", "nightly-29400000")
    begin(server, "nightly", "nightly-29400001")
    end(server, "nightly-29400000")
    schedules.delete("nightly")
    assert list(server.of("cronjobs")) == []
    assert list(server.of("jobs")) == ["nightly-29400001"]
    [left] = server.of("configmaps").values()
    assert [one["name"] for one in left["metadata"]["ownerReferences"]] == ["nightly-29400001"]
    server.delete(JOB, "nightly-29400001")
    assert server.objects == {}


def test_a_schedule_leaves_nothing_behind(server: ApiServer, schedules: KubernetesSchedules) -> None:
    schedules.create(plan(), NIGHTLY, "nightly")
    schedules.delete("nightly")
    assert server.objects == {}


def test_a_run_now_is_a_run_like_the_others(server: ApiServer, schedules: KubernetesSchedules) -> None:
    schedules.create(plan(), NIGHTLY, "nightly")
    schedules.pause("nightly", True)
    one, other = schedules.run("nightly"), schedules.run("nightly")
    assert one != other
    job = server.of("jobs")[one]
    assert job["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "nightly", "uid": "uid-cronjobs-nightly"}
    assert job["metadata"]["ownerReferences"] == [{**owner, "controller": True}]
    assert schedules.listed()[0].active == (one, other)


def test_the_concurrency_holds_for_a_run_now(server: ApiServer, schedules: KubernetesSchedules) -> None:
    schedules.create(plan(), timing("@daily", concurrency="forbid"), "one")
    first = schedules.run("one")
    with pytest.raises(UsageError, match=f"The schedule 'one' allows one run at a time, and {first} goes on"):
        schedules.run("one")
    end(server, first)
    assert schedules.run("one") != first
    schedules.create(plan(), timing("@daily", concurrency="replace"), "last")
    begin(server, "last", "last-29400000")
    assert [schedules.run("last")] == [name for name in server.of("jobs") if name.startswith("last-")]


def test_a_run_leads_to_its_job_by_its_name(server: ApiServer, schedules: KubernetesSchedules) -> None:
    schedules.create(plan(), NIGHTLY, "nightly")
    begin(server, "nightly", "nightly-29400000")
    job = driver_job(server, "nightly-29400000")
    assert job is not None and job["metadata"]["name"] == "nightly-29400000"
    assert is_driving(server, "nightly-29400000")
    end(server, "nightly-29400000")
    assert not is_driving(server, "nightly-29400000")
    assert not is_driving(server, "nightly-29400001")
    assert look_at("nightly-29400000") == "kubectl describe job nightly-29400000"
    assert look_at("mine") == "kubectl describe jobs -l kfbridge.dev/drives=mine"


@pytest.mark.parametrize("name", ["Nightly", "a_b", "-a", "a" * 53, ""])
def test_a_name_that_cannot_be_is_refused(name: str, schedules: KubernetesSchedules) -> None:
    with pytest.raises(UsageError, match=r"cannot name a schedule\.\n  Take lower-case letters, digits and hyphens"):
        schedules.create(plan(), NIGHTLY, name)


def test_the_driver_is_in_the_cluster(server: ApiServer) -> None:
    schedules = KubernetesSchedules(server, config(driver="client"))
    with pytest.raises(UsageError, match=r'the target says driver = "client"\.\n  .*--set driver=cluster'):
        schedules.create(plan(), NIGHTLY, None)
    assert server.asked == set()


def test_what_a_schedule_cannot_do_without_is_named(server: ApiServer, schedules: KubernetesSchedules) -> None:
    with pytest.raises(
        UsageError, match=r"names no image of kfbridge, .* driven\.\n  Set runtime_image in kfbridge\.toml"
    ):
        KubernetesSchedules(server, config(runtime_image=None)).create(plan(), NIGHTLY, None)
    large = replace(plan(), arguments={"text": secrets.token_hex(1_000_000)})
    with pytest.raises(BackendError, match=r"too large for the driver's ConfigMap.*\n  Make several pipelines of it"):
        schedules.create(large, NIGHTLY, None)
    assert server.objects == {}


def test_a_backend_without_schedules_names_those_that_have_them() -> None:
    with pytest.raises(UsageError, match=r"The backend 'local' has no schedules\.\n  .* that has them \(k8s, vertex\)"):
        api.schedules(target="local")
    with pytest.raises(UsageError, match="The backend 'local' has no schedules"):
        api.create_schedule(REPOSITORY / "examples" / "two_step" / "pipeline.py", cron="@daily", target="local")


@pytest.fixture
def told_main(server: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A project whose target is the server."""
    lines = ["[targets.kind]", 'backend = "k8s"', 'artifact_root = "pvc://claim/runs"', 'namespace = "ml"']
    (tmp_path / "kfbridge.toml").write_text("\n".join([*lines, 'runtime_image = "kfbridge:1"', ""]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kfbridge.backends.k8s.backend.Cluster", lambda config: server)


def test_the_command_line(told_main: None, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = str(REPOSITORY / "examples" / "two_step" / "pipeline.py")
    create = ["schedule", "create", pipeline, "-t", "kind", "--cron", "0 3 * * mon", "--name", "nightly"]
    assert main(["schedule", "list", "-t", "kind"]) == 0
    assert "There are no schedules yet." in capsys.readouterr().err
    assert main([*create, "--concurrency", "forbid", "--json"]) == 0
    made = yaml.safe_load(capsys.readouterr().out)
    assert made == {
        "name": "nightly", "pipeline": "two-step", "target": "kind", "cron": "0 3 * * mon", "time_zone": None,
        "concurrency": "forbid", "paused": False, "created": 1767323045.0, "last": None, "active": [],
    }  # fmt: skip
    assert main(create) == 2
    assert "There is a schedule 'nightly' already." in capsys.readouterr().err
    assert main(["schedule", "pause", "nightly", "-t", "kind"]) == 0
    assert capsys.readouterr().out == "nightly paused: two-step at 0 3 * * mon (UTC)\n"
    assert main(["schedule", "list", "-t", "kind"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["SCHEDULE", "PIPELINE", "TIMES", "ZONE", "CONCURRENCY", "STATE", "LAST", "RUNNING"]
    assert row.split() == ["nightly", "two-step", "0", "3", "*", "*", "mon", "UTC", "forbid", "paused"]
    assert main(["schedule", "unpause", "nightly", "-t", "kind"]) == 0
    assert main(["schedule", "delete", "nightly", "-t", "kind", "--json"]) == 0
    assert '"deleted": true' in capsys.readouterr().out
    assert main(["schedule", "list", "-t", "kind", "--json"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == {"schedules": []}


def test_a_wrong_expression_is_wrong_use(
    told_main: None, server: ApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = str(REPOSITORY / "examples" / "two_step" / "pipeline.py")
    assert main(["schedule", "create", pipeline, "-t", "kind", "--cron", "0 25 * * *"]) == 2
    assert "wrong in field 2, the hour: 25 is not within 0 to 23." in capsys.readouterr().err
    assert server.objects == {}
