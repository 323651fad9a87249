"""Putting tasks in order, and finding the circle when there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush


class Circle(Exception):
    """Names that wait for each other, each for the next; the first and the last are the same."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(" -> ".join(names))


def in_order(producers: Mapping[str, Sequence[str]]) -> list[str]:
    """The names, each after all of its producers, and otherwise in the order given.

    Args:
        producers: For each name, the names that come before it, all of them names themselves.

    Raises:
        Circle: when that is impossible.
    """
    names = list(producers)
    position = {name: number for number, name in enumerate(names)}
    waiting = {name: len(set(before)) for name, before in producers.items()}
    consumers: dict[str, list[str]] = {name: [] for name in names}
    for name, before in producers.items():
        for producer in set(before):
            consumers[producer].append(name)
    ready = [position[name] for name, count in waiting.items() if count == 0]
    heapify(ready)
    found: list[str] = []
    while ready:
        name = names[heappop(ready)]
        found.append(name)
        for consumer in consumers[name]:
            waiting[consumer] -= 1
            if waiting[consumer] == 0:
                heappush(ready, position[consumer])
    if len(found) < len(names):
        raise Circle(_circle(producers, waiting))
    return found


def _circle(producers: Mapping[str, Sequence[str]], waiting: Mapping[str, int]) -> list[str]:
    """Follow unfinished producers until one comes again."""
    name = next(name for name, count in waiting.items() if count)
    seen: dict[str, int] = {}
    path: list[str] = []
    while name not in seen:
        seen[name] = len(path)
        path.append(name)
        name = next(producer for producer in producers[name] if waiting[producer])
    return [*path[seen[name] :], name]
