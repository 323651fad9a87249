"""Somebody who has the role kfbridge-user, and no other right, does everything; schedules begin their runs."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kfbridge import api
from kfbridge.backends.base import Target
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.install import install_documents
from kfbridge.backends.k8s.manifest import manifest_text
from kfbridge.backends.k8s.rights import USER_RIGHTS
from kfbridge.cli import main
from tests.backends.k8s.conftest import Cluster
from tests.backends.k8s.room import CLAIM, PYTHON, Room

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

PIPELINE = """
from kfbridge import dsl

@dsl.component
def wait(until: float) -> str:
    import time
    print("begun", flush=True)
    while time.time() < until:
        time.sleep(0.2)
    return "done"

@dsl.pipeline(name="waiting")
def waiting(until: float = 0.0) -> str:
    return wait(until=until).set_caching_options(False).output
"""

SECRET = "--output=go-template={{if .data.token}}{{.data.token | base64decode}}{{end}}"


def awaited(look: Callable[[], Any], seconds: float = 90.0) -> Any:
    """What `look` finds, once it finds something."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, "it has not come"
        time.sleep(0.5)
    return found


@dataclass(frozen=True)
class User:
    """An account that has the users' role, in a room."""

    room: Room
    kubeconfig: str
    folder: Path

    def target(self, root: str, **settings: Any) -> Target:
        images = {"python:*": PYTHON}  # and the driver's as it is
        given = {"folder": root, "kubeconfig": self.kubeconfig, "images": images, **settings}
        return self.room.target(self.folder, **given)


@pytest.fixture(scope="module")
def user(room: Room, tmp_path_factory: pytest.TempPathFactory) -> User:
    cluster, folder = room.cluster, tmp_path_factory.mktemp("jane")
    name = f"system:serviceaccount:{cluster.namespace}:jane"
    config = Config(artifact_root=f"pvc://{CLAIM}/runs")
    made = install_documents(config, cluster.namespace, "1Gi", "ReadWriteOnce", subjects=[("User", name)])
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "jane"}}
    metadata = {"name": "jane", "annotations": {"kubernetes.io/service-account.name": "jane"}}
    kind = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token"}
    made += [cluster.here(account), cluster.here({**kind, "metadata": metadata})]
    cluster.call("apply", "--filename=-", text=manifest_text(made))
    token = awaited(lambda: cluster.call("get", "secret", "jane", SECRET))
    found = json.loads(cluster.call("config", "view", "--minify", "--flatten", "--output=json"))
    found["users"][0]["user"] = {"token": token}
    (folder / "config").write_text(json.dumps(found))
    (folder / "pipeline.py").write_text(PIPELINE)
    return User(room, str(folder / "config"), folder)


def rights(cluster: Cluster, account: str) -> dict[str, set[str]]:
    """What an account may do, beside what everybody may."""
    listed = cluster.call("auth", "can-i", "--list", "--no-headers", f"--as={account}").splitlines()
    found = [re.fullmatch(r"(\S+) +\[\] +\[\] +\[([a-z ]+)\]", line) for line in listed]
    return {one[1]: set(one[2].split()) for one in found if one and not one[1].startswith("selfsubject")}


def test_a_user_may_do_what_is_documented_and_nothing_else(user: User) -> None:
    cluster = user.room.cluster
    found = rights(cluster, f"system:serviceaccount:{cluster.namespace}:jane")
    assert found == {".".join(filter(None, (one.resource, one.group))): set(one.verbs) for one in USER_RIGHTS}
    assert rights(cluster, "system:serviceaccount:default:jane") == {}


@pytest.mark.parametrize("driver", ["cluster", "client"])
def test_a_user_runs_looks_cancels_and_resumes(user: User, driver: str) -> None:
    target = user.target(f"user-{driver}", driver=driver)
    pipeline = user.folder / "pipeline.py"
    assert api.run(pipeline, target=target, run_id=f"{driver}-one").wait().outputs == {"Output": "done"}
    begun = api.run(pipeline, {"until": time.time() + 60}, target=target, run_id=f"{driver}-two")
    lines = awaited(lambda: first(begun, api.logs(f"{driver}-two", target=target, follow=True)))
    assert lines == ("wait", "begun")
    assert api.status(f"{driver}-two", target=target).state == "running"
    begun.cancel()
    assert begun.wait().state == "cancelled"
    assert awaited(lambda: jobs(user.room.cluster, f"kfbridge.dev/run={driver}-two") == [], 20)
    assert api.resume(f"{driver}-two", target=target).wait().state == "succeeded"
    states = {one.run_id: one.state for one in api.runs(target=target)}
    assert states == {f"{driver}-one": "succeeded", f"{driver}-two": "succeeded"}


def first(begun: Any, lines: Iterator[tuple[str, str]]) -> tuple[str, str]:
    """The first line of a run that is under way."""
    assert begun.status().state in ("pending", "running")
    return next(lines, ("", ""))


def jobs(cluster: Cluster, selector: str) -> list[str]:
    return cluster.call("get", "jobs", f"--selector={selector}", "--output=name").split()


def test_a_user_has_schedules(user: User, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    target = user.target("user-schedules", driver="cluster")
    made = api.create_schedule(user.folder / "pipeline.py", cron="0 0 1 1 *", name="yearly", target=target)
    assert (made.pipeline, made.paused, made.active) == ("waiting", False, ())
    assert api.pause_schedule("yearly", target=target).paused
    assert [(one.name, one.paused) for one in api.schedules(target=target)] == [("yearly", True)]
    again = {"cron": "0 0 2 1 *", "name": "yearly", "replace": True, "target": target}
    assert api.create_schedule(user.folder / "pipeline.py", {"until": time.time() + 40}, **again).paused
    run = api.run_schedule("yearly", target=target)
    assert api.schedules(target=target)[0].active == (run.run_id,)
    awaited(lambda: run.status().tasks)
    api.delete_schedule("yearly", target=target)
    assert api.schedules(target=target) == []
    assert run.wait().state == "succeeded"  # it outlives its schedule
    assert [one.run_id for one in api.runs(target=target)] == [run.run_id]


def driver_pod(cluster: Cluster, schedule: str) -> str:
    """The pod of a schedule's driver that runs, if there is one."""
    wanted = f"--selector=kfbridge.dev/schedule={schedule},!kfbridge.dev/run"
    return cluster.call("get", "pods", wanted, "--field-selector=status.phase=Running", "--output=name").strip()


def test_runs_begin_by_themselves_and_a_driver_that_is_lost_goes_on(user: User) -> None:
    target = user.target("user-minutely", driver="cluster")
    cluster = user.room.cluster
    arguments = {"until": time.time() + 110}
    api.create_schedule(
        user.folder / "pipeline.py", arguments, cron="* * * * *", name="minutely", concurrency="forbid", target=target
    )
    pod = awaited(lambda: driver_pod(cluster, "minutely"), 120)
    [run_id] = awaited(lambda: api.schedules(target=target)[0].active)
    run = api.find(run_id, target=target)
    awaited(lambda: [one for one in run.status().tasks if one.started])
    cluster.call("delete", pod, "--wait=false")
    assert awaited(lambda: driver_pod(cluster, "minutely") not in ("", pod))
    api.pause_schedule("minutely", target=target)
    assert run.wait().state == "succeeded"
    [task] = run.status().tasks
    assert (task.state, task.attempts) == ("succeeded", 1)
    assert [one.run_id for one in api.runs(target=target)] == [run_id]
    api.delete_schedule("minutely", target=target)


def test_a_run_takes_the_place_of_an_earlier_one(user: User) -> None:
    target = user.target("user-replace", driver="cluster")
    arguments = {"until": time.time() + 60}
    api.create_schedule(
        user.folder / "pipeline.py", arguments, cron="0 0 1 1 *", name="last", concurrency="replace", target=target
    )
    one = api.run_schedule("last", target=target)
    awaited(lambda: [task for task in one.status().tasks if task.started])
    other = api.run_schedule("last", target=target)
    assert other.wait().state == "succeeded"
    states = {run.run_id: (run.state, run.error) for run in api.runs(target=target)}
    why = f"The schedule last began {other.run_id} in its place."
    assert states == {one.run_id: ("cancelled", why), other.run_id: ("succeeded", None)}
    assert jobs(user.room.cluster, f"kfbridge.dev/run={one.run_id}") == []
    api.delete_schedule("last", target=target)


def test_the_command_line_begins_a_run_and_waits(
    user: User, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = user.target("user-line", driver="cluster")
    api.create_schedule(user.folder / "pipeline.py", cron="0 0 1 1 *", name="line", target=target)
    settings = target.config.model_dump(mode="json", exclude_unset=True)
    settings["images"] = None
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items() if value is not None)
    images = f'images = {{ "python:*" = "{PYTHON}" }}\n'
    (user.folder / "kfbridge.toml").write_text(f'[targets.kind]\nbackend = "k8s"\n{images}{text}')
    monkeypatch.chdir(user.folder)
    assert main(["schedule", "run", "line", "-t", "kind", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["pipeline"], found["state"], found["outputs"]) == ("waiting", "succeeded", {"Output": "done"})
    assert re.fullmatch(r"line-[0-9]{10}", found["run_id"])
    assert main(["schedule", "delete", "line", "-t", "kind"]) == 0
    assert os.environ["KUBECONFIG"] != user.kubeconfig
