"""What docs/storage.md shows of kfbridge.toml is read and opened as it stands there."""

from __future__ import annotations

import sys

import pytest

from kfbridge.backends.driven.root import root_storage
from kfbridge.config import Configuration, target
from tests.docs.pages import REPOSITORY, blocks

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TARGETS = {
    name: section
    for block in blocks(REPOSITORY / "docs" / "storage.md")
    if block.language == "toml"
    for name, section in tomllib.loads(block.text)["targets"].items()
}


@pytest.mark.parametrize("name", TARGETS)
def test_targets_of_the_page_are_good(name: str) -> None:
    for module in ("boto3", "azure.storage.blob", "google.cloud.storage"):
        pytest.importorskip(module)
    configuration = Configuration(REPOSITORY, None, "", name, {name: TARGETS[name]})
    found = target(name, configuration=configuration)
    if TARGETS[name]["artifact_root"].startswith("pvc"):
        assert found.config.model_dump()["storage"]["claims"] == {"team": "mounted"}
        return
    storage = root_storage(found)
    assert storage is not None
    assert storage.uri == TARGETS[name]["artifact_root"]
