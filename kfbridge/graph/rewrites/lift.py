"""Taking one task out of a dag into the dag around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kfbridge.graph.model import (
    MISSING,
    ArtifactBinding,
    ArtifactPort,
    Constant,
    DagInput,
    FinalStatus,
    Missing,
    ParameterBinding,
    ParameterPort,
    TaskOutput,
)
from kfbridge.graph.rewrites.conjunction import both, reading
from kfbridge.graph.rewrites.guard import Guard
from kfbridge.graph.rewrites.names import Names
from kfbridge.graph.rewrites.obstacle import Obstacle
from kfbridge.graph.rewrites.part import Group, Json, Leaf, Part
from kfbridge.graph.rewrites.settings import moved, producers_in
from kfbridge.graph.rewrites.supply import (
    Absent,
    Channel,
    Fixed,
    Supplies,
    Supply,
    Template,
    handed_down,
    passed_on,
    selected,
)
from kfbridge.graph.rewrites.template import inputs_of, is_template, with_inputs, with_task_name
from kfbridge.spec.expression import Expression

_NULL = ParameterBinding(Constant(None))


class Lift:
    """Takes the tasks of one dag out of it, one by one.

    Args:
        supplies: What the dag's inputs are.
        renamed: The new name of each of its tasks.
        guard: What all of them must be given.
    """

    def __init__(self, supplies: Supplies, renamed: Mapping[str, str], guard: Guard) -> None:
        self.supplies = supplies
        self.renamed = renamed
        self.guard = guard

    def lifted(self, name: str, child: Part) -> Part:
        """The task `name` as a task of the dag around.

        Raises:
            Obstacle: It would not be the same.
        """
        return _Lifting(self, name, child).part()


class _Lifting:
    def __init__(self, lift: Lift, name: str, child: Part) -> None:
        self.supplies = lift.supplies
        self.renamed = lift.renamed
        self.guard = lift.guard
        self.name = name
        self.child = child
        self.dag = lift.supplies.part
        self.parameters: dict[str, ParameterBinding] = {}
        self.artifacts: dict[str, ArtifactBinding] = {}
        self.ports: dict[tuple[str, str], Json] = {}
        self.carried: dict[tuple[str, str], str] = {}
        taken = (*child.face.inputs.parameters, *child.face.inputs.artifacts, *child.parameters, *child.artifacts)
        self.free = Names(taken)
        self.around = {*self.supplies.group.tasks, *self.renamed.values()} - {self.renamed[name]}

    def part(self) -> Part:
        for name, binding in self.child.parameters.items():
            self.feed(name, binding)
        for name, fed in self.child.artifacts.items():
            self.feed_artifact(name, fed)
        condition = self.child.condition
        for sort, name in self.guard.inputs:
            self.carry(sort, name)
        if self.guard.condition is not None:
            condition = self.guarded(self.guard.condition)
        part = replace(
            self.child,
            face=self.child.face.with_inputs(self.ports),
            body=self.body(),
            parameters=self.parameters,
            artifacts=self.artifacts,
            condition=condition,
            always=self.child.always or self.dag.always,
            origin=None if None in (self.dag.origin, self.child.origin) else self.dag.origin + self.child.origin,  # type: ignore[operator]
        )
        return replace(part, after=self.after(part))

    def after(self, part: Part) -> tuple[str, ...]:
        """What the task waits for; what the dag waited for is waited for by its first tasks."""
        found = {self.renamed[name] for name in self.child.after}
        if not self.child.after:
            found |= set(self.dag.after)
        found |= {source.task for _, _, source in part.reads}
        found |= {one.source.task for one in part.parameters.values() if isinstance(one.source, FinalStatus)}
        if isinstance(part.body, Leaf):
            found |= set(producers_in(part.body.settings)) & self.around
        return tuple(sorted(found))

    def body(self) -> Group | Leaf:
        """What the task does, with settings that read from where they are now."""
        body = self.child.body
        if not isinstance(body, Leaf):
            return body
        executor = body.executor
        if self.renamed[self.name] != self.name:
            executor = with_task_name(executor, self.name)
        settings = {platform: moved(one, self.supplies, self.renamed) for platform, one in body.settings.items()}
        if executor is body.executor and settings == body.settings:
            return body
        return replace(body, executor=executor, settings=settings)

    # Parameters --------------------------------------------------------------------------------------

    def feed(self, name: str, binding: ParameterBinding) -> None:
        """Feed a parameter of the task with what fed it in the dag."""
        match binding.source:
            case DagInput(key):
                self.take(name, key, self.supplies.parameter(key), binding.selector)
            case TaskOutput(task, key):
                self.parameters[name] = replace(binding, source=TaskOutput(self.renamed[task], key))
            case FinalStatus(task):
                self.parameters[name] = replace(binding, source=FinalStatus(self.renamed[task]))
            case Constant(value):
                self.parameters[name] = replace(binding, source=Constant(with_task_name(value, self.name)))

    def take(self, name: str, key: str, supply: Supply, selector: Expression | None) -> None:
        """Feed a parameter of the task with the dag's input `key`."""
        port = self.child.face.inputs.parameters.get(name)
        match supply:
            case Fixed(value):
                found = handed_down(selected(value, selector, key), key, port)
                if is_template(found):
                    raise Obstacle(f"its input {key!r} holds a placeholder", "Give the value as an argument.")
                self.parameters[name] = ParameterBinding(Constant(found))
            case Absent():
                self.leave_open(name, port)
            case Template():
                self.fill_in(name, key, supply, selector, port)
            case Channel():
                self.connect(name, key, supply, selector, port)

    def leave_open(self, name: str, port: ParameterPort | None) -> None:
        """Nothing comes through the dag's input: the task has its own default, or nothing."""
        loop = self.child.loop
        if loop is not None and loop.items == name:
            raise Obstacle("a loop in it has nothing to run over", "Give the pipeline the list.")
        if port is None:
            self.parameters[name] = _NULL
        elif not port.optional:
            self.change("parameters", name, {"isOptional": True})

    def fill_in(
        self, name: str, key: str, template: Template, selector: Expression | None, port: ParameterPort | None
    ) -> None:
        """Feed a parameter with a text that names other inputs of the dag: they come along."""
        if selector is not None or template.type not in (None, port.type if port is not None else None):
            raise Obstacle(
                f"its input {key!r} converts what it is given before it hands it on",
                "Give the input the type of what it is given.",
            )
        known = {one: self.bring("parameters", one) for one in inputs_of(template.value)}
        value = with_inputs(with_task_name(template.value, self.supplies.name), known)
        self.parameters[name] = ParameterBinding(Constant(value))

    def connect(
        self, name: str, key: str, supply: Channel, selector: Expression | None, port: ParameterPort | None
    ) -> None:
        """Feed a parameter with what comes from the dag around."""
        taken = port.type if port is not None else None
        if port is None and supply.port and not (supply.surely and supply.type is supply.given):
            self.ports["parameters", name] = supply.port
            port, taken = self.dag.face.inputs.parameters[key], supply.type
        self.parameters[name] = passed_on(supply, key, selector, taken)
        late = selector is not None or taken not in (None, supply.type)
        if late and self.dag.condition is not None:
            raise Obstacle(
                f"under its condition a value is taken out of {key!r}, which may only be tried where it holds",
                "Take the value out in a task of its own.",
            )
        default = supply.default if selector is None else selected(supply.default, selector, key)
        self.adjust("parameters", name, supply, port, default)

    def adjust(
        self,
        kind: str,
        name: str,
        supply: Channel,
        port: ParameterPort | ArtifactPort | None,
        default: object | Missing = MISSING,
    ) -> None:
        """Give the task's input what the dag's had for the case that nothing comes."""
        if supply.surely or port is None:
            return
        if default is not MISSING:
            self.change(kind, name, {"defaultValue": default, "isOptional": True})
        elif supply.required and port.optional:
            data = self.data(kind, name)
            self.ports[kind, name] = {key: data[key] for key in data if key not in ("defaultValue", "isOptional")}
        elif not supply.required and not port.optional and isinstance(supply.binding.source, TaskOutput):
            self.change(kind, name, {"isOptional": True})

    def change(self, kind: str, name: str, fields: Json) -> None:
        self.ports[kind, name] = {**self.data(kind, name), **fields}

    def data(self, kind: str, name: str) -> Json:
        return self.ports.get((kind, name)) or self.child.face.port_data(kind, name)

    # Artifacts ---------------------------------------------------------------------------------------

    def feed_artifact(self, name: str, fed: ArtifactBinding) -> None:
        """Feed an artifact of the task with what fed it in the dag."""
        if isinstance(fed.source, TaskOutput):
            self.artifacts[name] = ArtifactBinding(TaskOutput(self.renamed[fed.source.task], fed.source.key))
            return
        supply = self.supplies.artifact(fed.source.key)
        port = self.child.face.inputs.artifacts.get(name)
        if isinstance(supply, Channel):
            assert isinstance(supply.binding, ArtifactBinding)
            self.artifacts[name] = supply.binding
            self.adjust("artifacts", name, supply, port)
        elif self.child.loop is not None and self.child.loop.items == name:
            raise Obstacle("a loop in it has nothing to run over", "Give the pipeline the list.")
        elif port is not None and not port.optional:
            self.change("artifacts", name, {"isOptional": True})

    # What comes along --------------------------------------------------------------------------------

    def carry(self, kind: str, key: str) -> None:
        """Give the task an input of the dag that it must not run without."""
        if (kind, key) not in self.carried and not (kind == "artifacts" and self.relies()):
            self.carried[kind, key] = self.own(kind, key) or self.bring(kind, key)

    def relies(self) -> bool:
        """Whether the task is skipped or kept from running along with another one of the dag."""
        ports = self.child.face
        return any(
            (port := ports.port(kind, name)) is not None and not port.optional for kind, name, _ in self.child.reads
        )

    def own(self, kind: str, key: str) -> str | None:
        """The task's own input that is the same as the dag's input `key`."""
        for name, fed in getattr(self.child, kind).items():
            port, outer = self.child.face.port(kind, name), self.dag.face.port(kind, key)
            if fed.source != DagInput(key) or getattr(fed, "selector", None) is not None:
                continue
            if kind == "artifacts" and port is not None:
                return str(name)
            alike = isinstance(port, ParameterPort) and isinstance(outer, ParameterPort) and port.type is outer.type
            if alike and getattr(port, "default", None) is MISSING:
                return str(name)
        return None

    def bring(self, kind: str, key: str) -> str:
        """Add an input to the task that is the same as the dag's input `key`; gives its name."""
        if (kind, key) in self.carried:
            return self.carried[kind, key]
        name = self.carried[kind, key] = self.free.take(key)
        port = self.dag.face.port_data(kind, key)
        if port:
            self.ports[kind, name] = port
        supply = self.supplies.get(kind, key)
        match supply:
            case Fixed(value):
                self.parameters[name] = ParameterBinding(Constant(value))
            case Channel(ParameterBinding() as binding):
                self.parameters[name] = binding
            case Channel(ArtifactBinding() as fed):
                self.artifacts[name] = fed
            case Template():
                raise Obstacle(f"its input {key!r} is a text that is made of others", "Make the text in a task.")
            case Absent():
                if port:
                    self.change(kind, name, {"isOptional": True})
                else:
                    self.parameters[name] = _NULL
        return name

    def guarded(self, condition: Expression) -> Expression:
        """The dag's condition and the task's own, reading the task's inputs."""
        ports = self.dag.face.inputs.parameters
        read = {name: self.carried[kind, name] for kind, name in self.guard.inputs if kind == "parameters"}
        renamed = {self.carried.get(("parameters", name), name): port for name, port in ports.items()}
        return both(reading(condition, read), self.child.condition, renamed)
