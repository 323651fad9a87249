"""Inputs that lie in another bucket than the run, or the run in a folder here: a step finds them at their path."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kfbridge import api, dsl
from kfbridge.backends.base import RunStatus
from kfbridge.storage import Settings, Storage, open_storage
from tests.storage.conftest import Servers
from tests.storage.servers import BUCKET

pytestmark = [pytest.mark.storage, pytest.mark.slow]


@dsl.component
def read(data: dsl.Input[dsl.Dataset]) -> str:
    import os
    from pathlib import Path

    path = Path(data.path)
    found = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    text = ",".join(f"{os.path.relpath(file, path.parent)}={file.read_text()}" for file in found)
    return f"{text} of {data.uri} {data.metadata['kind']}"


@dsl.pipeline(name="importing")
def importing(uri: str) -> str:
    found = dsl.importer(artifact_uri=uri, artifact_class=dsl.Dataset, metadata={"kind": "raw"})
    read(data=found.output).set_caching_options(False)
    return read(data=found.output).set_caching_options(False).output


@dsl.container_component
def show(data: dsl.Input[dsl.Dataset]):
    return dsl.ContainerSpec(image="any", command=["sh", "-c", 'cat "$0" && echo " $1"', data.path, data.uri])


@dsl.pipeline(name="showing")
def showing(uri: str):
    show(data=dsl.importer(artifact_uri=uri, artifact_class=dsl.Dataset).output)


class Place:
    """A run's settings, and a store with data that are not below its root."""

    def __init__(self, tmp_path: Path, url: str, root: str) -> None:
        self.url = url
        self.elsewhere: Storage = open_storage(f"s3://{BUCKET}/{tmp_path.name}-data", Settings(endpoint_url=url))
        self.settings: Mapping[str, Any] = {
            "artifact_root": root,
            "storage": {"endpoint_url": url, "patience": 1.0},
            "containers": "host",
            "python": sys.executable,
        }

    def run(self, pipeline: Any, uri: str) -> RunStatus:
        run = api.run(pipeline, {"uri": uri}, settings=self.settings)
        return run.wait()


@pytest.fixture(params=["folder", "remote root"])
def place(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KFBRIDGE_CACHE_DIR", str(tmp_path / "cache"))
    here = request.param == "folder"
    root = str(tmp_path / "runs") if here else f"s3://{BUCKET}/{tmp_path.name}-runs"
    return Place(tmp_path, servers.get("rclone").url, root)


def test_a_file_is_brought_to_the_path_of_the_step(place: Place) -> None:
    place.elsewhere.write_bytes("raw/table.csv", b"a,b")
    uri = place.elsewhere.locate("raw/table.csv")
    status = place.run(importing, uri)
    assert status.state == "succeeded", status
    assert status.outputs == {"Output": f"table.csv=a,b of {uri} raw"}


def test_a_folder_that_others_wrote_is_brought_whole(place: Place) -> None:
    for name in ("one", "deep/two"):
        place.elsewhere.write_bytes(f"raw/{name}", name.encode())
    uri = place.elsewhere.locate("raw")
    status = place.run(importing, uri)
    assert status.outputs == {"Output": f"raw/deep/two=deep/two,raw/one=one of {uri} raw"}, status


def test_a_container_finds_it_too(place: Place) -> None:
    place.elsewhere.write_bytes("x", b"content")
    uri = place.elsewhere.locate("x")
    run = api.run(showing, {"uri": uri}, settings=place.settings)
    assert run.wait().state == "succeeded"
    assert f"content {uri}" in [line for _, line in run.logs()]


def test_it_is_brought_once_for_a_run(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from kfbridge.storage.objects import ObjectStorage

    place.elsewhere.write_bytes("x", b"content")
    uri = place.elsewhere.locate("x")
    brought: list[str] = []
    get = ObjectStorage.get

    def noting(self: ObjectStorage, name: str, target: Path, **more: Any) -> None:
        brought.append(self.locate(name))
        get(self, name, target, **more)

    monkeypatch.setattr(ObjectStorage, "get", noting)
    assert place.run(importing, uri).state == "succeeded"
    assert brought.count(uri) == 1


def error_of(status: RunStatus, task: str) -> str:
    [error] = [one.error for one in status.tasks if one.path == task]
    return str(error)


def test_what_is_not_there_is_told_with_task_place_reason_and_remedy(place: Place) -> None:
    uri = place.elsewhere.locate("nothing")
    status = place.run(importing, uri)
    assert status.state == "failed"
    error = error_of(status, "read")
    assert f"its input 'data' cannot be brought from {uri}: There is no such file or folder." in error
    assert "Look at the spelling, and at what was written there." in error


def test_a_library_that_is_missing_is_told_with_the_command_that_installs_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud.storage", None)
    error = error_of(place.run(importing, "gs://some-bucket/x"), "read")
    assert "its input 'data' cannot be brought from gs://some-bucket/x: " in error
    assert "pip install 'kfbridge[gcs]'" in error


def test_a_uri_that_no_storage_opens_stays_as_it_is(place: Place) -> None:
    run = api.run(showing, {"uri": "https://example.com/x"}, settings=place.settings)
    assert run.wait().state == "failed"
    assert "https://example.com/x" in "".join(line for _, line in run.logs()), list(run.logs())


@dsl.component
def read_copy(data: dsl.Input[dsl.Dataset]) -> str:
    from pathlib import Path

    assert "/.artifacts/" in data.path, f"it is no copy in the workspace: {data.path}"
    return Path(data.path).read_text()


@dsl.pipeline(name="copying", pipeline_config=dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="1Gi")))
def copying(uri: str) -> str:
    found = dsl.importer(artifact_uri=uri, artifact_class=dsl.Dataset, download_to_workspace=True)
    return read_copy(data=found.output).output


def test_a_copy_in_the_workspace_is_brought_there(place: Place) -> None:
    place.elsewhere.write_bytes("x", b"content")
    run = api.run(copying, {"uri": place.elsewhere.locate("x")}, settings=place.settings)
    status = run.wait()
    assert status.outputs == {"Output": "content"}, status
    assert str(status.place).endswith(f"/{run.run_id}")


def test_a_copy_of_what_cannot_be_opened_is_told(place: Place) -> None:
    error = error_of(place.run(copying, "oci://a/b"), "read-copy")
    assert "it reads a copy of oci://a/b, which is neither on this machine nor at a store that kfbridge opens" in error
