"""Steps with volumes, secrets, config maps and fields of a pod, as processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfbridge.backends.local.containers import docker_command
from kfbridge.backends.local.mounting import obstacle
from kfbridge.backends.local.runner import LocalRunner
from kfbridge.backends.local.surroundings import Mount, Surroundings
from kfbridge.engine.events import TaskFailed, TaskSucceeded
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import BackendError
from kfbridge.graph.model import Container
from tests.backends.local.steps import function, invocation, local_runner, shell, wait

mounting = pytest.mark.skipif(bool(obstacle()), reason=obstacle() or "mounting works")


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[LocalRunner]:
    running = local_runner(tmp_path / "run-1", containers="host", parallel=4)
    yield running
    running.close()


def step(body: str, settings: dict[str, Any], **more: Any) -> TaskInvocation:
    return with_settings(invocation(function(f"def step() -> str:\n    {body}\n"), outputs={"Output": str}), settings)


def with_settings(made: TaskInvocation, settings: dict[str, Any]) -> TaskInvocation:
    return replace(made, platforms={"kubernetes": settings})


def output(runner: LocalRunner, made: TaskInvocation) -> Any:
    runner.start(made)
    [event] = wait(runner)
    assert isinstance(event, TaskSucceeded), event
    return event.outputs.parameters.get("Output")


def named(kind: str, name: str) -> dict[str, Any]:
    return {f"{kind}NameParameter": {"runtimeValue": {"constant": name}}}


def keep(folder: Path, text: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text(text)


DATA = "/kfbridge-test/data"


@mounting
@pytest.mark.parametrize("path", [DATA, "/mnt/kfbridge-test", "kfbridge-test", "/mnt"])
def test_a_volume_is_where_the_step_expects_it_and_nowhere_else(path: str, runner: LocalRunner, tmp_path: Path) -> None:
    (tmp_path / "volumes/my-claim").mkdir(parents=True)
    settings = {"pvcMount": [{**named("pvc", "my-claim"), "mountPath": path}]}
    place = "/" + path.lstrip("/")
    assert output(runner, step(f"open('{place}/file', 'w').write('new'); return __import__('os').getcwd()", settings))
    assert (tmp_path / "volumes/my-claim/file").read_text() == "new"
    assert not Path(place, "file").exists()
    command = shell(f"cat {place}/file > $0", "{{$.outputs.parameters['Output'].output_file}}")
    assert output(runner, with_settings(invocation(command, "again", outputs={"Output": str}), settings)) == "new"
    assert not list((tmp_path / "run-1/tasks").glob("*/1/private"))


@mounting
def test_a_part_of_a_volume(runner: LocalRunner, tmp_path: Path) -> None:
    (tmp_path / "volumes/my-claim").mkdir(parents=True)
    settings = {"pvcMount": [{**named("pvc", "my-claim"), "mountPath": DATA, "subPath": "a/b"}]}
    output(runner, step(f"open('{DATA}/file', 'w').close(); return ''", settings))
    assert (tmp_path / "volumes/my-claim/a/b/file").exists()
    settings["pvcMount"][0]["subPath"] = "../other"
    with pytest.raises(BackendError, match=r"the sub path '\.\./other' leaves the volume claim 'my-claim'"):
        runner.start(step("return ''", settings))


@mounting
def test_a_secret_as_files_is_read_only_and_the_step_stays_who_it_was(runner: LocalRunner, tmp_path: Path) -> None:
    keep(tmp_path / "secrets/db/password", "hunter2\n")
    settings = {"secretAsVolume": [{**named("secret", "db"), "mountPath": DATA}]}
    body = f"import os\n    assert os.getuid() == {os.getuid()}\n    return open('{DATA}/password').read()"
    assert output(runner, step(body, settings)) == "hunter2\n"
    runner.start(replace(step(f"open('{DATA}/password', 'w')", settings), key="writes"))
    [event] = wait(runner)
    assert isinstance(event, TaskFailed)
    assert "Read-only file system" in event.reason


@mounting
def test_fresh_folders_are_empty_at_every_attempt(runner: LocalRunner) -> None:
    settings = {
        "emptyDirMounts": [{"volumeName": "e", "mountPath": DATA}],
        "genericEphemeralVolume": [{"volumeName": "g", "mountPath": f"{DATA}/inner"}],
    }
    made = step(f"import os; found = sorted(os.listdir('{DATA}')); open('{DATA}/x', 'w'); return str(found)", settings)
    assert output(runner, made) == "['inner']"
    assert output(runner, replace(made, attempt=2)) == "['inner']"


@mounting
def test_a_place_that_is_a_file_is_an_error_of_one_sentence(runner: LocalRunner, tmp_path: Path) -> None:
    (tmp_path / "volumes/my-claim").mkdir(parents=True)
    file = tmp_path / "file"
    file.touch()
    settings = {"pvcMount": [{**named("pvc", "my-claim"), "mountPath": f"{file}/data"}]}
    for made in (step("return ''", settings), with_settings(invocation(shell("true"), "command"), settings)):
        runner.start(made)
        [event] = wait(runner)
        assert isinstance(event, TaskFailed)
        assert f"{file}/data, where a volume is to be mounted, cannot be made: {file} is no folder" in event.reason


def test_a_volume_never_hides_the_files_of_the_run(runner: LocalRunner, tmp_path: Path) -> None:
    (tmp_path / "volumes/my-claim").mkdir(parents=True)
    settings = {"pvcMount": [{**named("pvc", "my-claim"), "mountPath": str(tmp_path)}]}
    with pytest.raises(BackendError, match="the files of the run lie under it"):
        runner.start(step("return ''", settings))


def init_container(script: str) -> dict[str, Any]:
    volume = {"volumeName": "shared", "mountPath": "/kfbridge-test/before"}
    before = {
        "name": "prepare",
        "image": "busybox",
        "command": ["sh", "-c"],
        "args": [script],
        "volumeMounts": [volume],
    }
    before["env"] = [{"name": "TEXT", "value": "ready"}]
    return {"emptyDirMounts": [{"volumeName": "shared", "mountPath": DATA}], "initContainers": [before]}


@mounting
def test_an_init_container_prepares_what_the_step_finds(runner: LocalRunner) -> None:
    settings = init_container("echo $TEXT > /kfbridge-test/before/file")
    assert output(runner, step(f"return open('{DATA}/file').read()", settings)) == "ready\n"
    command = shell(f"cat {DATA}/file > $0", "{{$.outputs.parameters['Output'].output_file}}")
    made = with_settings(invocation(command, "again", outputs={"Output": str}), settings)
    assert str(output(runner, made)).strip() == "ready"


@mounting
def test_a_step_does_not_begin_when_its_init_container_fails(runner: LocalRunner) -> None:
    for made in (step("print('begun'); return ''", {}), invocation(shell("echo begun"), "command")):
        runner.start(with_settings(made, init_container("exit 3")))
        [event] = wait(runner)
        assert isinstance(event, TaskFailed)
        assert "its init container prepare ended with exit code 3" in event.reason
        assert "begun\n" not in Path(event.reason.rpartition(" is in ")[2]).read_text()


SECRET = {"secretAsEnv": [{**named("secret", "db"), "keyToEnv": [{"secretKey": "password", "envVar": "PASSWORD"}]}]}


def test_secrets_and_config_maps_as_variables_are_in_no_file_of_the_run(runner: LocalRunner, tmp_path: Path) -> None:
    keep(tmp_path / "secrets/db/password", "hunter2\n")
    keep(tmp_path / "config_maps/web/color", "red")
    entry = {**named("configMap", "web"), "keyToEnv": [{"configMapKey": "color", "envVar": "COLOR"}]}
    settings = {**SECRET, "configMapAsEnv": [entry]}
    body = "import os; return f\"{len(os.environ['PASSWORD'])} {os.environ['COLOR']}\""
    assert output(runner, step(body, settings)) == "7 red"
    command = shell('printf %s "${#PASSWORD}" > $0', "{{$.outputs.parameters['Output'].output_file}}")
    assert output(runner, with_settings(invocation(command, "again", outputs={"Output": str}), settings)) == "7"
    texts = [file.read_text() for file in (tmp_path / "run-1").rglob("*") if file.is_file()]
    assert len(texts) > 4
    assert not any("hunter2" in text for text in texts)


def test_a_secret_that_is_missing_fails_the_step_unless_it_is_optional(runner: LocalRunner) -> None:
    with pytest.raises(BackendError, match="it needs the secret 'db', which is not on this machine"):
        runner.start(step("return ''", SECRET))
    optional = {"secretAsEnv": [{**SECRET["secretAsEnv"][0], "optional": True}]}
    assert output(runner, step("import os; return str('PASSWORD' in os.environ)", optional)) == "False"


@pytest.mark.parametrize("key", ["../../other", "/etc/passwd", "..", ""])
def test_a_key_names_a_file_of_its_secret_and_no_other(key: str, runner: LocalRunner, tmp_path: Path) -> None:
    keep(tmp_path / "secrets/db/password", "hunter2")
    keep(tmp_path / "other", "mine")
    entry = {**named("secret", "db"), "keyToEnv": [{"secretKey": key, "envVar": "X"}]}
    with pytest.raises(BackendError, match=r"the secret 'db' has no key"):
        runner.start(step("return ''", {"secretAsEnv": [entry]}))


def test_docker_gets_volumes_as_volumes_and_secrets_without_their_values(tmp_path: Path) -> None:
    around = Surroundings({"PASSWORD": "hunter2"}, (Mount(tmp_path, "/data", read_only=True),), tmp_path)
    command = docker_command("docker", "n", "alpine", ["true"], [], {}, folder=tmp_path, surroundings=around)
    words = " ".join(command.argv)
    assert f"--volume {tmp_path}:/data:ro" in words
    assert "--env PASSWORD " in words
    assert "hunter2" not in words
    assert command.env["PASSWORD"] == "hunter2"
    assert "hunter2" not in repr(around)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "run-1-loop-3-step-1"),
        ("metadata.namespace", "local"),
        ("metadata.labels['team']", "blue"),
        ("metadata.labels['other']", ""),
        ("metadata.annotations['pipelines.kubeflow.org/run_name']", "run-1"),
        ("metadata.annotations", 'pipelines.kubeflow.org/run_name="run-1"'),
        ("status.podIP", "127.0.0.1"),
        ("spec.nodeName", os.uname().nodename),
    ],
)
def test_fields_of_the_pod(path: str, value: str, runner: LocalRunner) -> None:
    fields = [{"name": "FIELD", "fieldPath": path}]
    settings = {"podMetadata": {"labels": {"team": "blue"}}, "fieldPathAsEnv": fields}
    made = replace(step("import os; return os.environ['FIELD']", settings), key="loop[3]/step")
    assert output(runner, made) == value


# Volume claims that the pipeline makes ---------------------------------------------------------------


def stub(what: str, key: str = "createpvc", **parameters: str) -> TaskInvocation:
    outputs = {"name": str} if what == "createpvc" else {}
    return invocation(Container("exec-pvc", f"argostub/{what}"), key, parameters=parameters, outputs=outputs)


def claim(runner: LocalRunner, made: TaskInvocation) -> str:
    runner.start(made)
    [event] = wait(runner)
    assert isinstance(event, TaskSucceeded)
    return str(event.outputs.parameters.get("name"))


def test_a_claim_by_suffix_has_a_name_of_its_own_for_every_task(runner: LocalRunner, tmp_path: Path) -> None:
    first = claim(runner, stub("createpvc", "loop[0]/createpvc", pvc_name_suffix="-data"))
    second = claim(runner, stub("createpvc", "loop[1]/createpvc", pvc_name_suffix="-data"))
    assert first.startswith("run-1-")
    assert first.endswith("-data")
    assert {path.name for path in (tmp_path / "volumes").iterdir()} == {first, second}
    again = replace(stub("createpvc", "loop[0]/createpvc", pvc_name_suffix="-data"), attempt=2)
    assert claim(runner, again) == first


def test_a_claim_is_made_once_and_deleted_with_all_that_is_in_it(runner: LocalRunner, tmp_path: Path) -> None:
    assert claim(runner, stub("createpvc", pvc_name="mine")) == "mine"
    (tmp_path / "volumes/mine/file").touch()
    with pytest.raises(BackendError, match="there is a volume claim 'mine' already"):
        runner.start(replace(stub("createpvc", pvc_name="mine"), attempt=2))
    claim(runner, stub("deletepvc", "deletepvc", pvc_name="mine"))
    assert not (tmp_path / "volumes/mine").exists()
    with pytest.raises(BackendError, match="there is no volume claim 'mine' to delete"):
        runner.start(replace(stub("deletepvc", "deletepvc", pvc_name="mine"), attempt=2))


@pytest.mark.parametrize("name", ["..", "../precious", "/"])
def test_no_name_leads_out_of_the_folder_for_volumes(name: str, runner: LocalRunner, tmp_path: Path) -> None:
    keep(tmp_path / "precious/file", "x")
    (tmp_path / "volumes").mkdir()
    with pytest.raises(BackendError, match="there is no volume claim"):
        runner.start(stub("deletepvc", "deletepvc", pvc_name=name))
    assert (tmp_path / "precious/file").exists()


def test_of_a_claim_that_is_a_link_the_link_alone_is_deleted(runner: LocalRunner, tmp_path: Path) -> None:
    keep(tmp_path / "precious/file", "x")
    (tmp_path / "volumes").mkdir()
    (tmp_path / "volumes/mine").symlink_to(tmp_path / "precious")
    claim(runner, stub("deletepvc", "deletepvc", pvc_name="mine"))
    assert not list((tmp_path / "volumes").iterdir())
    assert (tmp_path / "precious/file").exists()
