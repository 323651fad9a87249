"""A layered drawing of a dag: which tasks stand in which row, and which edges need drawing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NUMBERS = re.compile(r"([0-9]{1,18})")
_SWEEPS = 4  # down and up again; more change little
_MOST = 400  # tasks up to which edges that others imply are searched for


@dataclass(frozen=True, slots=True)
class Layers:
    """Rows from top to bottom, and the edges (from, to) without those that longer ways imply."""

    rows: tuple[tuple[str, ...], ...]
    edges: tuple[tuple[str, str], ...]


def layers(producers: Mapping[str, tuple[str, ...]]) -> Layers:
    """Put each task below all of its producers, near to what it is joined with.

    Args:
        producers: The producers of each task; the tasks come in an order in which producers are first.
    """
    depth: dict[str, int] = {}
    for name, before in producers.items():
        depth[name] = 1 + max((depth[one] for one in before), default=-1)
    rows: list[list[str]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for name in sorted(depth, key=_natural):
        rows[depth[name]].append(name)
    edges = _needed(producers, depth)
    _untangle(rows, edges)
    return Layers(tuple(map(tuple, rows)), tuple(edges))


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts ``step-2`` before ``step-10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBERS.split(name)]


def _needed(producers: Mapping[str, tuple[str, ...]], depth: Mapping[str, int]) -> list[tuple[str, str]]:
    """The edges whose ends no longer way joins."""
    if len(producers) > _MOST:
        return [(one, name) for name, before in producers.items() for one in before]
    above: dict[str, set[str]] = {}
    edges = []
    for name, before in producers.items():
        implied = {far for one in before for far in above[one]}
        edges += [(one, name) for one in before if one not in implied]
        above[name] = implied.union(before)
    return edges


def _untangle(rows: list[list[str]], edges: list[tuple[str, str]]) -> None:
    """Order each row by the mean place of its neighbours in the row before, down and up."""
    up: dict[str, list[str]] = {}
    down: dict[str, list[str]] = {}
    for one, other in edges:
        down.setdefault(one, []).append(other)
        up.setdefault(other, []).append(one)
    place = {name: index / max(1, len(row) - 1) for row in rows for index, name in enumerate(row)}
    for sweep in range(_SWEEPS):
        neighbours = up if sweep % 2 == 0 else down
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wish = {}
            for name in row:
                near = neighbours.get(name, ())
                wish[name] = sum(place[one] for one in near) / len(near) if near else place[name]
            row.sort(key=wish.__getitem__)
            for index, name in enumerate(row):
                place[name] = (index + 0.5) / len(row)
