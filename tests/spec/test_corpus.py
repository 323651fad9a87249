"""KFP's own compiled pipelines: each reads, makes sense, and writes back equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kfbridge.errors import SpecError
from kfbridge.graph.resolve import resolve
from kfbridge.spec.read import read_file, read_text
from kfbridge.spec.validate import validate
from kfbridge.spec.write import write_json, write_yaml
from tests.conftest import corpus_files

pytestmark = pytest.mark.corpus

GOOD = corpus_files("valid", "argo_compatibility", "kubernetes")
INVALID = corpus_files("invalid")


def documents_of(text: str) -> list[Any]:
    return [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document is not None]


def documents(path: Path) -> list[Any]:
    return documents_of(path.read_text())


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_pipeline_of_kfp_reads_and_writes_back_equal(path: Path) -> None:
    document = read_file(path)
    assert document.notes == ()
    assert document.to_data() == documents(path)

    text = write_yaml(document, "a header")
    assert documents_of(text) == documents(path)
    again = read_text(text)
    assert (again.pipeline, again.platform) == (document.pipeline, document.platform)
    assert read_text(write_json(document.pipeline.to_data())).pipeline == document.pipeline


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_pipeline_of_kfp_makes_sense(path: Path) -> None:
    document = read_file(path)
    validate(document)
    assert resolve(document).root.body


def test_an_empty_file_is_refused(corpus: Path) -> None:
    with pytest.raises(SpecError, match=r"empty_file.yaml: the file is empty"):
        read_file(corpus / "ir" / "invalid" / "empty_file.yaml")


def test_a_file_without_its_components_is_refused(corpus: Path) -> None:
    document = read_file(corpus / "ir" / "invalid" / "invalid_yaml.yaml")
    with pytest.raises(SpecError, match=r'invalid_yaml.yaml:23:9 .*: there is no component "comp-echo"') as caught:
        validate(document)
    assert 'the top level has a field "components_1" that kfbridge does not know' in str(caught.value)


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_every_invalid_file_is_refused(path: Path) -> None:
    with pytest.raises(SpecError):
        validate(read_file(path))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_the_strict_reader_of_protobuf_takes_what_is_written(path: Path) -> None:
    protobuf = pytest.importorskip("google.protobuf.json_format")
    messages = pytest.importorskip("kfp.pipeline_spec.pipeline_spec_pb2")
    pipeline, *platform = documents_of(write_yaml(read_file(path)))
    protobuf.ParseDict(pipeline, messages.PipelineSpec())
    protobuf.ParseDict(pipeline.get("deploymentSpec", {}), messages.PipelineDeploymentConfig())
    for settings in platform:
        protobuf.ParseDict(settings, messages.PlatformSpec())
