"""Random pipelines: nested dags, loops, conditions, OneOf, exit tasks, optional inputs, retries, failures."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from kfbridge.graph.model import MISSING, Component, Graph, ParameterPort, ParameterType, Retry, Task
from tests.engine.build import In, Out, dag, pipeline, step, task

INTEGER, LIST = ParameterType.NUMBER_INTEGER, ParameterType.LIST
NEVER = 99


def leaf_outputs(key: str) -> dict[str, Any]:
    """What the leaf of this key computes: the same in every attempt."""
    return {"x": zlib.crc32(key.encode()) % 3}


@dataclass
class Sample:
    """A pipeline, and for each leaf's task name how often it fails before it succeeds."""

    graph: Graph
    failures: dict[str, int] = field(default_factory=dict)

    def attempt(self, key: str, number: int) -> dict[str, Any] | None:
        name = key.rpartition("/")[2].partition("[")[0]
        return None if number <= self.failures.get(name, 0) else leaf_outputs(key)


class _Maker:
    def __init__(self, draw: st.DrawFn, dag_retries: bool) -> None:
        self.draw = draw
        self.dag_retries = dag_retries
        self.failures: dict[str, int] = {}
        self.names = 0

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    def component(self, depth: int) -> tuple[Component, dict[str, int]]:
        """A dag with an input ``n``; its outputs by depth: 0 a number, 1 a list of numbers, ..."""
        tasks: list[Task] = []
        known: dict[str, int] = {}
        for _ in range(self.draw(st.integers(1, 4))):
            made, outputs = self.task(tasks, known, depth)
            tasks.append(made)
            known.update({f"{made.name}.{key}": nesting for key, nesting in outputs.items()})
        outputs: dict[str, Any] = {}
        numbers = [name for name, nesting in known.items() if nesting == 0]
        if numbers:
            outputs["x"] = self.draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=3, unique=True))
        lists = [name for name, nesting in known.items() if nesting > 0]
        nestings = {"x": 0} if numbers else {}
        if lists:
            outputs["l"] = chosen = self.draw(st.sampled_from(lists))
            nestings["l"] = known[chosen]
        return dag(*tasks, inputs={"n": self.port()}, outputs=outputs), nestings

    def port(self) -> ParameterPort:
        optional = self.chance(30)
        return ParameterPort(INTEGER, 7 if optional and self.chance(50) else MISSING, optional)

    def task(self, earlier: list[Task], known: dict[str, int], depth: int) -> tuple[Task, dict[str, int]]:
        self.names += 1
        name = f"t{self.names}"
        if depth and self.chance(50):
            component, outputs = self.component(depth - 1)
            retry = Retry(self.draw(st.integers(1, 2))) if self.dag_retries and self.chance(20) else None
        else:
            component, outputs = step({"n": self.port()}, {"x": int}), {"x": 0}
            retry = Retry(2, backoff=float(self.chance(50))) if self.chance(30) else None
            self.failures[name] = self.failing(retry)
        numbers = [Out(one) for one, nesting in known.items() if nesting == 0]
        parameters: dict[str, Any] = {"n": self.draw(st.sampled_from([1, In("n"), *numbers]))}
        loop = self.loop(known, component, parameters)
        made = task(
            name,
            component,
            parameters,
            after=tuple(one.name for one in earlier if self.chance(15)),
            condition="inputs.parameter_values['n'] != 1" if self.chance(25) and "n" in parameters else "",
            always=self.chance(15) and not isinstance(loop, str),
            loop=loop,
            item="n",
            parallelism=self.draw(st.integers(0, 2)),
            retry=retry,
        )
        return made, {key: nesting + (loop is not None) for key, nesting in outputs.items()}

    def failing(self, retry: Retry | None) -> int:
        """How often a leaf fails: never, less often than it is tried, or always."""
        if self.dag_retries:
            return self.draw(st.sampled_from([0, 0, 0, 1, 2, 4, NEVER]))
        return self.draw(st.sampled_from([0, 0, 0, NEVER, retry.max_retries if retry else 0]))

    def loop(self, known: dict[str, int], component: Component, parameters: dict[str, Any]) -> list[int] | str | None:
        if not self.chance(30):
            return None
        flat = [name for name, nesting in known.items() if nesting == 1]
        del parameters["n"]
        if not flat or self.chance(50):
            return self.draw(st.lists(st.integers(0, 2), max_size=3))
        parameters["items"] = Out(self.draw(st.sampled_from(flat)))
        component.inputs.parameters["items"] = ParameterPort(LIST)  # type: ignore[index]
        return "items"


@st.composite
def samples(draw: st.DrawFn, dag_retries: bool = False) -> Sample:
    maker = _Maker(draw, dag_retries)
    component, _ = maker.component(depth=3)
    body = component.body
    graph = pipeline(*body.tasks.values(), inputs={"n": (int, 5)})  # type: ignore[union-attr]
    root = Component("root", graph.root.inputs, component.outputs, body)
    return Sample(Graph("pipeline", root), maker.failures)
