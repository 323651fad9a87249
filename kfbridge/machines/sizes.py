"""The CSV format in which sizes are added or corrected, by this package (``data/additions.csv``) and by users.

A row names a provider and a size. Where the tables have that size, the cells that are filled in replace theirs (traits
are added); where they have not, it is a new one and needs its processors and memory. A size that comes with several
choices of accelerators (N1 on Vertex) is named together with them; without them the bare size is meant.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

from kfbridge.errors import RequestError
from kfbridge.machines.accelerators import Accelerator, model
from kfbridge.machines.csvfile import Row, header_of, read_rows
from kfbridge.machines.machine import TRAITS, Machine, Price
from kfbridge.machines.quantity import GIB
from kfbridge.spelling import hint

PROVIDERS: Final = ("vertex", "sagemaker", "azureml")
COLUMNS: Final = (
    "provider", "name", "vcpu", "memory_gib", "accelerator", "accelerator_count", "accelerator_memory_gib",
    "native_accelerator", "traits", "price_usd_hour", "price_date", "price_source", "source",
)  # fmt: skip
_PRICE: Final = ("price_usd_hour", "price_date", "price_source")
_FIGURES: Final = ("vcpu", "memory_gib", "accelerator_memory_gib", "native_accelerator", "traits")
_SHOWN: Final = 10  # problems of a file that one message lists


@dataclass(frozen=True, slots=True)
class Size:
    """One row, read: what it names, and what it says; None and empty are "not said"."""

    provider: str
    name: str
    line: int
    vcpu: Fraction | None
    memory: int | None
    accelerator: Accelerator | None
    count: Fraction
    accelerator_memory_gib: Fraction | None
    native_accelerator: str
    traits: frozenset[str]
    price: Price | None
    source: str

    @property
    def key(self) -> tuple[str, str, str, Fraction]:
        """What the row names; no two rows of a file may name the same."""
        return (self.provider, self.name, self.accelerator.name if self.accelerator else "", self.count)


def parse_sizes(text: str, place: str) -> list[Size]:
    """The rows of a file.

    Args:
        text: What it holds.
        place: What it is called, for the error.

    Raises:
        RequestError: It is not CSV, or some rows cannot be read; the message names every line.
    """
    try:
        problems = list(_header_problems(header_of(text)))
        rows = list(read_rows(text))
    except csv.Error as error:
        raise RequestError(f"It is not a CSV file: {error}.", where=place, remedy="Correct it.") from error
    sizes, lines = [], dict[tuple[Any, ...], int]()
    for row in rows if not problems else ():
        found = list(_row_problems(row))
        if not found:
            size = _size(row)
            found = [f"it is on line {lines[size.key]} already"] if size.key in lines else []
            lines.setdefault(size.key, row.line)
            sizes.append(size)
        problems += [f"line {row.line}: {problem}" for problem in found]
    if problems:
        raise unreadable(problems, place)
    return sizes


def unreadable(problems: Sequence[str], place: str) -> RequestError:
    """The error for a file with these problems."""
    listed = "".join(f"\n  {problem}" for problem in problems[:_SHOWN])
    more = f"\n  and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    what = "one thing" if len(problems) == 1 else f"{len(problems)} things"
    remedy = f"Correct the file; its columns are: {','.join(COLUMNS)}."
    return RequestError(f"It has {what} that cannot be read:{listed}{more}", where=place, remedy=remedy)


def apply_sizes(machines: Iterable[Machine], sizes: Iterable[Size], place: str) -> list[Machine]:
    """The machines of a provider with what rows of the same provider say about them, and with new ones.

    Raises:
        RequestError: A row says too little for a new size.
    """
    table = {machine.key: machine for machine in machines}
    names = Counter(machine.name for machine in table.values())
    problems = []
    for size in sizes:
        known = _known(table, size, names[size.name])
        problem = None if known else _too_little(size)
        if problem:
            problems.append(f"line {size.line}: {problem}")
            continue
        machine = _changed(known, size) if known else _new(size)
        table[machine.key] = machine
    if problems:
        raise unreadable(problems, place)
    return list(table.values())


# Reading --------------------------------------------------------------------------------------------


def _header_problems(header: list[str]) -> Iterator[str]:
    for name in header:
        if name not in COLUMNS:
            yield f"line 1: there is no column {name!r}. {hint(name, COLUMNS)}".rstrip()
    for name in ("provider", "name"):
        if name not in header:
            yield f"line 1: the column {name!r} is missing"


def _row_problems(row: Row) -> Iterator[str]:
    if row[""]:
        yield f"there is more than the columns hold: {row['']!r}"
    if row["provider"] not in PROVIDERS:
        yield f"the provider is {row['provider']!r}, and not one of {', '.join(PROVIDERS)}"
    if not row["name"] or " " in row["name"]:
        yield f"{row['name']!r} is not a name of a machine"
    for column in ("vcpu", "memory_gib", "accelerator_count", "accelerator_memory_gib", "price_usd_hour"):
        if row[column] and _number(row[column]) is None:
            yield f"{column} is {row[column]!r}, and not a number above 0"
    yield from _accelerator_problems(row)
    for trait in row["traits"].split(";") if row["traits"] else ():
        if trait.strip() not in TRAITS:
            yield f"there is no trait {trait.strip()!r}; there are: {', '.join(TRAITS)}"
    yield from _source_problems(row)


def _accelerator_problems(row: Row) -> Iterator[str]:
    if bool(row["accelerator"]) != bool(row["accelerator_count"]):
        yield "accelerator and accelerator_count go together"
    elif row["accelerator"]:
        try:
            _model(row)
        except RequestError as error:
            yield str(error).replace("\n ", "")


def _source_problems(row: Row) -> Iterator[str]:
    given = [column for column in _PRICE if row[column]]
    if given and len(given) < len(_PRICE):
        yield "a price needs its date and its source: price_usd_hour, price_date and price_source"
    if row["price_date"] and _date(row["price_date"]) is None:
        yield f"price_date is {row['price_date']!r}, and not a date such as 2026-11-21"
    said = [column for column in _FIGURES if row[column]]
    if said and not row["source"]:
        yield "the source of its figures is missing"
    if not said and not given:
        yield "it says nothing about the machine"


def _size(row: Row) -> Size:
    memory, usd, day = _number(row["memory_gib"]), _number(row["price_usd_hour"]), _date(row["price_date"])
    return Size(
        provider=row["provider"],
        name=row["name"],
        line=row.line,
        vcpu=_number(row["vcpu"]),
        memory=None if memory is None else int(memory * GIB),
        accelerator=_model(row) if row["accelerator"] else None,
        count=_number(row["accelerator_count"]) or Fraction(0),
        accelerator_memory_gib=_number(row["accelerator_memory_gib"]),
        native_accelerator=row["native_accelerator"],
        traits=frozenset(trait.strip() for trait in row["traits"].split(";") if trait.strip()),
        price=Price(usd, day, row["price_source"]) if usd is not None and day is not None else None,
        source=row["source"],
    )


def _model(row: Row) -> Accelerator:
    """The accelerator; the memory of a share says nothing about the model."""
    whole = (_number(row["accelerator_count"]) or 0) >= 1
    return model(row["accelerator"], _number(row["accelerator_memory_gib"]) if whole else None)


def _number(text: str) -> Fraction | None:
    """A number above 0 (``14.4``, ``1/6``); None for anything else."""
    if len(text) > 20 or "e" in text.lower():
        return None
    try:
        number = Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None
    return number if number > 0 else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


# Applying -------------------------------------------------------------------------------------------


def _known(table: dict[tuple[str, str, Fraction], Machine], size: Size, namesakes: int) -> Machine | None:
    """The machine that a row is about; None for a new one."""
    if size.accelerator is None and namesakes == 1:
        return next(machine for machine in table.values() if machine.name == size.name)
    return table.get((size.name, size.accelerator.name if size.accelerator else "", size.count))


def _too_little(size: Size) -> str | None:
    if size.vcpu is None or size.memory is None:
        return f"{size.name} is not in the tables as it stands here; a new size needs vcpu, memory_gib and source"
    if size.provider == "sagemaker" and not size.traits & {"processing", "training"}:
        return f"{size.name} is new on SageMaker and needs processing, training or both among its traits"
    return None


def _changed(known: Machine, size: Size) -> Machine:
    said = ("vcpu", "memory", "accelerator_memory_gib", "native_accelerator", "price")
    changes: dict[str, Any] = {name: value for name in said if (value := getattr(size, name))}
    source = size.source or known.source
    return replace(known, **changes, traits=known.traits | size.traits, source=source)


def _new(size: Size) -> Machine:
    return Machine(
        size.provider,
        size.name,
        size.vcpu,
        size.memory,
        size.accelerator,
        size.count,
        size.accelerator_memory_gib,
        size.native_accelerator,
        size.traits,
        size.price,
        size.source,
    )
