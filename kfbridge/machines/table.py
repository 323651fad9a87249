"""What the providers have: the tables of the package, typed, and the user's own sizes over them.

``data/vertex.csv``, ``data/sagemaker.csv`` and ``data/azureml.csv`` hold one size in a row, with the source of its
figures; ``data/additions.csv`` says more about some of them. No prices are shipped, as none has a source.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from kfbridge.machines.accelerators import model
from kfbridge.machines.brought import files, sizes_in
from kfbridge.machines.csvfile import Row, read_rows, shipped
from kfbridge.machines.machine import Machine
from kfbridge.machines.own import own_sizes, own_state
from kfbridge.machines.quantity import GIB
from kfbridge.machines.sizes import Size, apply_sizes, parse_sizes

_NAME_COLUMNS: Final = {"vertex": "machine_type", "sagemaker": "instance_type", "azureml": "vm_size"}
_ARM_HOSTS: Final = frozenset({"GB200", "GH200"})  # Grace processors are ARM ones; NVIDIA's product names


def machines(provider: str, folder: Path | None = None) -> tuple[Machine, ...]:
    """Every size that a provider has.

    Args:
        provider: ``vertex``, ``sagemaker`` or ``azureml``.
        folder: Where the user's own sizes lie (``kfbridge-machines.csv``); None leaves them out.

    Raises:
        RequestError: The user's file cannot be read.
    """
    state = own_state(folder) if folder is not None else None
    return _with_own(provider, folder, state, files()) if folder is not None and state else shipped_machines(provider)


def shipped_machines(provider: str) -> tuple[Machine, ...]:
    """The sizes of the package's own tables, with those that plugins bring over them.

    Raises:
        RequestError: A plugin's file cannot be read.
    """
    return _with_brought(provider, files())


@lru_cache(maxsize=16)
def _with_brought(provider: str, brought: tuple[Path, ...]) -> tuple[Machine, ...]:
    rows = read_rows(shipped(f"{provider}.csv"))
    additions = [size for size in _additions() if size.provider == provider]
    found = apply_sizes([_machine(provider, row) for row in rows], additions, "additions.csv")
    for file in brought:
        found = apply_sizes(found, sizes_in(file, provider), str(file))
    return tuple(found)


@lru_cache(maxsize=16)
def _with_own(provider: str, folder: Path, state: tuple[int, int], brought: tuple[Path, ...]) -> tuple[Machine, ...]:
    """The table with the user's sizes; `state` makes a file that changed another one, `brought` more of them."""
    sizes, place = own_sizes(folder)
    mine = [size for size in sizes if size.provider == provider]
    return tuple(apply_sizes(shipped_machines(provider), mine, place)) if mine else shipped_machines(provider)


@cache
def _additions() -> tuple[Size, ...]:
    return tuple(parse_sizes(shipped("additions.csv"), "additions.csv"))


def _machine(provider: str, row: Row) -> Machine:
    count = Fraction(row["accelerator_count"])
    memory_gib = Fraction(row["accelerator_memory_gib"]) if row["accelerator_memory_gib"] else None
    accelerator = model(row["accelerator"], memory_gib if count >= 1 else None) if row["accelerator"] else None
    traits = {name for name in ("processing", "training") if row[name] == "yes"}
    if accelerator is not None and accelerator.name in _ARM_HOSTS:
        traits.add("arm64")
    return Machine(
        provider=provider,
        name=row[_NAME_COLUMNS[provider]],
        vcpu=Fraction(row["vcpu"]) if row["vcpu"] else None,
        memory=int(Fraction(row["memory_gib"]) * GIB) if row["memory_gib"] else None,
        accelerator=accelerator,
        count=count,
        accelerator_memory_gib=memory_gib,
        native_accelerator=row["accelerator_type_enum"],
        traits=frozenset(traits),
        source=row["source"],
    )
