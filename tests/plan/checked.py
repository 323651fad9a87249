"""The backends on targets of examples, the same on every machine, and what they say of pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from kfbridge import plugins
from kfbridge.backends.base import Backend, Finding
from kfbridge.errors import SpecError
from kfbridge.graph.model import Graph
from kfbridge.graph.resolve import resolve
from kfbridge.spec.read import read_file
from kfbridge.target import Target, example_target
from tests.conftest import corpus_files, shared_folder

NAMES = ("local", "k8s", "vertex", "sagemaker", "azureml")
"""The backends in the order of the tables."""

NOWHERE = Path("/nowhere")


def target(name: str, **settings: Any) -> Target:
    """A target of examples, with other settings over them."""
    found = example_target(name, plugins.backend(name).Config, NOWHERE)
    given = found.config.model_dump(exclude_unset=True)
    return Target(name, type(found.config).model_validate({**given, **settings}), NOWHERE)


def backend(name: str, **settings: Any) -> Backend:
    return plugins.backend(name)(target(name, **settings))


def asked() -> dict[str, Backend]:
    """The backends as the page on support asks them; containers run as commands of this machine."""
    return {name: backend(name, **({"containers": "host"} if name == "local" else {})) for name in NAMES}


def corpus_graphs() -> Iterator[tuple[str, Graph]]:
    """Every valid compiled pipeline of the corpus, by its path under ``ir``."""
    shared = shared_folder()
    assert shared is not None
    for path in corpus_files("argo_compatibility", "kubernetes", "valid"):
        try:
            yield str(path.relative_to(shared / "kfp-corpus" / "ir")), resolve(read_file(path))
        except SpecError:
            continue  # tests/spec knows which of them are not valid


@contextmanager
def any_machine() -> Iterator[None]:
    """This machine as one that can mount folders."""
    with (
        mock.patch("kfbridge.backends.local.findings.obstacle", return_value=""),
        mock.patch("kfbridge.backends.local.kubernetes.obstacle", return_value=""),
    ):
        yield


def refused(findings: tuple[Finding, ...]) -> list[str]:
    """The features that are refused, each once, in order."""
    return list(dict.fromkeys(one.feature for one in findings if one.level == "refused"))
