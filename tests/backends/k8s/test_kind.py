"""``kfbridge k8s kind``, with programs that take the place of docker and kind and refuse what they do not know."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import kfbridge
from kfbridge import api
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.kind import write_context
from kfbridge.cli import main
from tests.conftest import REPOSITORY

PROGRAM = r"""#!{python}
import json, os, pathlib, re, sys

state = pathlib.Path({state!r})
called = [pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]
with (state / "calls").open("a") as calls:
    calls.write(json.dumps(called) + "\n")
clusters, images = state / "clusters", state / "images"
read = lambda path: path.read_text().split() if path.exists() else []
add = lambda path, name: path.write_text(" ".join([*read(path), name]))

match called:
    case [name, *_] if name in os.environ.get("BROKEN", "").split():
        print("it is broken", file=sys.stderr)
        sys.exit(3)
    case ["docker", "image", "inspect", image]:
        sys.exit(0 if image in read(images) else 1)
    case ["docker", "build", "--tag", image, folder]:
        found = sorted(path.name for path in pathlib.Path(folder).iterdir())
        assert found[:2] == ["Dockerfile", "image-constraints.txt"], found
        assert len(found) == 3 and found[2].endswith("-py3-none-any.whl"), found
        add(images, image)
        print("step 1 of 2")
    case ["kind", "get", "clusters"]:
        print("\n".join(read(clusters)) if read(clusters) else "No kind clusters found.")
    case ["kind", "create", "cluster", "--name", name, "--wait", "120s"]:
        assert name not in read(clusters)
        add(clusters, name)
    case ["kind", "export", "kubeconfig", "--name", name]:
        assert name in read(clusters)
    case ["kind", "load", "docker-image", image, "--name", name]:
        assert name in read(clusters) and image in read(images)
    case _:
        sys.exit(f"unknown: {{called}}")
"""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the programs note what they were asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("docker", "kind"):
        (folder / name).write_text(PROGRAM.format(python=sys.executable, state=str(tmp_path)))
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return tmp_path


def calls(state: Path) -> list[list[str]]:
    return [json.loads(line) for line in (state / "calls").read_text().splitlines()]


def test_a_cluster_is_made_once_and_its_target_is_one(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["k8s", "kind"]) == 0
    told = capsys.readouterr()
    assert "step 1 of 2" in told.err
    assert "The cluster kfbridge was made" in told.err
    assert told.err.endswith("next:\nkfbridge k8s install -t kind\n")
    (state / "kfbridge.toml").write_text(told.out)
    made = api.find_target("kind", config=state / "kfbridge.toml").config
    assert isinstance(made, Config)
    assert (made.context, made.access_mode) == ("kind-kfbridge", "ReadWriteOnce")
    image = (state / "images").read_text()
    assert made.runtime_image == image
    assert image.startswith(f"kfbridge:{kfbridge.__version__}-")

    assert main(["k8s", "kind"]) == 0
    again = capsys.readouterr()
    assert again.out == told.out  # the same kfbridge makes an image of the same name
    assert "The cluster kfbridge was kept" in again.err
    assert [" ".join(call[:3]) for call in calls(state)[-4:]] == [
        "docker build --tag",
        "kind get clusters",
        "kind export kubeconfig",
        "kind load docker-image",
    ]


def test_programs_get_a_document_and_a_cluster_may_have_a_name(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (state / "images").write_text("mine:1")
    assert main(["k8s", "kind", "--name", "ci", "--image", "mine:1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {key: found[key] for key in ("name", "made", "image", "target")} == {
        "name": "ci", "made": True, "image": "mine:1", "target": "kind-ci"
    }  # fmt: skip
    assert 'context = "kind-ci"' in found["section"]
    assert not any(call[1] == "build" for call in calls(state))


def test_an_image_that_is_not_there_is_told_before_a_cluster_is_made(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["k8s", "kind", "--image", "mine:1"]) == 1
    assert "Docker has no image 'mine:1'." in capsys.readouterr().err
    assert not (state / "clusters").exists()


@pytest.mark.parametrize("missing", ["docker", "kind"])
def test_what_is_missing_is_told_before_anything_is_done(
    missing: str, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "bin" / missing).unlink()
    assert main(["k8s", "kind"]) == 1
    told = capsys.readouterr().err
    assert f"There is no {missing} on the path." in told
    assert "kfbridge k8s install works on any" in told
    assert not (state / "calls").exists()


@pytest.mark.parametrize(
    ("broken", "reason", "remedy"),
    [
        ("docker", "docker build --tag failed: it is broken", "docker info"),
        ("kind", "kind get clusters failed: it is broken", "call kfbridge k8s kind again"),
    ],
)
def test_a_program_that_fails_is_quoted(
    broken: str, reason: str, remedy: str, state: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("BROKEN", broken)
    assert main(["k8s", "kind"]) == 1
    told = capsys.readouterr().err
    assert reason in told
    assert remedy in told


def test_the_wheel_of_the_kfbridge_that_runs_can_be_installed(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    assert write_context(tmp_path / "one") == write_context(tmp_path / "two")
    for name in ("Dockerfile", "image-constraints.txt"):
        assert (tmp_path / "one" / name).read_bytes() == (REPOSITORY / name).read_bytes()
    (wheel,) = (tmp_path / "one").glob("*.whl")
    site = tmp_path / "site"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
        str(wheel),
    ]
    subprocess.run(pip, check=True, timeout=120)
    script = "import kfbridge, kfbridge.backends.k8s.copying.errand as e; print(kfbridge.__version__, e.__file__)"
    script += "; from importlib.metadata import entry_points as p; print(sorted(p(group='kfbridge.backends').names))"
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines() == [
        f"{kfbridge.__version__} {site}/kfbridge/backends/k8s/copying/errand.py",
        "['azureml', 'k8s', 'local', 'sagemaker', 'storage', 'vertex']",
    ]


@pytest.mark.slow
def test_wheels_carry_what_the_image_is_built_with(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([*pip, str(REPOSITORY)], check=True, timeout=120)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        for name in ("Dockerfile", "image-constraints.txt"):
            assert wheel.read(f"kfbridge/backends/k8s/image/{name}") == (REPOSITORY / name).read_bytes()
