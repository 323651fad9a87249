"""The staging program against real stores: what comes to a step, what it leaves, and what is said when it cannot be."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kfbridge.backends.k8s import layout
from kfbridge.backends.k8s.copying import __main__ as program
from kfbridge.backends.k8s.copying import placing
from kfbridge.backends.k8s.copying.left import Left, read_left
from kfbridge.errors import RunError
from kfbridge.runtime.artifacts import MOUNTS
from kfbridge.storage import Settings, Storage, open_storage
from tests.storage import conftest as stores
from tests.storage.proxy import every, proxy_for
from tests.storage.servers import AZURE_ACCOUNT, BUCKET, Server

credentials = stores.credentials
servers = stores.servers

ATTEMPT = "run-1/tasks/train/1"
OWN = "run-1/artifacts/train"
KINDS = [pytest.param(kind, marks=pytest.mark.storage) for kind in stores.SERVERS]
STRANGE = "ein Häufchen/日本 datei (1).txt"

Entry = dict[str, Any]


@dataclass
class Pod:
    """A pod's folders in a folder of the test, and the root that it is staged for."""

    folder: Path
    root: str
    settings: dict[str, Any]
    inputs: dict[str, list[Entry]] = field(default_factory=dict)
    outputs: dict[str, Entry] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    more: dict[str, str] = field(default_factory=dict)

    @property
    def storage(self) -> Storage:
        return open_storage(self.root, Settings(**self.settings))

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def elsewhere(self, key: str) -> str:
        """A URI of the same store that is not below the root."""
        return f"{self.root.rpartition('/')[0]}/{self.folder.name}-elsewhere/{key}"

    def path(self, uri: str) -> Path:
        return Path(layout.path_of(uri))

    def document(self) -> dict[str, Any]:
        files = {name: {"outputFile": str(self.work / "outputs" / name)} for name in self.parameters}
        groups = {name: {"artifacts": [one]} for name, one in self.outputs.items()}
        return {
            "inputs": {"artifacts": {name: {"artifacts": found} for name, found in self.inputs.items()}},
            "outputs": {
                "parameters": files,
                "artifacts": groups,
                "outputFile": str(self.work / "executor_output.json"),
            },
        }

    def run(self, way: str) -> int:
        return program.main([way], self.environment)

    @property
    def environment(self) -> dict[str, str]:
        folders = [*(path.rstrip("/") for path in MOUNTS.values()), layout.FILES, str(self.work)]
        return {
            "KFBRIDGE_ROOT": self.root,
            "KFBRIDGE_STORAGE": json.dumps(self.settings),
            "KFBRIDGE_ATTEMPT": ATTEMPT,
            "KFBRIDGE_FOLDERS": ":".join(folders),
            "KFBRIDGE_TERMINATION_LOG": str(self.folder / "termination"),
            **self.more,
        }

    def prepare(self) -> None:
        """What the runner does before the pod starts."""
        self.storage.write_bytes(f"{ATTEMPT}/executor_input.json", json.dumps(self.document()).encode())

    def begin(self) -> None:
        self.prepare()
        assert self.run("in") == 0

    def end(self, output: Mapping[str, Any] | None = None) -> Left:
        """Write the executor output, if there is one, and take everything away."""
        if output is not None:
            (self.work / "executor_output.json").write_text(json.dumps(output))
        assert self.run("out") == 0
        return self.left()

    def left(self) -> Left:
        return read_left(self.storage.read_bytes(f"{ATTEMPT}/left.json"))

    def failure(self, way: str) -> dict[str, Any]:
        """What the termination message says of a direction that fails."""
        assert self.run(way) == 1
        found: dict[str, Any] = json.loads((self.folder / "termination").read_bytes())
        return found


def artifact(uri: str, **more: Any) -> Entry:
    return {"name": "x", "type": {"schemaTitle": "system.Artifact"}, "uri": uri, "metadata": {}, **more}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def files_of(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Folders of the test stand for those of a pod; its mask is one that hides everything from others."""
    for scheme, path in MOUNTS.items():
        monkeypatch.setitem(MOUNTS, scheme, f"{tmp_path}{path}")
    for module in (layout, placing):
        monkeypatch.setattr(module, "FILES", f"{tmp_path}/files")
    before = os.umask(0o077)
    yield
    os.umask(before)


def pod_at(server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch, url: str = "") -> Pod:
    settings: dict[str, Any] = {"patience": 5.0}
    at = url or server.url
    if server.kind in ("gcs", "fakegcs"):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", at)
        return Pod(folder, f"gs://{BUCKET}/{folder.name}", {**settings, "project": "tests", "parallel": 4})
    if server.kind == "azurite":
        return Pod(folder, f"az://{BUCKET}/{folder.name}", {**settings, "account_url": f"{at}/{AZURE_ACCOUNT}"})
    return Pod(folder, f"s3://{BUCKET}/{folder.name}", {**settings, "endpoint_url": at})


@pytest.fixture(params=KINDS)
def pod(
    request: pytest.FixtureRequest, servers: stores.Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Pod:
    return pod_at(servers.get(request.param), tmp_path, monkeypatch)


@pytest.fixture
def s3(servers: stores.Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pod:
    """A pod on one kind of store, for what does not depend on the kind."""
    return pod_at(servers.get("rclone"), tmp_path, monkeypatch)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for the workspace, with the place of a copy in it."""
    monkeypatch.setattr(layout, "WORKSPACE", f"{tmp_path}/workspace")
    return tmp_path / "workspace" / ".artifacts" / "abc" / "data"


# Every kind of store ---------------------------------------------------------------------------------


def test_what_a_step_leaves_is_what_the_next_one_is_brought(pod: Pod, tmp_path: Path) -> None:
    file, tree = f"{pod.root}/{OWN}/file", f"{pod.root}/{OWN}/tree"
    pod.outputs = {"file": artifact(file), "tree": artifact(tree), "none": artifact(f"{pod.root}/{OWN}/none")}
    pod.parameters = ("large", "silent")
    pod.begin()
    pod.path(file).write_text("data")
    write(pod.path(tree), {STRANGE: "inhalt", "a/b": "deep"})
    (pod.path(tree) / "empty").mkdir()
    (pod.work / "outputs" / "large").write_text("ü" * 50_000)
    left = pod.end()
    assert left == Left(None, {"large": "ü" * 50_000}, {"file": [file], "tree": [tree], "none": []})
    assert pod.storage.read_bytes(f"{ATTEMPT}/outputs/large") == ("ü" * 50_000).encode()
    assert not pod.storage.exists(f"{ATTEMPT}/executor_output.json")

    for uri in (file, tree):
        pod.path(uri).rename(tmp_path / Path(uri).name)
    pod.inputs = {"data": [artifact(file), artifact(tree)], "none": [artifact(f"{pod.root}/{OWN}/none")]}
    pod.begin()
    assert pod.path(file).read_text() == "data"
    assert files_of(pod.path(tree)) == {STRANGE: "inhalt", "a/b": "deep"}
    assert (pod.path(tree) / "empty").is_dir()
    assert not pod.path(f"{pod.root}/{OWN}/none").exists()


def test_what_others_have_stored_is_brought_as_it_is_listed(pod: Pod) -> None:
    folder, file = pod.elsewhere("some data"), pod.elsewhere("ä file.csv")
    other = open_storage(pod.elsewhere("").rstrip("/"), Settings(**pod.settings))
    other.write_bytes(f"some data/{STRANGE}", b"one")
    other.write_bytes("some data/b", b"two")
    other.write_bytes("ä file.csv", b"three")
    pod.inputs = {"folder": [artifact(f"{folder}/")], "file": [artifact(file)]}
    pod.begin()
    assert files_of(pod.path(folder)) == {STRANGE: "one", "b": "two"}
    assert pod.path(file).read_text() == "three"


def test_an_input_from_elsewhere_that_is_not_there_is_told(pod: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    uri = pod.elsewhere("nothing")
    pod.inputs = {"data": [artifact(uri)]}
    pod.prepare()
    told = pod.failure("in")
    assert (told["type"], told["transient"]) == ("ObjectMissingError", False)
    assert f"its input artifact 'data' cannot be brought: there is no object and no folder at {uri}" in told["message"]
    assert "Correct the URI that the importer" in told["message"]
    assert told["message"] in capsys.readouterr().err


# What comes in ---------------------------------------------------------------------------------------


@pytest.mark.storage
def test_everything_can_be_written_by_whatever_user_the_step_runs_as(s3: Pod, tmp_path: Path) -> None:
    tree = f"{s3.root}/run-0/artifacts/load/tree"
    source = write(tmp_path / "source", {"a/b": "x", "tool": "#!/bin/sh"})
    (source / "tool").chmod(0o755)
    s3.storage.put_tree(source, "run-0/artifacts/load/tree")
    s3.inputs, s3.outputs = {"tree": [artifact(tree)]}, {"model": artifact(f"{s3.root}/{OWN}/model")}
    s3.parameters = ("score",)
    s3.begin()
    made = s3.path(tree)
    folders = [made, made / "a", s3.path(f"{s3.root}/{OWN}"), s3.path(f"{s3.root}/run-1"), s3.work, s3.work / "outputs"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o777}
    assert stat.S_IMODE((made / "a" / "b").stat().st_mode) == 0o666
    assert stat.S_IMODE((made / "tool").stat().st_mode) == 0o777
    assert json.loads((s3.work / "executor_input.json").read_text()) == s3.document()
    assert os.umask(0o077) == 0o077


@pytest.mark.storage
def test_an_artifact_in_another_is_brought_after_it(s3: Pod) -> None:
    for name, text in (("data/a", b"1"), ("data/in/b", b"2"), ("data-more", b"3")):
        open_storage(s3.elsewhere("").rstrip("/"), Settings(**s3.settings)).write_bytes(name, text)
    uris = [s3.elsewhere(name) for name in ("data/in/b", "data", "data-more", "data")]
    s3.inputs = {"all": [artifact(uri) for uri in uris]}
    s3.begin()
    assert files_of(s3.path(uris[1])) == {"a": "1", "in/b": "2"}


@pytest.mark.storage
def test_what_nothing_opens_is_told_and_what_pods_have_is_not(s3: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    s3.inputs = {
        "page": [artifact("https://example.com/data.csv")],
        "image": [artifact("oci://registry/model:1")],
        "here": [artifact("/data/plain"), artifact("file:///data/file")],
    }
    s3.begin()
    told = capsys.readouterr().out
    assert "input artifact 'page': nothing opens https://example.com/data.csv, so nothing is at" in told
    assert "input artifact 'image': nothing opens oci://registry/model:1" in told
    assert "/data/" not in told


@pytest.mark.storage
def test_metadata_without_data_are_told_in_the_log(s3: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    s3.inputs = {"scores": [artifact(f"{s3.root}/run-0/artifacts/evaluate/scores")]}
    s3.begin()
    assert "run-0/artifacts/evaluate/scores has metadata alone, so nothing is at" in capsys.readouterr().out


@pytest.mark.storage
def test_data_of_the_users_own_below_the_root_are_not_taken_for_metadata(s3: Pod) -> None:
    s3.inputs = {"data": [artifact(f"{s3.root}/datasets/iris")]}
    s3.prepare()
    assert "there is no object and no folder at" in s3.failure("in")["message"]
    s3.storage.write_bytes("datasets/iris/a.csv", b"1")
    s3.begin()
    assert files_of(s3.path(f"{s3.root}/datasets/iris")) == {"a.csv": "1"}


@pytest.mark.storage
def test_a_tree_that_was_never_finished_is_not_taken_for_a_whole_one(s3: Pod) -> None:
    s3.storage.write_bytes("run-0/artifacts/load/tree/part", b"1")
    s3.inputs = {"tree": [artifact(f"{s3.root}/run-0/artifacts/load/tree")]}
    s3.prepare()
    told = s3.failure("in")
    assert told["type"] == "DamagedError"
    assert "its input artifact 'tree' cannot be brought: The tree was never written to its end" in told["message"]


@pytest.mark.storage
def test_an_input_is_brought_to_the_path_that_it_says(s3: Pod, tmp_path: Path) -> None:
    s3.storage.write_bytes("run-0/artifacts/load/data", b"1")
    uri = f"{s3.root}/run-0/artifacts/load/data"
    s3.inputs = {"data": [artifact(uri, custom_path=f"{layout.FILES}/chosen")]}
    s3.begin()
    assert Path(layout.FILES, "chosen").read_text() == "1"
    s3.inputs = {"data": [artifact(uri, custom_path="/tmp/chosen")]}
    s3.prepare()
    assert (
        "its input artifact 'data' belongs at /tmp/chosen, where nothing can be brought" in s3.failure("in")["message"]
    )


@pytest.mark.storage
def test_a_pod_whose_root_is_mounted_brings_inputs_from_elsewhere_alone(s3: Pod) -> None:
    open_storage(s3.elsewhere("").rstrip("/"), Settings(**s3.settings)).write_bytes("data", b"1")
    uri = s3.elsewhere("data")
    told = {"inputs": {"artifacts": {"data": {"artifacts": [artifact(uri)]}}}}
    environment = {name: value for name, value in s3.environment.items() if name != "KFBRIDGE_ROOT"}
    assert program.main(["in"], {**environment, "KFBRIDGE_INPUTS": json.dumps(told)}) == 0
    assert s3.path(uri).read_text() == "1"
    assert not s3.work.exists()


@pytest.mark.storage
def test_an_attempt_without_executor_input_is_told(s3: Pod) -> None:
    told = s3.failure("in")
    assert told["type"] == "ObjectMissingError"
    assert "the executor input of this attempt cannot be read" in told["message"]


# What goes out ---------------------------------------------------------------------------------------


@pytest.mark.storage
def test_executor_output_names_the_data_and_is_given_on_without_paths_of_the_pod(s3: Pod) -> None:
    given, other = f"{s3.root}/{OWN}/model", s3.elsewhere("model")
    s3.outputs = {"models": artifact(given), "moved": artifact(f"{s3.root}/{OWN}/moved")}
    s3.begin()
    chosen = Path(layout.FILES, "chosen")
    write(chosen.parent, {"chosen": "1"})
    write(s3.path(other).parent, {"model": "2"})
    moved = s3.path(f"{s3.root}/{OWN}/moved")
    moved.write_text("3")
    told = [
        {"name": "a", "uri": given, "custom_path": str(chosen), "metadata": {"big": 2**60}},
        {"uri": other, "metadata": {"n": 1}},
        {"uri": f"{given}-without", "metadata": {}},
    ]
    written = {"artifacts": {"models": {"artifacts": told}}, "parameterValues": {"n": 2**60}}
    left = s3.end(written)
    assert left.artifacts == {"models": [given, other], "moved": [f"{s3.root}/{OWN}/moved"]}
    kept = {**told[0]}
    del kept["custom_path"]
    assert json.loads(left.executor_output or "") == {
        **written, "artifacts": {"models": {"artifacts": [kept, *told[1:]]}}
    }  # fmt: skip
    assert s3.storage.read_bytes(f"{OWN}/model") == b"1"
    assert open_storage(other, Settings(**s3.settings)).read_bytes("") == b"2"
    assert json.loads(s3.storage.read_bytes(f"{ATTEMPT}/executor_output.json")) == written


@pytest.mark.storage
def test_paths_become_the_uris_of_the_store(s3: Pod, tmp_path: Path) -> None:
    s3.outputs = {name: artifact(f"{s3.root}/{OWN}/{name}") for name in ("made", "same", "claim", "page")}
    s3.more = {"KFBRIDGE_VOLUMES": "/claim"}
    s3.begin()
    write(s3.work, {"sub/made": "1"})
    same = s3.path(f"{s3.root}/{OWN}/another")
    same.write_text("2")
    uris = {
        "made": str(s3.work / "sub" / "made"),
        "same": str(same),
        "claim": "/claim/model",
        "page": "https://example.com/registry/7",
    }
    left = s3.end({"artifacts": {name: {"artifacts": [{"uri": uri}]} for name, uri in uris.items()}})
    found = {
        name: one["artifacts"][0]["uri"] for name, one in json.loads(left.executor_output or "")["artifacts"].items()
    }
    assert found == {
        **uris,
        "made": f"{s3.root}/{ATTEMPT}/work/sub/made",
        "same": f"{s3.root}/{OWN}/another",
    }
    assert {name for name, stored in left.artifacts.items() if stored} == {"made", "same"}
    assert s3.storage.read_bytes(f"{ATTEMPT}/work/sub/made") == b"1"


def written_to(path: str, uri: str = "") -> dict[str, Any]:
    return {"artifacts": {"model": {"artifacts": [{"custom_path": path, **({"uri": uri} if uri else {})}]}}}


@pytest.mark.storage
@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (written_to("/tmp/model"), "the step put its output artifact 'model' at /tmp/model, which only its own cont"),
        (written_to("model"), "the step put its output artifact 'model' at model, which only its own container sees"),
        (
            {"artifacts": {"model": {"artifacts": [{"uri": "/opt/model"}]}}},
            "the step put its output artifact 'model' at /opt/model, which only its own container sees",
        ),
        (
            {"artifacts": {"model": {"artifacts": [{"uri": "s3://bucket/../../x"}]}}},
            "which only its own container sees",
        ),
        ([1], "what it wrote as executor output is not a JSON object"),
    ],
)
def test_data_that_cannot_be_reached_are_a_failure(s3: Pod, output: Any, reason: str) -> None:
    s3.outputs = {"model": artifact(f"{s3.root}/{OWN}/model")}
    s3.begin()
    (s3.work / "executor_output.json").write_text(json.dumps(output))
    told = s3.failure("out")
    assert reason in told["message"]
    assert told["type"] == "RunError"
    assert not s3.storage.exists(f"{ATTEMPT}/left.json")


@pytest.mark.storage
def test_data_with_a_uri_that_nothing_opens_are_a_failure(s3: Pod) -> None:
    s3.outputs = {"model": artifact(f"{s3.root}/{OWN}/model")}
    s3.begin()
    chosen = write(Path(layout.FILES), {"model": "1"}) / "model"
    (s3.work / "executor_output.json").write_text(json.dumps(written_to(str(chosen), "ftp://host/model")))
    assert "nothing opens its URI ftp://host/model" in s3.failure("out")["message"]


@pytest.mark.storage
def test_two_data_for_one_uri_are_a_failure(s3: Pod) -> None:
    s3.outputs = {"model": artifact(f"{s3.root}/{OWN}/model")}
    s3.begin()
    folder = write(Path(layout.FILES), {"a": "1", "b": "2"})
    made = [{"custom_path": str(folder / name)} for name in "ab"]
    (s3.work / "executor_output.json").write_text(json.dumps({"artifacts": {"model": {"artifacts": made}}}))
    assert f"the step put both {folder / 'a'} and {folder / 'b'} at the URI" in s3.failure("out")["message"]


@pytest.mark.storage
def test_a_link_that_leads_out_of_the_pods_folders_is_not_lost_in_silence(s3: Pod) -> None:
    s3.outputs = {"model": artifact(f"{s3.root}/{OWN}/model")}
    s3.begin()
    s3.path(f"{s3.root}/{OWN}/model").symlink_to("/opt/no-such-model")
    assert "its output artifact 'model' cannot be stored" in s3.failure("out")["message"]


@pytest.mark.storage
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_bytes(b"ok \xff"), "its output parameter 'score' is not UTF-8 text: invalid start"),
        (lambda path: path.mkdir(), "its output parameter 'score' cannot be read"),
    ],
)
def test_a_parameter_that_is_no_text_is_named(s3: Pod, make: Callable[[Path], Any], reason: str) -> None:
    s3.parameters = ("score",)
    s3.begin()
    make(s3.work / "outputs" / "score")
    write(s3.work / "outputs", {"stray": "not listed"})
    assert reason in s3.failure("out")["message"]


@pytest.mark.storage
def test_only_parameters_of_the_component_are_told(s3: Pod) -> None:
    s3.parameters = ("score",)
    s3.begin()
    write(s3.work / "outputs", {"score": " 0.5\n", "stray": "x"})
    assert s3.end({}) == Left("{}", {"score": " 0.5\n"}, {})
    assert not s3.storage.exists(f"{ATTEMPT}/outputs/stray")


@pytest.mark.storage
def test_the_steps_own_copy_of_its_input_decides_nothing(s3: Pod) -> None:
    s3.parameters = ("score",)
    s3.begin()
    (s3.work / "executor_input.json").write_text("{}")
    write(s3.work / "outputs", {"score": "1"})
    assert s3.end().parameters == {"score": "1"}


# Faults ----------------------------------------------------------------------------------------------


@pytest.mark.storage
def test_wrong_credentials_are_told_without_the_secret(s3: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.prepare()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-wrong-secret")
    told = s3.failure("in")
    assert told["type"] == "CredentialsError"
    assert "SignatureDoesNotMatch" in told["message"]
    assert "the-wrong-secret" not in told["message"]
    assert told["transient"] is False


@pytest.mark.storage
@pytest.mark.slow
def test_what_is_cut_on_its_way_out_is_sent_again_or_told_as_passing(
    servers: stores.Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = servers.get("rclone")
    with proxy_for(server.url) as proxy:
        pod = pod_at(server, tmp_path, monkeypatch, proxy.url)
        uri = f"{pod.root}/{OWN}/model"
        pod.outputs = {"model": artifact(uri)}
        pod.begin()
        pod.path(uri).write_bytes(os.urandom(20 << 20))
        pod.settings["patience"] = 2.0
        proxy.plan = every(1, "lost")
        told = pod.failure("out")
        assert (told["type"], told["transient"]) == ("UnreachableError", True)
        proxy.plan = every(4, "reset")
        pod.settings["patience"] = 20.0
        assert pod.end().artifacts == {"model": [uri]}
        proxy.plan = lambda request: ""
        assert pod.storage.read_bytes(f"{OWN}/model") == pod.path(uri).read_bytes()


def test_a_long_message_is_cut_to_what_kubernetes_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment = {
        "KFBRIDGE_INPUTS": json.dumps(
            {"inputs": {"artifacts": {"ä" * 9000: {"artifacts": [artifact("s3:///x")]}}}}
        ),
        "KFBRIDGE_FOLDERS": str(tmp_path),
        "KFBRIDGE_TERMINATION_LOG": str(tmp_path / "termination"),
    }  # fmt: skip
    assert program.main(["in"], environment) == 1
    data = (tmp_path / "termination").read_bytes()
    assert 4000 < len(data) <= 4096
    assert json.loads(data)["message"].endswith("ää …")
    assert "ä" * 9000 in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "arguments", "reason"),
    [
        ({}, ["in"], "The variable KFBRIDGE_ROOT is not set."),
        ({"KFBRIDGE_ROOT": "s3://b/r"}, ["out"], "The variable KFBRIDGE_ATTEMPT is not set."),
        ({"KFBRIDGE_STORAGE": "[]"}, ["in"], "The variable KFBRIDGE_STORAGE cannot be read: it is no JSON object."),
        (
            {"KFBRIDGE_ROOT": "s3://b/r", "KFBRIDGE_ATTEMPT": "a", "KFBRIDGE_FOLDERS": "/s3",
             "KFBRIDGE_STORAGE": '{"later": 1}'},
            ["in"],
            "The variable KFBRIDGE_STORAGE cannot be read: ",
        ),
        ({}, ["sideways"], "The staging program was called with ['sideways']."),
    ],
)  # fmt: skip
def test_wrong_use_is_told(
    environment: dict[str, str], arguments: list[str], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "termination"
    assert program.main(arguments, {**environment, "KFBRIDGE_TERMINATION_LOG": str(told)}) == 1
    assert reason in capsys.readouterr().err
    assert reason in json.loads(told.read_text())["message"]


@pytest.mark.parametrize("data", [b"[]", b'{"version": 2}', b"not JSON"])
def test_a_document_of_another_version_is_refused(data: bytes) -> None:
    with pytest.raises(RunError, match=r"what its staging container wrote as left\.json cannot be read"):
        read_left(data)


# The workspace ---------------------------------------------------------------------------------------


def test_what_an_importer_wants_in_the_workspace_comes_there_once(s3: Pod, tmp_path: Path, workspace: Path) -> None:
    s3.storage.write_bytes("given", b"from a bucket")
    source = write(tmp_path / "claim", {"one": "1", "deep/two": "2"})
    other = workspace.with_name("other")
    s3.inputs = {
        "file": [artifact(f"{s3.root}/given", custom_path=str(workspace))],
        "tree": [artifact(str(source), custom_path=str(other))],
    }
    s3.begin()
    assert (workspace.read_text(), files_of(other)) == ("from a bucket", {"one": "1", "deep/two": "2"})
    assert {path.stat().st_mode & 0o777 for path in (other, other / "deep")} == {0o777}
    assert {path.stat().st_mode & 0o666 for path in (workspace, other / "one")} == {0o666}
    workspace.write_text("changed by a step")
    (other / "one").write_text("changed")
    s3.begin()  # another step reads the same
    assert (workspace.read_text(), files_of(other)["one"]) == ("changed by a step", "changed")
    assert sorted(path.name for path in workspace.parent.iterdir()) == ["data", "other"]


@pytest.mark.parametrize("uri", ["/claim/nothing", "https://example.com/data"])
def test_what_is_not_there_cannot_come_to_the_workspace(s3: Pod, workspace: Path, uri: str) -> None:
    s3.inputs = {"data": [artifact(uri, custom_path=str(workspace))]}
    s3.prepare()
    told = s3.failure("in")
    assert f"'data' cannot be copied into the workspace: there is nothing at {uri}" in told["message"]
    assert "Correct the importer's URI" in told["message"]
    assert not workspace.exists()
