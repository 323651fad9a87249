"""What one provider would give for a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Protocol

from kfbridge.errors import MachineError
from kfbridge.machines.choose import Allow, Choice, choose
from kfbridge.machines.machine import Machine
from kfbridge.machines.override import NONE, Overrides, narrowed
from kfbridge.machines.quantity import GIB
from kfbridge.machines.request import MachineRequest
from kfbridge.machines.table import machines

USUAL: Final = MachineRequest(cpu=Fraction(4), memory=16 * GIB)
"""What a step gets that asks for nothing: the size of Vertex's default machine (e2-standard-4), on every provider."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider's answer.

    Attributes:
        provider: The name of the backend.
        request: What was asked for.
        machine: The machine's name; on Kubernetes, where nodes are chosen by the cluster, the resource asked for.
        choice: The machine with its rivals; None on Kubernetes.
        native: What goes into the provider's own document, in its own words, as JSON data.
        remarks: What a user should know: a phrase each.
    """

    provider: str
    request: MachineRequest
    machine: str
    choice: Choice | None = None
    native: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


class Chooser(Protocol):
    """``choose`` in a backend's ``machines.py``."""

    def __call__(self, request: MachineRequest, overrides: Overrides = NONE, folder: Path | None = None) -> Offer:
        """The provider's offer.

        Args:
            request: What a step asks for.
            overrides: The machines that the target's section names.
            folder: Where the user's own sizes lie; None: the package's tables alone.

        Raises:
            MachineError: Nothing fits.
            RequestError: An override, or the user's file, cannot be read.
        """


def select(
    provider: str,
    request: MachineRequest,
    overrides: Overrides,
    folder: Path | None,
    allow: Callable[[Machine, bool], str | None],
) -> Choice:
    """The choice from a provider's table, or of the machine that an override names.

    Args:
        provider: ``vertex``, ``sagemaker`` or ``azureml``.
        request: What is asked for; `USUAL` where that is nothing.
        overrides: The target's section.
        folder: Where the user's own sizes lie.
        allow: The provider's rules: why a machine cannot be used, which may depend on whether the user named it.

    Raises:
        MachineError: Nothing fits, or the machine that is named does not.
        RequestError: An override, or the user's file, cannot be read.
    """
    table = machines(provider, folder)
    overrides.check(table)
    entry = overrides.find(request)
    rule: Allow = lambda machine: allow(machine, entry is not None)  # noqa: E731  a rule bound to this call
    if entry is not None:
        key, name = entry
        rows = overrides.named(key, name, table)
        try:
            choice = choose(*narrowed(request, rows), allow=rule)
        except MachineError as error:
            raise MachineError(
                f"The machine {name!r} will not do for {request}.",
                where=overrides.place(key),
                backend=provider,
                remedy=error.remedy,
            ) from error
        return replace(choice, remarks=(f"named by {overrides.place(key)}", *choice.remarks))
    if request.is_empty:
        usual = replace(USUAL, spot=request.spot)
        choice = choose(usual, table, allow=rule)
        return replace(choice, remarks=("the usual size, as nothing was asked for", *choice.remarks))
    return choose(request, table, allow=rule)
