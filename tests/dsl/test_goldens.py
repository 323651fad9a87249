"""What kfbridge compiles is what KFP compiles: pipeline sources against KFP's own compiled goldens.

Each file of ``sources/`` is an ordinary KFP pipeline file, whose ``PIPELINE`` compiles to the golden of the same name
(``COMPILE_ARGUMENTS`` are further arguments of ``Compiler.compile``); the components' functions are those that the
golden carries (kubeflow/pipelines, Apache License 2.0).

Both documents are compared as parsed values. Only two things may differ: ``sdkVersion``, and the boot command of a
Python function. Of that the function's source, the files embedded in it, the packages and the index options are
compared instead.

kfp 2.17.0 (with kfp-kubernetes 2.17.0) gives the golden from every source here, by the same comparison, but for one:

==================  ==============================================================================
``init_container``  ``kubernetes.add_init_container`` is in KFP's master only, no release has it yet
==================  ==============================================================================
"""

from __future__ import annotations

import importlib.util
import re
import tarfile
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from kfbridge.aliases import kfp_names
from kfbridge.spec.boot import read_boot

SOURCES = sorted((Path(__file__).parent / "sources").glob("*.py"))
ARCHIVE = re.compile("__KFP_EMBEDDED_ARCHIVE_B64 = '([^']*)'")
GROUPS = ("valid", "argo_compatibility", "kubernetes")


@pytest.mark.corpus
@pytest.mark.filterwarnings("ignore:.*invalid escape sequence")  # in a golden's own function
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_source_compiles_to_its_golden(source: Path, corpus: Path, tmp_path: Path) -> None:
    output = tmp_path / "pipeline.yaml"
    compile_source(source, output)
    found = differences(comparable(output), comparable(goldens(corpus)[source.stem]))
    assert not found, f"{source.name} and its golden differ:\n" + "\n".join(found)


@pytest.mark.corpus
def test_every_golden_has_a_source(corpus: Path) -> None:
    assert {path.stem for path in SOURCES} == set(goldens(corpus))


def test_a_difference_names_its_place_and_both_values() -> None:
    ours = {"root": {"dag": {"tasks": ["a", {"name": 1}]}}, "more": 1}
    golden = {"root": {"dag": {"tasks": ["a", {"name": "1"}]}}, "less": 2}
    assert list(differences(ours, golden)) == [
        "less: only in the golden: 2",
        "more: only compiled: 1",
        "root.dag.tasks[1].name: compiled 1, golden '1'",
    ]


# Compiling ------------------------------------------------------------------------------------------


def compile_source(source: Path, output: Path) -> None:
    """Compile the ``PIPELINE`` of a source, with kfbridge standing in for kfp until it is done."""
    from kfbridge.compiler import Compiler

    with kfp_names():
        module = load(source)
        Compiler().compile(module.PIPELINE, str(output), **getattr(module, "COMPILE_ARGUMENTS", {}))


def load(source: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"golden_{source.stem}", source)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def goldens(corpus: Path) -> dict[str, Path]:
    """The goldens by name; where two folders hold one of that name, they are the same."""
    return {path.stem: path for group in GROUPS for path in (corpus / "ir" / group).rglob("*.yaml")}


# Comparing ------------------------------------------------------------------------------------------


def comparable(path: Path) -> list[Any]:
    """The documents of a compiled pipeline, without what may differ."""
    documents = list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
    spec = documents[0]
    del spec["sdkVersion"]
    for executor in spec.get("deploymentSpec", {}).get("executors", {}).values():
        container = executor.get("container", {})
        boot = read_boot(container.get("command", []), container.get("args", []))
        if boot is not None:
            container["command"] = {
                "source": own_source(boot.source or "", boot.function),
                "embedded": embedded_files(boot.source or ""),
                "packages": boot.packages,
                "index_urls": boot.index_urls,
                "use_venv": boot.use_venv,
            }
    return documents


def own_source(source: str, function: str) -> str:
    """A function's source; the code that unpacks an embedded file, which goes before it, is part of the boot."""
    return source[source.index(f"\ndef {function}(") :] if ARCHIVE.search(source) else source


def embedded_files(source: str) -> dict[str, bytes]:
    """What a component carries with it: the files' contents by their paths."""
    packed = ARCHIVE.search(source)
    if packed is None:
        return {}
    with tarfile.open(fileobj=BytesIO(b64decode(packed[1]))) as archive:
        files = {entry.name.removeprefix("./"): archive.extractfile(entry) for entry in archive}
        return {name: file.read() for name, file in files.items() if file is not None}


def differences(ours: Any, golden: Any, place: str = "") -> list[str]:
    """What is not the same, a line each, with its place."""
    if isinstance(ours, dict) and isinstance(golden, dict):
        return [line for key in sorted(ours | golden) for line in member(ours, golden, key, place)]
    if isinstance(ours, list) and isinstance(golden, list) and len(ours) == len(golden):
        pairs = enumerate(zip(ours, golden, strict=True))
        return [line for number, pair in pairs for line in differences(*pair, f"{place}[{number}]")]
    return [] if ours == golden else [f"{place}: compiled {ours!r}, golden {golden!r}"]


def member(ours: dict[str, Any], golden: dict[str, Any], key: str, place: str) -> list[str]:
    inside = f"{place}.{key}" if place else key
    if key not in ours:
        return [f"{inside}: only in the golden: {golden[key]!r}"]
    if key not in golden:
        return [f"{inside}: only compiled: {ours[key]!r}"]
    return differences(ours[key], golden[key], inside)
