"""Checking a pipeline for targets: which are asked, and what may be left out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kfbridge import config, documents, plugins
from kfbridge.errors import KfbridgeWarning, UsageError
from kfbridge.plan.check import unused
from kfbridge.plan.verdict import Verdict
from kfbridge.target import Target, example_target

if TYPE_CHECKING:
    from kfbridge.backends.base import Backend
    from kfbridge.config import Configuration
    from kfbridge.graph.model import Graph
    from kfbridge.spec.read import Document


def named(
    targets: Sequence[str | Target | None], configuration: Configuration, settings: Mapping[str, Any] | None
) -> list[Target]:
    """The targets of these names, None for the default one, each once.

    Raises:
        UsageError: There is no such target, or it cannot be used.
    """
    return [
        one if isinstance(one, Target) else config.target(one, configuration=configuration, settings=settings)
        for one in dict.fromkeys(targets)
    ]


def every(configuration: Configuration, settings: Mapping[str, Any] | None) -> list[Target]:
    """The targets of every backend that is installed, by backend; one of examples where there is none.

    Raises:
        UsageError: A target cannot be used, or a backend without a target has no examples of its settings.
    """
    return [target for cls in plugins.backends().values() for target in _of_backend(cls, configuration, settings)]


def verdicts(
    document: Document,
    graph: Graph,
    arguments: Mapping[str, Any],
    targets: Sequence[Target],
    allow_loss: Sequence[str],
) -> list[Verdict]:
    """What each target says, and the machines that it would give.

    What is refused has its place in the document, where that was read from a file. A name in `allow_loss` that makes no
    difference to any target is warned of.

    Raises:
        UsageError: A name in `allow_loss` is no feature.
    """
    from kfbridge.backends.base import StaffedBackend

    found = []
    for target in targets:
        allowed = dict.fromkeys((*target.config.allow_loss, *allow_loss))
        backend = plugins.backend(target.config.backend)(
            replace(target, config=target.config.model_copy(update={"allow_loss": tuple(allowed)}))
        )
        findings = documents.placed(document, backend.check(graph, arguments))
        machines = backend.machines(graph, arguments) if isinstance(backend, StaffedBackend) else {}
        found.append(Verdict(graph.name, target, findings, machines))
    for name in unused(allow_loss, [finding for verdict in found for finding in verdict.findings]):
        warnings.warn(
            f"--allow-loss {name} makes no difference: nothing of it is refused that could be left out.",
            KfbridgeWarning,
            stacklevel=3,
        )
    return found


def _of_backend(
    cls: type[Backend], configuration: Configuration, settings: Mapping[str, Any] | None
) -> Iterator[Target]:
    names = [name for name, section in configuration.targets.items() if section.get("backend") == cls.name]
    for name in sorted(names):
        yield config.target(name, configuration=configuration, settings=settings)
    if not names:
        yield _example(cls, configuration)


def _example(cls: type[Backend], configuration: Configuration) -> Target:
    from pydantic import ValidationError

    try:
        return example_target(cls.name, cls.Config, configuration.folder)
    except ValidationError:
        raise UsageError(
            f"No target has the backend {cls.name!r}, and it has no examples of the settings that it needs.",
            where=str(configuration.file) if configuration.file else None,
            remedy="Add a target of it to kfbridge.toml, or name the targets to check with -t.",
        ) from None
