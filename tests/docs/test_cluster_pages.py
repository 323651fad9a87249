"""The commands of a page that need a cluster are carried out on one, with the page's own target.

Its context, namespace and image are those of the cluster at hand: variables of the environment go before the file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfbridge.backends.k8s.config import Config
from kfbridge.toml import read_toml
from tests.backends.k8s.conftest import Cluster
from tests.backends.k8s.room import PYTHON, RUNTIME, open_claim
from tests.docs.pages import REPOSITORY, Block, blocks
from tests.docs.test_pages import environment, shell, write

PAGE = REPOSITORY / "docs" / "backends" / "k8s.md"
TARGETS = [block for block in blocks(PAGE) if block.language == "toml"]


@pytest.fixture
def ground() -> Iterator[Cluster]:
    """A namespace that the page makes, removed afterwards; skipped without a cluster."""
    program = shutil.which(os.environ.get("KUBECTL", "kubectl"))
    if not os.environ.get("KUBECONFIG") or program is None:
        pytest.skip("KUBECONFIG names no cluster" if program else "there is no kubectl (KUBECTL)")
    if not RUNTIME:
        pytest.skip("KFBRIDGE_RUNTIME_IMAGE names no image of kfbridge (.ci/runtime-image makes one)")
    made = Cluster(program, f"kfbridge-page-{uuid.uuid4().hex[:8]}")
    yield made
    made.call("delete", "namespace", made.namespace, "--wait=false")


def surroundings(cluster: Cluster) -> dict[str, str]:
    """The page's target on the cluster at hand."""
    context = subprocess.check_output([cluster.kubectl, "config", "current-context"], text=True).strip()
    settings = {
        "CONTEXT": context,
        "NAMESPACE": cluster.namespace,
        "RUNTIME_IMAGE": RUNTIME,
        "IMAGE_PULL_POLICY": "IfNotPresent",
        "IMAGES": f'{{ "python:*" = "{PYTHON}" }}',
    }
    return {**environment(), **{f"KFBRIDGE_TARGETS__CLUSTER__{name}": value for name, value in settings.items()}}


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_command_that_needs_a_cluster_works(ground: Cluster, tmp_path: Path) -> None:
    env = surroundings(ground)
    for block in blocks(PAGE):
        if block.kind == "file":
            write(block, tmp_path)
        elif block.kind == "cluster":
            done = shell(block.text, tmp_path, env, 600)
            assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"
            if "k8s install" in block.text:
                open_claim(ground)


@pytest.mark.parametrize("block", TARGETS, ids=[str(number) for number in range(len(TARGETS))])
def test_every_target_of_the_page_is_one(block: Block, tmp_path: Path) -> None:
    (tmp_path / "kfbridge.toml").write_text(block.text)
    _, content = read_toml(tmp_path / "kfbridge.toml")
    for settings in content["targets"].values():
        assert Config.model_validate(settings).model_dump(exclude_unset=True, mode="json") == settings
