"""What each provider would give for a request, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from kfbridge.backends.base import Backend
from kfbridge.errors import MachineError, RequestError, UsageError
from kfbridge.machines.offer import Chooser, Offer
from kfbridge.machines.override import NONE, Overrides
from kfbridge.machines.request import MachineRequest
from kfbridge.target import ProviderConfig, Target

PROVIDERS: Final = ("vertex", "sagemaker", "azureml", "k8s")
"""The backends whose ``machines.py`` has a `Chooser`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's offer, or why it has none: one of both is None."""

    provider: str
    offer: Offer | None = None
    error: MachineError | None = None


@runtime_checkable
class Choosing(Protocol):
    """A backend that chooses machines, with what its target's settings say of them."""

    def choose(self, request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None) -> Offer:
        """As `kfbridge.machines.offer.Chooser`."""


def chooser(provider: str) -> Chooser:
    """The ``choose`` of a backend."""
    choose: Chooser = import_module(f"kfbridge.backends.{provider}.machines").choose
    return choose


def offers(
    request: MachineRequest,
    providers: Iterable[str] = PROVIDERS,
    overrides: Overrides = NONE,
    folder: Path | None = None,
) -> list[Answer]:
    """The answers, in the order of the providers.

    Raises:
        RequestError: An override, or the user's own file of sizes, cannot be read.
    """
    return [_answer(provider, chooser(provider), request, overrides, folder) for provider in providers]


def offer(request: MachineRequest, backend: Backend | Choosing, target: Target) -> Answer:
    """The answer of a target's own backend, with the machines that the target's section names.

    Raises:
        UsageError: The target's backend has no machines to choose from.
        RequestError: An override, or the user's own file of sizes, cannot be read.
    """
    config = target.config
    if not isinstance(backend, Choosing):
        raise UsageError(
            f"The target {target.name!r} has the backend {config.backend}, which has no machines to choose from.",
            remedy=f"Name a target with one of {', '.join(PROVIDERS)}, or leave out -t.",
        )
    named = config.machines if isinstance(config, ProviderConfig) else {}
    overrides = Overrides(named, f"[targets.{target.name}.machines]")
    return _answer(config.backend, backend.choose, request, overrides, target.folder)


def _answer(
    provider: str, choose: Chooser, request: MachineRequest, overrides: Overrides, folder: Path | None
) -> Answer:
    try:
        return Answer(provider, choose(request, overrides, folder))
    except RequestError:
        raise
    except MachineError as error:
        return Answer(provider, error=error)
