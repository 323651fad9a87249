"""The examples do what their pages say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def kfbridge(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the command line in `folder`; the exit code and the JSON document."""
    command = [sys.executable, "-m", "kfbridge", *arguments, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900)
    return done.returncode, json.loads(done.stdout or f'{{"error": {json.dumps(done.stderr)}}}')


def run(folder: Path, example: str, *arguments: str) -> dict[str, Any]:
    code, document = kfbridge(folder, "run", str(EXAMPLES / example / "pipeline.py"), *arguments)
    assert (code, document.get("state")) == (0, "succeeded"), document
    return document


def states(document: dict[str, Any]) -> dict[str, str]:
    return {task["name"]: task["state"] for task in document["tasks"]}


def test_hello(tmp_path: Path) -> None:
    assert run(tmp_path, "hello")["outputs"] == {"Output": "Hello, World! That is 5 letters for your name."}
    assert run(tmp_path, "hello", "-p", "name=Ada")["outputs"] == {
        "Output": "Hello, Ada! That is 3 letters for your name."
    }


def test_the_pipeline_that_init_writes(tmp_path: Path) -> None:
    code, document = kfbridge(tmp_path, "init")
    assert code == 0
    for command in document["next"]:
        code, document = kfbridge(tmp_path, *command.split()[1:])
        assert code == 0, document
    assert (tmp_path / "pipeline.yaml").is_file()


def test_two_step(tmp_path: Path) -> None:
    slope = run(tmp_path, "two_step", "-p", "rows=200")["outputs"]["Output"]
    assert slope == pytest.approx(3, abs=0.01)


def test_two_step_keeps_its_request_in_the_compiled_pipeline(tmp_path: Path) -> None:
    code, _ = kfbridge(tmp_path, "compile", str(EXAMPLES / "two_step" / "pipeline.py"), "-o", "two_step.yaml")
    executors = yaml.safe_load((tmp_path / "two_step.yaml").read_text())["deploymentSpec"]["executors"]
    asked = executors["exec-train"]["container"]["resources"]
    assert code == 0
    assert (asked["resourceCpuLimit"], asked["resourceMemoryLimit"]) == ("2", "4Gi")
    assert asked["accelerator"]["resourceType"] == "nvidia.com/gpu"


def test_component_store(tmp_path: Path) -> None:
    text = ("-p", "text=to be or not to be")
    assert run(tmp_path, "component_store", "--containers", "host", *text)["outputs"] == {"Output": 6}


def test_component_store_says_what_it_needs(tmp_path: Path) -> None:
    code, document = kfbridge(tmp_path, "run", str(EXAMPLES / "component_store" / "pipeline.py"))
    assert code == 1
    assert "containers" in document["error"]


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.usefixtures("package_index")
def test_breast_cancer(tmp_path: Path) -> None:
    document = run(tmp_path, "breast_cancer")
    assert document["outputs"]["accuracy"] > 0.9
    assert document["outputs"]["decision"].startswith("deployed as version 1; its first answer: ")
    assert states(document)["deploy"] == "succeeded"
    assert states(document)["condition-3"] == "skipped"

    tasks = {task["name"]: task for task in document["tasks"]}
    assert tasks["evaluate"]["outputs"]["scores"]["metadata"]["accuracy"] == document["outputs"]["accuracy"]
    curves = tasks["evaluate"]["outputs"]["curves"]["metadata"]
    assert sum(sum(row["row"]) for row in curves["confusionMatrix"]["rows"]) == 143
    assert len(curves["confidenceMetrics"]) > 2
    registered = tasks["deploy"]["outputs"]["registered"]
    assert (Path(registered["metadata"]["folder"]) / "model.joblib").is_file()

    strict = run(tmp_path, "breast_cancer", "-p", "threshold=1.0")
    assert strict["outputs"]["decision"].startswith("not deployed: accuracy 0.9")
    assert {task["name"] for task in strict["tasks"] if task["cached"]} >= {"load", "split", "fit", "evaluate"}

    registry = tmp_path / "registry"
    for version in (1, 2):
        seeded = run(tmp_path, "breast_cancer", "-p", f"registry={registry}", "-p", f"seed={version}")
        assert seeded["outputs"]["decision"].startswith(f"deployed as version {version};")
    assert sorted(path.name for path in registry.iterdir()) == ["1", "2"]
