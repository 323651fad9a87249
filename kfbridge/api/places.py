"""Targets, backends and machines: what is at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfbridge import config as configuration
from kfbridge.api.pipelines import run
from kfbridge.api.shared import backend_of, find_target
from kfbridge.errors import KfbridgeError

if TYPE_CHECKING:
    from kfbridge.backends.base import Checkup, Target
    from kfbridge.backends.k8s.install import Installation, Subject
    from kfbridge.backends.k8s.kind import KindCluster
    from kfbridge.backends.offers import Answer
    from kfbridge.inventory import BackendEntry, TargetEntry
    from kfbridge.machines.update import Update


def targets(*, config: str | Path | None = None) -> list[TargetEntry]:
    """The targets of the configuration, by name, with what keeps each from being used."""
    from kfbridge import inventory

    return inventory.targets(configuration.read(config))


def backends() -> list[BackendEntry]:
    """The backends that are installed, by name, with what each lacks; also the plugins that could not be loaded."""
    from kfbridge import inventory

    return inventory.backends()


def doctor(
    *,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    live: bool = False,
) -> Iterator[Checkup]:
    """Look whether a target is ready for runs, and say what cannot be looked at; one finding at a time.

    Args:
        target: Where runs would go.
        config: The configuration file to read instead of the kfbridge.toml found upwards.
        settings: Settings of the target for this call.
        live: Also run the smallest pipeline there and compare its outputs; costs what two short steps cost.
    """
    from kfbridge import inventory

    if target is None or isinstance(target, str):
        target = find_target(target, config=config, settings=settings)
    yield from inventory.examine(target)
    if live:
        yield _live(target)


def machines(
    gpu: str | None = None,
    *,
    cpu: str | None = None,
    memory: str | None = None,
    spot: bool = False,
    target: str | Target | None = None,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> list[Answer]:
    """What each provider would give a step that asks for this.

    Args:
        gpu: Accelerators by name and number: ``A100-80GB:4``.
        cpu: Processors: ``32``, ``500m``.
        memory: ``200Gi``.
        spot: Whether the provider may take the machine away.
        target: Ask this target alone, with the machines that its section names; None asks every provider.
        config: The configuration file; sizes of the user's own lie beside it.
        settings: Settings of the target for this call.

    Raises:
        RequestError: An amount, a name, or the user's own file of sizes cannot be read.
        UsageError: The target's backend has no machines to choose from.
    """
    from kfbridge.backends import offers
    from kfbridge.machines.request import of_text

    request = of_text(gpu, cpu, memory, spot)
    if target is None:
        return offers.offers(request, folder=configuration.read(config).folder)
    if isinstance(target, str):
        target = find_target(target, config=config, settings=settings)
    return [offers.offer(request, backend_of(target, None, None), target)]


def update_machines(file: str | Path, *, config: str | Path | None = None) -> Update:
    """Take sizes or prices that you know better into ``kfbridge-machines.csv`` beside the configuration.

    Raises:
        RequestError: A row cannot be read, by line; nothing was written.
    """
    from kfbridge.machines.update import update

    return update(Path(file), configuration.read(config).folder)


def install_k8s(
    target: str | Target | None = None,
    *,
    size: str = "10Gi",
    access_mode: str | None = None,
    storage_class: str | None = None,
    users: Sequence[str] = (),
    groups: Sequence[str] = (),
    dry_run: bool = False,
    config: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Installation:
    """Give the namespace of a Kubernetes target what runs need: the driver's account, users' rights, artifacts' claim.

    Args:
        target: The target; None is the default.
        size: What the claim of a ``pvc://`` artifact root holds.
        access_mode: ``ReadWriteMany``, or ``ReadWriteOnce`` where all pods run on one node; None is the target's own.
        storage_class: What provides the claim; the cluster's default unless given.
        users: Who gets the role ``kfbridge-user``, as the cluster knows them; who has it already keeps it.
        groups: Groups that get it.
        dry_run: Make the manifests, and ask no cluster.
        config: The configuration file.
        settings: Settings of the target for this call.

    Raises:
        UsageError: The target is of another backend, or names no namespace; a user has no name.
        BackendError: kubectl is missing, or the cluster refuses.
    """
    from kfbridge.backends.k8s.install import install

    if target is None or isinstance(target, str):
        target = find_target(target, config=config, settings=settings)
    subjects: list[Subject] = [*(("User", name) for name in users), *(("Group", name) for name in groups)]
    return install(target, size, access_mode, storage_class, subjects, dry_run=dry_run)


def kind_k8s(
    name: str = "kfbridge", *, image: str | None = None, tell: Callable[[str], None] | None = None
) -> KindCluster:
    """Make a kind cluster on this machine that has kfbridge's image, or bring the image to one that is there.

    Args:
        name: The cluster.
        image: An image that Docker has; None builds one of the kfbridge that runs.
        tell: Is told, line by line, what docker and kind say.

    Raises:
        BackendError: docker or kind is missing or fails, or Docker has no such image.
    """
    from kfbridge.backends.k8s.kind import make_kind

    return make_kind(name, image, tell or (lambda line: None))


def _live(target: Target) -> Checkup:
    from kfbridge.backends.base import Checkup
    from kfbridge.trial import EXPECTED, trial

    try:
        ended = run(trial, target=target).wait()
    except KfbridgeError as error:
        return Checkup("a trial run", False, error.reason, error.remedy or "")
    look = f"Look at it with: kfbridge status {ended.run_id}"
    if ended.state != "succeeded":
        return Checkup("a trial run", False, f"{ended.run_id} {ended.state}", look)
    if ended.outputs != EXPECTED:
        return Checkup("a trial run", False, f"{ended.run_id} gave {ended.outputs!r} instead of {EXPECTED!r}", look)
    return Checkup("a trial run", True, f"{ended.run_id} succeeded with the right outputs")
