"""Whole steps on a real cluster whose root is a bucket, staged by kfbridge's own image (KFBRIDGE_RUNTIME_IMAGE).

The bucket is served on the address of the API server, if that is one of this machine: pods reach that one.
``.ci/runtime-image`` builds the image and prints its name.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from kfbridge import documents
from kfbridge.backends.k8s.copying.left import Left, read_left
from kfbridge.backends.k8s.job import attempt_documents
from kfbridge.backends.k8s.layout import PodLayout
from kfbridge.backends.k8s.manifest import manifest_text
from kfbridge.backends.k8s.pod import Setting
from kfbridge.backends.k8s.staging import staging_of
from kfbridge.engine.events import Artifact, Outputs
from kfbridge.engine.outputs import collect
from kfbridge.engine.runner import TaskInvocation
from kfbridge.graph.model import ArtifactPort, ParameterPort, ParameterType, Ports
from kfbridge.source import load
from kfbridge.storage import Settings, Storage, open_storage
from tests.backends.k8s.conftest import Cluster
from tests.backends.k8s.pods import invocation, line_of, setting
from tests.backends.k8s.test_running import IMAGE, Seen, see
from tests.engine.fake import World
from tests.storage import conftest as stores
from tests.storage.servers import ACCESS_KEY, BUCKET, SECRET_KEY, serving

pytestmark = [pytest.mark.cluster, pytest.mark.storage, pytest.mark.slow]

credentials = stores.credentials
SECRET = "staged-store"


@dataclass
class Bucket:
    """A bucket that pods reach, and the cluster whose pods are staged for it."""

    cluster: Cluster
    url: str
    image: str

    def setting(self, root: str = f"s3://{BUCKET}/runs", secret: str = SECRET, **config: Any) -> Setting:
        storage = {"endpoint_url": self.url, "region": "us-east-1", "patience": 90.0}
        made = setting(
            root, roots=(IMAGE,), image_pull_policy="Never", runtime_image=self.image, storage=storage,
            storage_secrets=(secret,), **{"images": {"*": IMAGE}, **config},
        )  # fmt: skip
        return replace(made, staging=staging_of(made.config))

    @property
    def storage(self) -> Storage:
        return open_storage(f"s3://{BUCKET}/runs", Settings(endpoint_url=self.url, region="us-east-1", patience=90.0))

    def run(self, step: TaskInvocation, name: str, **more: Any) -> tuple[Seen, Left | None]:
        """Do what the runner does for an attempt; the pod's end, and what the step left."""
        made = self.setting(**more)
        layout = PodLayout(step, made.root)
        document = json.dumps(layout.executor_input()).encode()
        self.storage.write_bytes(f"{layout.attempt_name}/executor_input.json", document)
        seen = see(self.cluster, step, made, name)
        left = f"{layout.attempt_name}/left.json"
        return seen, read_left(self.storage.read_bytes(left)) if self.storage.exists(left) else None

    def outputs(self, step: TaskInvocation, name: str, **more: Any) -> Outputs:
        """The outputs of an attempt that has to end well."""
        seen, left = self.run(step, name, **more)
        assert seen.phase == "Succeeded", json.dumps(seen.pod["status"])
        assert left is not None
        document = PodLayout(step, self.setting(**more).root).executor_input()
        return collect(step, document, left.read_output, left.read_parameter)


@pytest.fixture(scope="module")
def bucket(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    image = os.environ.get("KFBRIDGE_RUNTIME_IMAGE")
    if not image:
        pytest.skip("KFBRIDGE_RUNTIME_IMAGE names no image of kfbridge that the nodes have: see .ci/runtime-image")
    view = cluster.call("config", "view", "--minify", "--output=jsonpath={.clusters[0].cluster.server}")
    host = urlsplit(view).hostname or ""
    try:
        with serving("rclone", tmp_path_factory.mktemp("bucket"), host) as server:
            cluster.call(
                "create", "secret", "generic", SECRET,
                f"--from-literal=AWS_ACCESS_KEY_ID={ACCESS_KEY}", f"--from-literal=AWS_SECRET_ACCESS_KEY={SECRET_KEY}",
            )  # fmt: skip
            yield Bucket(cluster, server.url, image)
    except OSError as error:
        pytest.skip(f"no server can listen where the pods of this cluster reach it: {host}: {error}")


def shell(script: str, key: str, **more: Any) -> TaskInvocation:
    step = invocation(key=key, image=IMAGE, command=("sh", "-ec"), args=(script,))
    return replace(step, **more)


def writer(key: str, script: str, **more: Any) -> TaskInvocation:
    """A step of a container with the outputs ``model`` and ``score``."""
    ports = Ports({"score": ParameterPort(ParameterType.NUMBER_DOUBLE)}, {"model": ArtifactPort("system.Model")})
    return shell(script, key, outputs=ports, **more)


MODEL, SCORE = "{{$.outputs.artifacts['model'].path}}", "{{$.outputs.parameters['score'].output_file}}"
DATA = "{{$.inputs.artifacts['data'].path}}"


def test_files_go_from_one_container_to_another(bucket: Bucket) -> None:
    script = f"mkdir {MODEL}; echo hallo > '{MODEL}/ü file'; mkdir {MODEL}/empty; echo 0.25 > {SCORE}; id -u"
    made = bucket.outputs(writer("write", script), "write")
    assert made.parameters == {"score": 0.25}
    (model,) = made.artifacts["model"]
    assert (model.uri, model.custom_path) == (f"s3://{BUCKET}/runs/run-1/artifacts/write/model", "")
    read = shell(
        f"cat '{DATA}/ü file'; ls {DATA}; touch {DATA}/more {DATA}/empty/more; echo x >> '{DATA}/ü file'", "read",
        artifacts={"data": [model]}, inputs=Ports({}, {"data": ArtifactPort("system.Model")}),
    )  # fmt: skip
    seen, left = bucket.run(read, "read")
    assert (seen.phase, seen.log()) == ("Succeeded", "hallo\nempty\nü file\n")
    assert left == Left(None)


def test_python_functions_hand_on_artifacts_and_large_parameters(bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text(PARTS)
    steps = World(documents.graph(documents.read(load(tmp_path / "parts.py")))).run(rows=7).invocations
    made = bucket.outputs(steps["make"], "make")
    assert made.parameters == {"number": 7 * 2**40, "text": "ü" * 100_000}
    assert made.artifacts["data"][0].metadata == {"rows": 7}
    assert [one.custom_path for found in made.artifacts.values() for one in found] == ["", ""]
    used = bucket.outputs(replace(steps["use"], artifacts=made.artifacts), "use")
    assert used.parameters == {"Output": [6, 7, "chosen"]}


PARTS = """
from typing import NamedTuple
from kfbridge import dsl

@dsl.component
def make(rows: int, data: dsl.Output[dsl.Dataset], chosen: dsl.Output[dsl.Model]) -> NamedTuple(
    "Made", [("number", int), ("text", str)]
):
    from pathlib import Path
    Path(data.path).write_text("\\n".join(str(row) for row in range(rows)))
    data.metadata["rows"] = rows
    chosen.set_path("/kfbridge/work/chosen.bin")
    Path(chosen.path).write_bytes(b"chosen")
    return rows * 2**40, "ü" * 100_000

@dsl.component
def use(data: dsl.Input[dsl.Dataset], chosen: dsl.Input[dsl.Model]) -> list:
    from pathlib import Path
    return [Path(data.path).read_text().count("\\n"), data.metadata["rows"], Path(chosen.path).read_text()]

@dsl.pipeline(name="parts")
def parts(rows: int) -> list:
    made = make(rows=rows)
    return use(data=made.outputs["data"], chosen=made.outputs["chosen"]).output
"""


def test_what_only_the_steps_user_may_read_is_stored(bucket: Bucket) -> None:
    script = f"umask 077; id -u; echo private > {MODEL}; echo 1 > {SCORE}"
    own = {"kubernetes": {"securityContext": {"runAsUser": "1234", "runAsGroup": "99"}}}
    seen, left = bucket.run(writer("private", script, platforms=own), "private")
    assert (seen.phase, seen.log()) == ("Succeeded", "1234\n")
    assert left is not None and left.parameters == {"score": "1\n"}
    assert bucket.storage.read_bytes("run-1/artifacts/private/model") == b"private\n"


def failure(seen: Seen, name: str) -> dict[str, Any]:
    state = seen.state(name)["terminated"]
    assert state["exitCode"] == 1
    found: dict[str, Any] = json.loads(state["message"])
    assert found["message"] in seen.log(name)
    return found


def test_wrong_credentials_are_told_to_the_runner(bucket: Bucket) -> None:
    bucket.cluster.call(
        "create", "secret", "generic", "wrong",
        f"--from-literal=AWS_ACCESS_KEY_ID={ACCESS_KEY}", "--from-literal=AWS_SECRET_ACCESS_KEY=nobodyknowsthisone",
    )  # fmt: skip
    seen, left = bucket.run(writer("denied", "exit 0"), "denied", secret="wrong")
    told = failure(seen, "stage-in")
    assert (seen.phase, left, told["type"], told["transient"]) == ("Failed", None, "CredentialsError", False)
    assert "the executor input of this attempt cannot be read" in told["message"]
    assert "nobodyknowsthisone" not in json.dumps(seen.pod["status"])


def test_an_output_that_nobody_else_sees_is_told_to_the_runner(bucket: Bucket) -> None:
    told = json.dumps({"artifacts": {"model": {"artifacts": [{"custom_path": "/tmp/model"}]}}})
    script = f"echo x > /tmp/model; echo '{told}' > {{{{$.outputs.output_file}}}}"
    seen, left = bucket.run(writer("hidden", script), "hidden")
    assert left is None
    assert "put its output artifact 'model' at /tmp/model, which only" in failure(seen, "stage-out")["message"]


def test_on_a_claim_an_input_from_a_bucket_is_brought(bucket: Bucket) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "artifacts"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }
    bucket.cluster.call("create", "--filename=-", text=manifest_text([bucket.cluster.here(claim)]))
    bucket.storage.write_bytes("elsewhere/data", b"from a bucket")
    data = Artifact("data", "system.Dataset", f"s3://{BUCKET}/runs/elsewhere/data")
    step = shell(
        f"cat {DATA}; test -d /kfbridge/root", "mixed",
        artifacts={"data": [data]}, inputs=Ports({}, {"data": ArtifactPort("system.Dataset")}),
    )  # fmt: skip
    seen = see(bucket.cluster, step, bucket.setting("pvc://artifacts/runs"), "mixed")
    assert (seen.phase, seen.log()) == ("Succeeded", "from a bucket")


def test_copying_that_cannot_go_on_ends_when_its_pod_is_deleted(bucket: Bucket) -> None:
    step, made = writer("stuck", "exit 0"), bucket.setting()
    away = made.config.storage.model_copy(update={"endpoint_url": "http://127.0.0.1:9", "patience": 600.0})
    config = made.config.model_copy(update={"storage": away})
    (job,) = attempt_documents(step, line_of(step, made), replace(made, staging=staging_of(config)))
    bucket.cluster.call("create", "--filename=-", text=manifest_text([bucket.cluster.here(job)]))
    selector = f"--selector=job-name={job['metadata']['name']}"

    def wait(reached: Any) -> None:
        until = time.monotonic() + 30
        while not reached(json.loads(bucket.cluster.call("get", "pods", selector, "--output=json"))["items"]):
            assert time.monotonic() < until
            time.sleep(0.2)

    wait(lambda pods: pods and '"running"' in json.dumps(pods[0]["status"].get("initContainerStatuses", "")))
    time.sleep(2)  # it is past its imports
    begun = time.monotonic()
    bucket.cluster.call("delete", "job", job["metadata"]["name"], "--wait=false")
    wait(lambda pods: not pods)
    assert time.monotonic() - begun < 28  # the grace of 30 s was not needed
