"""One loop taken apart: a task for each item, and what its consumers read instead of what it collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kfbridge.graph.model import (
    ArtifactBinding,
    Constant,
    DagInput,
    OutputSelector,
    ParameterBinding,
    TaskOutput,
)
from kfbridge.graph.rewrites.collect import OUTPUT, as_list, collecting_step, iteration_face
from kfbridge.graph.rewrites.dissolve import status_askers
from kfbridge.graph.rewrites.guard import check_empty
from kfbridge.graph.rewrites.lanes import gate
from kfbridge.graph.rewrites.names import Names
from kfbridge.graph.rewrites.obstacle import Obstacle
from kfbridge.graph.rewrites.part import Group, Json, Leaf, Part
from kfbridge.graph.rewrites.settings import producers_in
from kfbridge.graph.rewrites.supply import Supplies
from kfbridge.graph.rewrites.sure import Sure
from kfbridge.graph.rewrites.template import is_template, with_task_name
from kfbridge.spec.expression import names
from kfbridge.spec.order import in_order


@dataclass(frozen=True, slots=True)
class Fanned:
    """A dag with one of its loops unrolled; `collected` are the kinds of outputs for which there are steps now."""

    owner: Part
    collected: tuple[str, ...]


def unrolled(owner: Part, name: str, items: list[Any], sure: Sure, image: str) -> Fanned:
    """`owner`, with its task `name`, a loop, replaced by a task for each of the items.

    Raises:
        Obstacle: It would not mean the same.
    """
    assert isinstance(owner.body, Group)
    _check(owner.body, name, items)
    if not items:
        check_empty(Supplies(owner, name, sure))
    fan = _Fan(owner.body, name, items, sure, image)
    tasks: dict[str, Part] = {}
    for key, part in owner.body.tasks.items():
        if key == name:
            tasks |= fan.iterations()
        else:
            tasks[key] = fan.consumer(part)
    outputs = {kind: fan.outputs(kind, owner.body.selectors(kind)) for kind in ("parameters", "artifacts")}
    ordered = _with_steps(tasks, fan)
    body = Group(ordered, outputs["parameters"], outputs["artifacts"])
    return Fanned(replace(owner, body=body), tuple(sorted({kind for kind, _ in fan.steps})))


def _with_steps(tasks: dict[str, Part], fan: _Fan) -> dict[str, Part]:
    """The tasks with those that collect, producers first."""
    found = tasks | fan.made
    return {name: found[name] for name in in_order({name: part.after for name, part in found.items()})}


def _check(group: Group, name: str, items: list[Any]) -> None:
    part = group.tasks[name]
    assert part.loop is not None
    if any(is_template(item) for item in items):
        raise Obstacle("an item holds a placeholder", "Make the list in a task.")
    if any(True for _ in status_askers(group.tasks, name)):
        raise Obstacle("a task asks for its final status", "Ask for the status of a single task.")
    if part.condition is not None and part.loop.item_input in names(part.condition):
        raise Obstacle("its condition reads its item", "Put the condition into the loop.")
    for consumer in group.tasks.values():
        if isinstance(consumer.body, Leaf) and name in producers_in(consumer.body.settings):
            raise Obstacle("settings of a platform read an output of it", "Hand the value to the task as an input.")
        if consumer.always and any(source.task == name for _, _, source in consumer.reads):
            raise Obstacle(
                "a task that runs although it failed reads an output of it, which then does not exist",
                "Read the output in a task that runs after a success.",
            )


class _Fan:
    def __init__(self, group: Group, name: str, items: list[Any], sure: Sure, image: str) -> None:
        self.group = group
        self.name = name
        self.part = group.tasks[name]
        self.items = items
        self.sure = sure
        self.image = image
        self.free = Names(key for key in group.tasks if key != name)
        self.names = [self.free.take(name, str(number)) for number in range(len(items))]
        self.is_passed_by = not items and self.part.always and bool(self.part.after)
        self.ends = tuple(self.names) or self.part.after
        if self.is_passed_by:
            self.ends = (self.free.take(name, "lane"),)
        self.steps: dict[tuple[str, str], str] = {}
        self.made: dict[str, Part] = {}

    # The iterations ----------------------------------------------------------------------------------

    def iterations(self) -> dict[str, Part]:
        """A task for each item, and the gates between them."""
        assert self.part.loop is not None
        if self.is_passed_by:
            return {self.ends[0]: gate(self.part.after)}
        limit = self.part.loop.parallelism or len(self.items)
        plain = self.without_loop()
        found: dict[str, Part] = {}
        for number, (name, item) in enumerate(zip(self.names, self.items, strict=True)):
            after = plain.after
            if number >= limit:
                between = self.free.take(self.name, "lane", str(number))
                found[between] = gate((self.names[number - limit],))
                after = tuple(sorted((*after, between)))
            fed = {**plain.parameters, self.part.loop.item_input: ParameterBinding(Constant(item))}
            found[name] = replace(plain, parameters=fed, after=after, origin=self.origin(number))
        return found

    def without_loop(self) -> Part:
        """What all iterations have in common."""
        part, face = self.part, iteration_face(self.part)
        body = part.body
        if isinstance(body, Leaf):
            body = replace(body, executor=with_task_name(body.executor, self.name))
        parameters: dict[str, ParameterBinding] = {}
        for key, binding in part.parameters.items():
            constant = binding.source
            if isinstance(constant, Constant):
                binding = replace(binding, source=Constant(with_task_name(constant.value, self.name)))
            parameters[key] = binding
        assert part.loop is not None
        source = part.loop.items
        if isinstance(source, str) and isinstance(body, Group) and not self.is_read(body, source):
            parameters.pop(source, None)
            face = replace(face, data=_without_input(face.data, source))
            face = type(face).of(face.name, face.data)
        return replace(part, face=face, body=body, parameters=parameters, loop=None)

    def is_read(self, body: Group, key: str) -> bool:
        """Whether anything reads the whole list: a task in the loop, its condition, or settings."""
        if self.part.condition is not None and key in names(self.part.condition):
            return True
        if any(
            is_template(one.source.value) for one in self.part.parameters.values() if isinstance(one.source, Constant)
        ):
            return True
        for child in body.tasks.values():
            if any(binding.source == DagInput(key) for binding in child.parameters.values()):
                return True
            if isinstance(child.body, Leaf) and child.body.settings:
                return True
        return False

    def origin(self, number: int) -> tuple[tuple[str, int | None], ...] | None:
        origin = self.part.origin
        return None if origin is None else (*origin[:-1], (origin[-1][0], number))

    # Those who read from it ---------------------------------------------------------------------------

    def consumer(self, part: Part) -> Part:
        """A task beside the loop."""
        if self.name not in part.after:
            return part
        changed = replace(part, after=())
        waits = set(part.after) - {self.name}
        for kind, name, source in part.reads:
            if source.task != self.name:
                continue
            binding = part.parameters.get(name) if kind == "parameters" else None
            if binding is not None and binding.selector is None and self.is_sure(kind, source.key):
                changed = as_list(changed, name, self.sources(source.key))
                continue
            step = TaskOutput(self.step(kind, source.key), OUTPUT)
            waits.add(step.task)
            if binding is not None:
                changed = replace(changed, parameters={**changed.parameters, name: replace(binding, source=step)})
            else:
                changed = replace(changed, artifacts={**changed.artifacts, name: ArtifactBinding(step)})
        waits |= set(self.ends)
        return replace(changed, after=tuple(sorted(waits)))

    def outputs(
        self, kind: str, outputs: Mapping[str, tuple[OutputSelector, ...]]
    ) -> dict[str, tuple[OutputSelector, ...]]:
        """The outputs of the dag around."""
        return {
            key: tuple(
                OutputSelector(self.step(kind, one.key), OUTPUT) if one.task == self.name else one for one in several
            )
            for key, several in outputs.items()
        }

    def sources(self, key: str) -> list[TaskOutput]:
        return [TaskOutput(name, key) for name in self.names]

    def is_sure(self, kind: str, key: str) -> bool:
        """Whether each iteration makes the output, unless something fails."""
        return self.sure.task(self.group, self.name) and self.sure.inside(self.part, kind, key)

    def step(self, kind: str, key: str) -> str:
        """The step that collects an output, made when first asked for."""
        if (kind, key) not in self.steps:
            if kind == "artifacts" and not (self.items and self.sure.inside(self.part, kind, key)):
                raise Obstacle(
                    f"the list of artifacts {key!r} that it collects may be empty, which only a loop can say",
                    "Collect a parameter, such as the artifact's URI.",
                )
            name = self.free.take(self.name, "collect", key)
            self.made[name] = collecting_step(self.part, self.ends, kind, key, self.sources(key), self.image)
            self.steps[kind, key] = name
        return self.steps[kind, key]


def _without_input(data: Json, name: str) -> Json:
    definitions = data.get("inputDefinitions") or {}
    parameters = {key: port for key, port in (definitions.get("parameters") or {}).items() if key != name}
    return {**data, "inputDefinitions": {**definitions, "parameters": parameters}}
