"""``kfbridge component build`` makes a folder an image that holds its components."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kfbridge import components
from kfbridge.cli import main

COMPONENTS = """
from kfp import dsl
from helper import double

@dsl.component(base_image="python:3.12", target_image="registry/steps:1", packages_to_install=["pandas", "numpy<3"])
def twice(x: int) -> int:
    return double(x)
"""
MORE = """
from kfbridge import dsl

@dsl.component(base_image="python:3.12", target_image="registry/steps:1", packages_to_install=["pandas"],
               pip_index_urls=["https://index.example/simple"])
def name(model: dsl.Output[dsl.Model]) -> str:
    return type(model).__name__
"""
NOT_RUN = "raise SystemExit('this file has no such component')"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "steps"
    (home / "below").mkdir(parents=True)
    (home / "first.py").write_text(COMPONENTS)
    (home / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    (home / "below" / "second.py").write_text(MORE)
    (home / "setup.py").write_text(NOT_RUN)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))  # no docker there
    return home


def build(folder: Path, *options: str) -> int:
    return main(["component", "build", str(folder), *options])


def fake_docker(folder: Path, code: int = 0) -> Path:
    docker = folder / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\necho "$@" >> {folder / "docker.log"}\nexit {code}\n')
    docker.chmod(0o755)
    return folder / "docker.log"


def test_what_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(folder) == 0
    assert (folder / "Dockerfile").read_text() == (
        "# Written by kfbridge; yours from now on.\n"
        "FROM python:3.12\n"
        "WORKDIR /usr/local/src/kfp/components\n"
        "COPY runtime-requirements.txt runtime-requirements.txt\n"
        "RUN pip install --no-cache-dir --index-url https://index.example/simple "
        "--trusted-host https://index.example/simple -r runtime-requirements.txt\n"
        "COPY . .\n"
        "ENV PYTHONPATH=/usr/local/src/kfp/components/.kfbridge-runtime\n"
    )
    assert (folder / "runtime-requirements.txt").read_text() == "numpy<3\npandas\n"
    assert (folder / "kfp_config.ini").read_text() == (
        "# Written by kfbridge.\n[Components]\nname = below/second.py\ntwice = first.py\n"
    )
    loaded = components.load_component_from_file(str(folder / "component_metadata" / "twice.yaml"))
    assert loaded.component_spec.implementation.image == "registry/steps:1"
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"Built nothing, since there is no docker command here. To do it: docker build --tag registry/steps:1 {folder}"
    )


def test_the_image_answers_the_command_of_its_components(folder: Path, tmp_path: Path) -> None:
    """As in the image: its working directory, its PYTHONPATH, and a Python without kfp and kfbridge."""
    build(folder)
    for function, inputs, model, output in (
        ("twice", {"x": 4}, {}, 8),
        ("name", {}, {"model": artifact(tmp_path)}, "Model"),
    ):
        task = {
            "inputs": {"parameterValues": inputs},
            "outputs": {"outputFile": str(tmp_path / "out.json"), "artifacts": model},
        }
        command = [
            "-m",
            "kfp.dsl.executor_main",
            "--executor_input",
            json.dumps(task),
            "--function_to_execute",
            function,
        ]
        environ = {"PYTHONPATH": str(folder / ".kfbridge-runtime"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([sys.executable, "-S", *command], cwd=folder, env=environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert json.loads((tmp_path / "out.json").read_text())["parameterValues"] == {"Output": output}


def artifact(folder: Path) -> dict[str, object]:
    fields = {"name": "model", "uri": str(folder / "model"), "type": {"schemaTitle": "system.Model"}}
    return {"artifacts": [fields]}


def test_a_worker_process_in_the_image_finds_the_names_of_kfp(folder: Path) -> None:
    build(folder)
    environ = {"PYTHONPATH": str(folder / ".kfbridge-runtime"), "PYTHONDONTWRITEBYTECODE": "1"}
    script = "from kfp import dsl; import kfp; print(dsl.Model.schema_title, callable(kfp.dsl.component))"
    done = subprocess.run([sys.executable, "-S", "-c", script], env=environ, capture_output=True, text=True)
    assert done.stdout == "system.Model True\n", done.stderr


def test_a_dockerfile_that_is_there_stays_unless_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text("FROM mine\n")
    assert build(folder, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["image"], said["built"], said["kept"]) == ("registry/steps:1", False, [str(folder / "Dockerfile")])
    assert said["components"] == {"name": str(folder / "below/second.py"), "twice": str(folder / "first.py")}
    assert (folder / "Dockerfile").read_text() == "FROM mine\n"
    assert build(folder, "--overwrite-dockerfile") == 0
    assert "FROM python:3.12" in (folder / "Dockerfile").read_text()


def test_docker_builds_and_pushes_when_it_is_there(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = fake_docker(tmp_path)
    assert build(folder, "--platform", "linux/amd64", "--push-image") == 0
    assert log.read_text().splitlines() == [
        f"build --tag registry/steps:1 --platform linux/amd64 {folder}",
        "push registry/steps:1",
    ]
    assert capsys.readouterr().out.endswith("Built and pushed registry/steps:1.\n")


def test_nothing_is_built_when_nobody_wants_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = fake_docker(tmp_path)
    assert build(folder, "--no-build-image") == 0
    assert not log.exists()
    assert "Built nothing, as you asked." in capsys.readouterr().out


def test_a_build_that_fails_is_a_failure(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fake_docker(tmp_path, code=3)
    assert build(folder) == 1
    assert "docker build ended with exit code 3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("registry/steps:1", "other:2", "have 2 different target_images: other:2, registry/steps:1."),
        ("python:3.12", "python:3.13", "have 2 different base_images: python:3.12, python:3.13."),
    ],
)
def test_components_of_one_image_agree(folder: Path, old: str, new: str, message: str, capsys) -> None:
    (folder / "first.py").write_text(COMPONENTS.replace(old, new))
    assert build(folder) == 2
    assert message in capsys.readouterr().err
    assert not (folder / "Dockerfile").exists()


def test_a_folder_without_such_components(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(tmp_path) == 2
    assert f"There is no component with a target_image in {tmp_path / '**/*.py'}." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
