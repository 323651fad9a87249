"""Runs on a remote artifact root: one machine begins, another looks, goes on, takes from the cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kfbridge import api, dsl
from kfbridge.errors import KfbridgeError, UsageError
from kfbridge.storage import Settings, Storage, open_storage
from tests.storage.conftest import Servers
from tests.storage.servers import BUCKET, free_port

pytestmark = [pytest.mark.storage, pytest.mark.slow]


@dsl.component
def make(text: str, data: dsl.Output[dsl.Dataset], folder: dsl.Output[dsl.Model]):
    from pathlib import Path

    Path(data.path).write_text(text)
    deep = Path(folder.path) / "deep"
    deep.mkdir(parents=True)
    (deep / "weights").write_text(text * 2)
    data.metadata["letters"] = len(text)
    print("made", text)


@dsl.component
def join(data: dsl.Input[dsl.Dataset], folder: dsl.Input[dsl.Model], fail: str = "") -> str:
    from pathlib import Path

    if fail and not Path(fail).exists():
        raise RuntimeError("not yet")
    first, second = Path(data.path).read_text(), (Path(folder.path) / "deep" / "weights").read_text()
    return f"{first}+{second}+{data.metadata['letters']}+{data.uri.partition(':')[0]}"


@dsl.pipeline(name="chain")
def chain(text: str = "ab", fail: str = "") -> str:
    made = make(text=text)
    return join(data=made.outputs["data"], folder=made.outputs["folder"], fail=fail).output


class Site:
    """A store that several machines use, each with a cache and a folder of its own."""

    def __init__(self, url: str, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = f"s3://{BUCKET}/{root}"
        self.storage: Storage = open_storage(self.root, Settings(endpoint_url=url))
        self.settings: Mapping[str, Any] = {
            "artifact_root": self.root,
            "storage": {"endpoint_url": url, "patience": 10.0},
        }
        self._tmp_path = tmp_path
        self._monkeypatch = monkeypatch

    def machine(self, name: str) -> Path:
        """From now on this process is that machine."""
        folder = self._tmp_path / name
        folder.mkdir(exist_ok=True)
        self._monkeypatch.setenv("KFBRIDGE_CACHE_DIR", str(folder / "cache"))
        self._monkeypatch.chdir(folder)
        return folder


@pytest.fixture(params=["moto"])
def site(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(servers.get(request.param).url, tmp_path.name, tmp_path, monkeypatch)


def test_artifacts_and_records_are_at_the_root(site: Site) -> None:
    site.machine("one")
    done = api.run(chain, run_id="first", settings=site.settings).wait()
    assert (done.state, done.outputs) == ("succeeded", {"Output": "ab+abab+2+s3"})
    [made] = [task for task in done.tasks if task.name == "make"]
    assert made.outputs["data"]["uri"] == f"{site.root}/first/artifacts/make/data"
    assert site.storage.read_bytes("first/artifacts/make/data") == b"ab"
    assert site.storage.read_bytes("first/artifacts/make/folder/deep/weights") == b"abab"
    assert site.storage.exists("first/artifacts/make/folder")
    assert json.loads(site.storage.read_bytes("first/run.json"))["state"] == "succeeded"
    assert site.storage.read_bytes("first/tasks/make/1/log.txt") == b"made ab\n"


def test_another_machine_sees_it_and_takes_from_its_cache(site: Site) -> None:
    site.machine("one")
    api.run(chain, run_id="first", settings=site.settings).wait()
    two = site.machine("two")
    assert [(run.run_id, run.state) for run in api.runs(settings=site.settings)] == [("first", "succeeded")]
    status = api.status("latest", settings=site.settings)
    assert {task.name: task.state for task in status.tasks} == {"make": "succeeded", "join": "succeeded"}
    assert list(api.logs("first", settings=site.settings)) == [("make", "made ab")]
    assert not list(two.rglob("data"))  # an artifact is not brought before somebody needs it

    again = api.run(chain, run_id="second", settings=site.settings).wait()
    assert [task.cached for task in again.tasks] == [True, True]
    assert again.outputs == {"Output": "ab+abab+2+s3"}


def test_another_machine_goes_on(site: Site, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    site.machine("one")
    failed = api.run(chain, {"fail": str(ready)}, run_id="first", settings=site.settings).wait()
    assert failed.state == "failed"
    ready.touch()
    site.machine("two")
    done = api.resume("first", settings=site.settings).wait()
    assert (done.state, done.outputs) == ("succeeded", {"Output": "ab+abab+2+s3"})
    assert {task.name: task.attempts for task in done.tasks} == {"make": 1, "join": 2}
    site.machine("one")
    seen = api.status("first", settings=site.settings)
    assert (seen.state, {task.name: task.state for task in seen.tasks}) == (
        "succeeded",
        {"make": "succeeded", "join": "succeeded"},
    )


def test_a_name_is_taken_everywhere(site: Site) -> None:
    site.machine("one")
    api.run(chain, run_id="mine", settings=site.settings).wait()
    site.machine("two")
    with pytest.raises(UsageError, match="There is a run called 'mine' already"):
        api.run(chain, run_id="mine", settings=site.settings)


DRIVE = """
import sys
sys.path.insert(0, {repository!r})
from kfbridge import api, dsl

@dsl.component
def nap(seconds: float):
    import time
    print("asleep", flush=True)
    time.sleep(seconds)

@dsl.pipeline(name="nap")
def napping(seconds: float = 60.0):
    nap(seconds=seconds)

api.run(napping, run_id="nap", settings={settings!r}).wait()
"""


def begin_elsewhere(site: Site, folder: Path) -> subprocess.Popen[bytes]:
    script = folder / "drive.py"
    script.write_text(DRIVE.format(repository=str(Path(__file__).parents[2]), settings=dict(site.settings)))
    process = subprocess.Popen([sys.executable, script], cwd=folder, env=dict(os.environ))
    for _ in range(600):
        if site.storage.exists("nap/journal.jsonl") and b"task_started" in site.storage.read_bytes("nap/journal.jsonl"):
            return process
        time.sleep(0.1)
    process.kill()
    raise AssertionError("it does not begin")


def test_a_run_is_cancelled_from_another_machine(site: Site) -> None:
    process = begin_elsewhere(site, site.machine("one"))
    try:
        site.machine("two")
        assert api.status("nap", settings=site.settings).state == "running"
        with pytest.raises(KfbridgeError, match="is being driven on another machine"):
            api.resume("nap", settings=site.settings)
        api.cancel("nap", settings=site.settings)
        process.wait(60)
    finally:
        process.kill()
        process.wait()
    time.sleep(2.1)
    assert api.status("nap", settings=site.settings).state == "cancelled"


def test_a_driver_that_was_killed_is_not_waited_for_on_its_own_machine(site: Site) -> None:
    process = begin_elsewhere(site, site.machine("one"))
    process.kill()
    process.wait()
    status = api.status("nap", settings=site.settings)
    assert status.state == "failed"
    assert "kfbridge ended before the run did" in (status.error or "")


def test_a_root_that_cannot_be_reached_is_told_before_anything_begins(site: Site) -> None:
    folder = site.machine("one")
    gone = {**site.settings, "storage": {"endpoint_url": f"http://127.0.0.1:{free_port()}", "patience": 0.5}}
    with pytest.raises(KfbridgeError, match="No server answers"):
        api.run(chain, run_id="first", settings=gone)
    assert not list(folder.rglob("run.json"))


def test_doctor_looks_at_the_root(site: Site) -> None:
    from kfbridge.backends.local.backend import LocalBackend

    site.machine("one")
    [found] = [one for one in LocalBackend(api.find_target(settings=site.settings)).doctor() if "remote" in one.subject]
    assert (found.ok, found.said) == (True, f"{site.root} can be listed, read, written and deleted from")
    assert list(site.storage.list()) == []
    gone = {**site.settings, "artifact_root": "s3://no-such-bucket/runs"}
    [found] = [one for one in LocalBackend(api.find_target(settings=gone)).doctor() if "remote" in one.subject]
    assert (found.ok, found.remedy) == (False, "Make the bucket, or correct artifact_root.")
    assert "There is no such bucket" in found.said


def test_a_step_whose_outputs_cannot_be_stored_has_failed(site: Site, tmp_path: Path) -> None:
    from tests.storage.proxy import proxy_for

    site.machine("one")
    with proxy_for(site.settings["storage"]["endpoint_url"]) as proxy:
        proxy.plan = lambda request: "403" if request.method == "PUT" and request.path.endswith("/make/data") else ""
        settings = {**site.settings, "storage": {"endpoint_url": proxy.url, "patience": 0.5}}
        done = api.run(chain, run_id="first", settings=settings).wait()
    assert done.state == "failed"
    [made] = [task for task in done.tasks if task.name == "make"]
    assert made.state == "failed"
    assert "its outputs could not be stored: " in (made.error or "") and "does not allow this" in (made.error or "")
