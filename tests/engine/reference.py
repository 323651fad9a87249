"""What a pipeline means, said by plain recursion: the scheduler must agree, whatever the order of events.

It knows tasks in the order of the dag, one after the other, and no events, times, or attempts under way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kfbridge.graph.model import (
    MISSING,
    Component,
    Constant,
    Container,
    Dag,
    DagInput,
    Graph,
    Task,
    TaskOutput,
    Trigger,
)
from kfbridge.spec.expression import condition_holds

Attempt = Callable[[str, int], "dict[str, Any] | None"]  # key and attempt to outputs, or None for a failure


@dataclass
class Result:
    state: str
    outputs: dict[str, Any] = field(default_factory=dict)
    blocked: bool = False

    @property
    def spoilt(self) -> bool:
        return self.state == "failed" or self.blocked


class Reference:
    """Runs a graph at once; `states` holds the state of each instance by key."""

    def __init__(self, graph: Graph, attempt: Attempt, arguments: dict[str, Any]) -> None:
        self.attempt = attempt
        self.attempts: dict[str, int] = {}
        self.states: dict[str, str] = {}
        self.result = self.component(graph.root, arguments, "")

    def dag(self, dag: Dag, given: dict[str, Any], prefix: str) -> Result:
        results: dict[str, Result] = {}
        for name, task in dag.tasks.items():
            key = f"{prefix}{name}"
            results[name] = self.task(task, given, results, key)
            self.states[key] = results[name].state
        if any(result.state == "failed" for result in results.values()):
            return Result("failed")
        if any(result.blocked for result in results.values()):
            return Result("skipped", blocked=True)
        outputs = {}
        for key, selectors in dag.parameters.items():
            made = [results[one.task].outputs[one.key] for one in selectors if one.key in results[one.task].outputs]
            if made:
                outputs[key] = made[0]
        return Result("succeeded", outputs)

    def task(self, task: Task, given: dict[str, Any], results: dict[str, Result], key: str) -> Result:
        always = task.trigger is Trigger.UPSTREAM_COMPLETED
        if not always and any(results[name].spoilt for name in task.producers):
            return Result("skipped", blocked=True)
        values: dict[str, Any] = {}
        for name, binding in task.parameters.items():
            port = task.component.inputs.parameters[name]
            value: Any = MISSING
            match binding.source:
                case Constant(constant):
                    value = constant
                case TaskOutput(producer, output):
                    value = results[producer].outputs.get(output, MISSING)
                    if value is MISSING and not always and not port.optional:
                        return Result("skipped")
                case DagInput(outer):
                    value = given.get(outer, MISSING)
            value = port.default if value is MISSING else value
            if value is not MISSING:
                values[name] = value
        if task.condition is not None:
            named = {"inputs": {"parameter_values": {**dict.fromkeys(task.component.inputs.parameters), **values}}}
            if not condition_holds(task.condition, named):
                return Result("skipped")
        return self.loop(task, values, key) if task.loop else self.tries(task, values, key)

    def loop(self, task: Task, values: dict[str, Any], key: str) -> Result:
        assert task.loop is not None
        items = task.loop.items if isinstance(task.loop.items, list) else values[task.loop.items]
        results = []
        for number, item in enumerate(items):
            result = self.tries(task, {**values, task.loop.item_input: item}, f"{key}[{number}]")
            self.states[f"{key}[{number}]"] = result.state
            results.append(result)
        if any(result.state == "failed" for result in results):
            return Result("failed")
        if any(result.blocked for result in results):
            return Result("skipped", blocked=True)
        body = task.component.body
        names = body.parameters if isinstance(body, Dag) else task.component.outputs.parameters
        return Result(
            "succeeded",
            {name: [result.outputs[name] for result in results if name in result.outputs] for name in names},
        )

    def tries(self, task: Task, values: dict[str, Any], key: str) -> Result:
        for _ in range(1 + (task.retry.max_retries if task.retry else 0)):
            for inner in [one for one in self.states if one.startswith(f"{key}/")]:
                del self.states[inner]
            result = self.component(task.component, values, key)
            if result.state != "failed":
                break
        return result

    def component(self, component: Component, values: dict[str, Any], key: str) -> Result:
        if isinstance(component.body, Dag):
            return self.dag(component.body, values, f"{key}/" if key else "")
        assert isinstance(component.body, Container)
        self.attempts[key] = self.attempts.get(key, 0) + 1
        outputs = self.attempt(key, self.attempts[key])
        return Result("failed") if outputs is None else Result("succeeded", outputs)
