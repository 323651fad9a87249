"""The examples, from a file to a result, driven in the cluster."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kfbridge import api
from tests.backends.k8s.room import Room
from tests.conftest import REPOSITORY

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

SKLEARN = os.environ.get("KFBRIDGE_SKLEARN_IMAGE", "")


@pytest.mark.usefixtures("gpu")
def test_two_steps(room: Room, tmp_path: Path) -> None:
    target = room.target(tmp_path, driver="cluster", waiting_seconds=300)
    run = api.run(REPOSITORY / "examples" / "two_step" / "pipeline.py", target=target)
    status = run.wait()
    assert status.state == "succeeded", status.error
    assert status.outputs["Output"] == pytest.approx(3, abs=0.01)
    names = "--output=jsonpath={.items[*].spec.containers[0].resources.limits}"
    asked = room.cluster.call("get", "pods", f"--selector=kfbridge.dev/run={run.run_id}", names)
    assert asked.count('"nvidia.com/gpu":"1"') == 1


def test_breast_cancer(room: Room, tmp_path: Path) -> None:
    if not SKLEARN:
        pytest.skip("KFBRIDGE_SKLEARN_IMAGE names no image with scikit-learn, which pods without a network need")
    target = room.target(tmp_path, driver="cluster", images={"*": SKLEARN})
    run = api.run(REPOSITORY / "examples" / "breast_cancer" / "pipeline.py", target=target)
    status = run.wait()
    assert status.state == "succeeded", status.error
    detail = api.detail(run.run_id, target=target)
    assert {task.name for task in detail.tasks if task.state == "succeeded"} >= {"load", "split", "fit"}
    page = tmp_path / "run.html"
    api.write_page(run.run_id, page, target=target)
    assert "fit" in page.read_text(encoding="utf-8")
