"""A task instance at the moment when it ends: what records of runs are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from kfbridge.engine.instance import Fan, Inputs, Instance
from kfbridge.engine.ledger import Ledger
from kfbridge.engine.view import TaskView, view
from kfbridge.engine.wiring import Wirings
from kfbridge.graph.model import Container

NO_INPUTS = Inputs()


@dataclass(frozen=True, slots=True)
class Ending:
    """An instance that has reached a state that it keeps.

    Args:
        view: How it ended.
        inputs: What it worked with; nothing for what was skipped. An iteration's are its item alone.
        order: Its place in the run: of each group around it and of itself the place in its dag, or the iteration's
            number. Sorted by it, groups come before what is in them.
        component: The component's name.
        image: The container's image as written; empty for what is no container.
    """

    view: TaskView
    inputs: Inputs
    order: tuple[int, ...]
    component: str
    image: str


Witness: TypeAlias = Callable[[Ending], None]
"""Told of each instance that ends, the pipeline itself excepted; of one that is tried anew, more than once."""


class Endings:
    """Makes the endings that a witness is told.

    Args:
        witness: Who is told; None: nobody, at no cost.
        ledger: Counts attempts.
        wirings: Know the order in each dag.
    """

    def __init__(self, witness: Witness | None, ledger: Ledger, wirings: Wirings) -> None:
        self._witness = witness
        self._ledger = ledger
        self._wirings = wirings

    def tell(self, instance: Instance) -> None:
        """`instance` has ended; its inputs are still there."""
        if self._witness is not None and instance.parent is not None:
            self._witness(self.of(instance))

    def of(self, instance: Instance) -> Ending:
        """What there is to tell of an instance as it stands now."""
        body = instance.task.component.body
        return Ending(
            view(instance, self._ledger),
            _inputs(instance),
            tuple(self._order(instance)),
            instance.task.component.name,
            body.image if isinstance(body, Container) else "",
        )

    def _order(self, instance: Instance) -> list[int]:
        places: list[int] = []
        one: Instance | None = instance
        while one is not None and one.parent is not None:
            if isinstance(one.parent.inner, Fan):
                places.append(one.iteration or 0)
            else:
                places.append(one.scope.wiring.places[one.task.name])
            one = one.parent
        return places[::-1]


def _inputs(instance: Instance) -> Inputs:
    """The inputs; of a dag's iteration the item alone, because the rest is the loop's."""
    inputs = instance.inputs or NO_INPUTS
    loop = instance.task.loop
    if instance.iteration is None or loop is None or isinstance(instance.task.component.body, Container):
        return inputs
    item = loop.item_input
    return Inputs(
        {name: value for name, value in inputs.parameters.items() if name == item},
        {name: value for name, value in inputs.artifacts.items() if name == item},
    )
