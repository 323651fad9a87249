"""The page about writing a backend is carried out: its package is installed, listed, checked, run, and proved."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY, blocks

PAGE = REPOSITORY / "docs" / "write-a-backend.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's files, and its package installed in ``site``."""
    folder = tmp_path_factory.mktemp("backend")
    shutil.copytree(REPOSITORY / "examples", folder / "examples")
    for block in blocks(PAGE):
        if block.kind == "file":
            file = folder / block.about
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
    (folder / "bin" / "srun").chmod(0o755)
    words = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--target", "site", "./srun"]
    subprocess.run([sys.executable, "-m", "pip", *words], cwd=folder, check=True, capture_output=True)
    return folder


def call(project: Path, *words: str, code: int = 0) -> str:
    path = f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PYTHONPATH": str(project / "site"), "PATH": path}
    done = subprocess.run([sys.executable, "-m", *words], cwd=project, env=env, capture_output=True, text=True)
    assert done.returncode == code, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.slow
def test_the_backend_is_found_and_listed(project: Path) -> None:
    found = {one["name"]: one for one in json.loads(call(project, "kfbridge", "backends", "--json"))["backends"]}
    assert (found["srun"]["package"], found["srun"]["version"]) == ("kfbridge-srun", "1.0")
    assert found["srun"]["settings"]["srun"].startswith("The command that runs a step")
    [target] = [
        one for one in json.loads(call(project, "kfbridge", "targets", "--json"))["targets"] if one["name"] == "cluster"
    ]
    assert target["ok"] is True


@pytest.mark.slow
def test_the_backend_is_examined_checked_and_run(project: Path) -> None:
    assert "ok  srun: runs a command" in call(project, "kfbridge", "doctor", "-t", "cluster")
    hello = "examples/hello/pipeline.py"
    assert json.loads(call(project, "kfbridge", "check", hello, "-t", "cluster", "--json"))["ok"] is True
    ended = json.loads(call(project, "kfbridge", "run", hello, "-t", "cluster", "--json"))
    assert ended["state"] == "succeeded"
    assert all(task["native_id"].isdigit() for task in ended["tasks"] if task["attempts"])


@pytest.mark.slow
def test_what_the_backend_does_not_have_is_refused_by_name(project: Path) -> None:
    (project / "spot.py").write_text(
        "from kfbridge import dsl\n@dsl.component\ndef step(): pass\n@dsl.pipeline\ndef p():\n    step().set_spot()\n"
    )
    document = json.loads(call(project, "kfbridge", "plan", "spot.py", "-t", "cluster", "--json", code=1))
    [refused] = [one for one in document["findings"] if one["level"] == "refused"]
    assert (refused["feature"], refused["task"]) == ("spot", "step")
    assert refused["reason"] == "it needs spot, which this backend does not have"
    call(project, "kfbridge", "run", "spot.py", "-t", "cluster", "--allow-loss", "spot")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_backend_passes_the_conformance_suite(project: Path) -> None:
    out = call(project, "pytest", "-q", "-p", "no:cacheprovider", "test_srun.py")
    assert " failed" not in out
    assert " xfailed" in out.splitlines()[-1]
