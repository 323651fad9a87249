"""Accelerators by one name each, whatever KFP, a cloud, a driver or a person calls them.

The names, and what else they are called, stand in ``data/accelerators.csv``, older ones first. Case, spaces, dashes and
underscores do not count, nor does a maker's name in front.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from typing import Final

from kfbridge.errors import RequestError
from kfbridge.machines.csvfile import read_rows, shipped


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One model; `memory_gib` is the nominal memory of each, `order` its place among the models, older ones first."""

    name: str
    vendor: str
    memory_gib: Fraction
    aliases: tuple[str, ...]
    order: int

    def accepts(self, other: Accelerator) -> bool:
        """Whether a machine with `other` is what was asked for."""
        return self.name == other.name


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Any model of a maker, as ``nvidia.com/gpu`` asks for."""

    name: str
    vendor: str

    def accepts(self, other: Accelerator) -> bool:
        """Whether a machine with `other` is what was asked for."""
        return self.vendor == other.vendor


@dataclass(frozen=True, slots=True)
class Partition:
    """A part of a GPU, which only Kubernetes hands out, as the extended resource `resource`."""

    name: str
    resource: str

    def accepts(self, other: Accelerator) -> bool:
        """Never: no provider's machine is sold with a part cut out of a GPU by MIG or by time slicing."""
        return False


Wanted = Accelerator | AnyOf | Partition
"""What a request can name."""

_ANY: Final = {
    AnyOf("any NVIDIA GPU", "nvidia"): ("nvidia.com/gpu", "nvidia", "nvidia gpu", "any NVIDIA GPU"),
    AnyOf("any AMD GPU", "amd"): ("amd.com/gpu", "amd", "amd gpu"),
    AnyOf("any TPU", "google"): ("google.com/tpu", "tpu", "google tpu"),
    AnyOf("any Neuron device", "aws"): ("aws.amazon.com/neuron", "neuron", "aws neuron"),
}
_FAMILIES: Final = {
    "A100": ("A100-40GB", "A100-80GB"),
    "V100": ("V100-16GB", "V100-32GB"),
    "H100": ("H100-80GB", "H100-NVL"),
}
"""Names that models of different memory share; the memory tells which is meant."""
_SETTLED: Final = {"h100": "H100-80GB"}  # every catalogue means that one where no memory is told

_MIG: Final = re.compile(r"(?:nvidia\.com/)?(?:[\w .-]+-)?mig-(\d+g\.\d+gb(?:\.me)?)", re.IGNORECASE)
_SHARED: Final = "nvidia.com/gpu.shared"  # the NVIDIA device plugin's name with renameByDefault
_MAKERS: Final = re.compile(r"^(nvidia|tesla|amd|instinct|aws|google|habana|intel)+")
_TOLERANCE: Final = Fraction(1, 8)
"""How far a provider's figure for the memory may be from the nominal one: usable 22.4 GiB of 24, 268.6 of 288."""


def find(name: str, memory_gib: Fraction | None = None, where: str | None = None) -> Wanted:
    """What an accelerator's name means.

    Args:
        name: A canonical name, an alias, a Kubernetes resource, a MIG profile (``mig-1g.10gb``).
        memory_gib: The memory of each, where it is known; tells apart what shares a name.
        where: The place, for the error.

    Raises:
        RequestError: It means nothing, it may mean several models, or the memory is another's.
    """
    if mig := _MIG.fullmatch(name.strip()):
        return Partition(f"MIG {mig[1].lower()}", f"nvidia.com/mig-{mig[1].lower()}")
    if name.strip().lower() == _SHARED:
        return Partition("shared NVIDIA GPU", _SHARED)
    key = _key(name)
    found = _names().get(key)  # an exact name first: Vertex's NVIDIA_TESLA_A100 is one model, "NVIDIA A100" is not
    family = None if found else _families().get(key) or _families().get(_MAKERS.sub("", key))
    if family is not None:
        return _of_family(name, family, memory_gib, where)
    found = found or _names().get(_MAKERS.sub("", key))
    if found is None:
        remedy = f"{_nearest(key)}There are: {', '.join(every())}; or nvidia.com/gpu, amd.com/gpu, tpu for any."
        raise RequestError(f"There is no accelerator called {name[:60]!r}.", where=where, remedy=remedy)
    if memory_gib is not None and isinstance(found, Accelerator) and not _is_near(found, memory_gib):
        raise RequestError(
            f"The accelerator {name!r} has {float(found.memory_gib):g} GiB, not {float(memory_gib):g}.",
            where=where,
            remedy="Correct the memory or the name.",
        )
    return found


def model(name: str, memory_gib: Fraction | None = None, where: str | None = None) -> Accelerator:
    """`find`, for places where one model must be named.

    Raises:
        RequestError: It names none, or more than one.
    """
    found = find(name, memory_gib, where)
    if not isinstance(found, Accelerator):
        raise RequestError(f"{name!r} is no model of an accelerator.", where=where, remedy="Name one, such as L4.")
    return found


@cache
def every() -> dict[str, Accelerator]:
    """Every accelerator by its canonical name, older ones first."""
    rows = enumerate(read_rows(shipped("accelerators.csv")))
    return {row["canonical_name"]: _accelerator(row.cells, order) for order, row in rows}


def _accelerator(cells: dict[str, str], order: int) -> Accelerator:
    aliases = tuple(alias.strip() for alias in cells["aliases"].split(";"))
    return Accelerator(cells["canonical_name"], cells["vendor"], Fraction(cells["memory_gib"]), aliases, order)


@cache
def _families() -> dict[str, tuple[str, ...]]:
    return {_key(name): members for name, members in _FAMILIES.items()}


@cache
def _names() -> dict[str, Wanted]:
    found: dict[str, Wanted] = {_key(name): wanted for wanted, names in _ANY.items() for name in names}
    for accelerator in every().values():
        for name in (accelerator.name, *accelerator.aliases):
            if _key(name) not in _families():
                found.setdefault(_key(name), accelerator)
    return found


def _of_family(name: str, members: Iterable[str], memory_gib: Fraction | None, where: str | None) -> Accelerator:
    candidates = [every()[member] for member in members]
    if memory_gib is not None:
        near = [candidate for candidate in candidates if _is_near(candidate, memory_gib)]
        candidates = sorted(near, key=lambda candidate: abs(candidate.memory_gib - memory_gib))[:1] or candidates
    elif settled := _SETTLED.get(_MAKERS.sub("", _key(name))):
        return every()[settled]
    if len(candidates) > 1:
        names = " or ".join(candidate.name for candidate in candidates)
        raise RequestError(
            f"The accelerator {name!r} is ambiguous: it can be {names}.", where=where, remedy=f"Write {names}."
        )
    return candidates[0]


def _is_near(accelerator: Accelerator, memory_gib: Fraction) -> bool:
    return abs(accelerator.memory_gib - memory_gib) <= accelerator.memory_gib * _TOLERANCE


def _nearest(key: str) -> str:
    """``"Did you mean 'A100-80GB'? "`` for the nearest name of any kind; empty when none is near."""
    known = {**_names(), **{name: every()[members[0]] for name, members in _families().items()}}
    near = get_close_matches(key, known, n=1)
    return f"Did you mean {known[near[0]].name!r}? " if near else ""


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).casefold()
