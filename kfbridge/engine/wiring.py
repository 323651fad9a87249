"""What follows from a dag alone, worked out once however often the dag runs."""

from __future__ import annotations

from dataclasses import dataclass

from kfbridge.graph.model import Dag


@dataclass(frozen=True, slots=True)
class Wiring:
    """Who waits for whom in one dag.

    Args:
        consumers: For each task the tasks that have it as a producer, in the dag's order.
        waits: For each task the number of its producers.
        places: For each task its place in the dag's order, from 0.
    """

    consumers: dict[str, tuple[str, ...]]
    waits: dict[str, int]
    places: dict[str, int]


class Wirings:
    """The wiring of each dag, by the dag's identity."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Dag, Wiring]] = {}  # the dag is held so that its id stays its own

    def of(self, dag: Dag) -> Wiring:
        """The wiring of `dag`."""
        known = self._known.get(id(dag))
        if known is None:
            known = self._known[id(dag)] = (dag, _wire(dag))
        return known[1]


def _wire(dag: Dag) -> Wiring:
    consumers: dict[str, list[str]] = {name: [] for name in dag.tasks}
    waits = {}
    for name, task in dag.tasks.items():
        producers = set(task.producers)
        waits[name] = len(producers)
        for producer in producers:
            consumers[producer].append(name)
    places = {name: place for place, name in enumerate(dag.tasks)}
    return Wiring({name: tuple(found) for name, found in consumers.items()}, waits, places)
