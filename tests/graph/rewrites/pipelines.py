"""Random pipelines for rewrites: what `tests.engine.graphs` has, and all that a rewrite must carry from dag to dag.

Texts and structs, artifacts, parts of structs, texts made of other inputs, defaults at every level, conditions that
cannot always be evaluated, final statuses, steps that ignore failures.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from kfbridge.graph.model import (
    MISSING,
    ArtifactPort,
    Component,
    Constant,
    Graph,
    ParameterBinding,
    ParameterPort,
    ParameterType,
    Retry,
    Task,
)
from kfbridge.spec.expression import parse
from tests.engine.build import In, Out, Status, dag, source, step, task

TYPES = {"n": ParameterType.NUMBER_INTEGER, "s": ParameterType.STRING, "d": ParameterType.STRUCT}
CONSTANTS: dict[str, list[Any]] = {"n": [0, 1, 2], "s": ["heads", "1"], "d": [{"a": 1, "b": "x"}, {"b": "y"}]}
DEFAULTS: dict[str, Any] = {"n": 1, "s": "heads", "d": {"a": 0}}
CONDITIONS = {
    "n": ["{} != 1", "int({}) > 0", "{} < 2 && {} >= 0"],
    "s": ["{} == 'heads'", "int({}) > 0"],
    "d": ["{}['a'] == 1"],
}
PART = parse('parseJson(string_value)["a"]')


class _Maker:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.names = 0

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    def one(self, items: Any) -> Any:
        return self.draw(st.sampled_from(list(items)))

    def port(self, kind: str) -> ParameterPort:
        optional = self.chance(35)
        default = DEFAULTS[kind] if optional and self.chance(60) else MISSING
        return ParameterPort(TYPES[kind], default, optional)

    def interface(self) -> tuple[dict[str, ParameterPort], dict[str, ArtifactPort]]:
        parameters = {kind: self.port(kind) for kind in TYPES if self.chance(60)}
        artifacts = {"f": ArtifactPort("system.Dataset", optional=self.chance(30))} if self.chance(30) else {}
        return parameters, artifacts

    def component(self, depth: int) -> Component:
        """A dag and its outputs: of each kind that its tasks make, what one of several of them makes."""
        parameters, artifacts = self.interface()
        tasks: list[Task] = []
        made: dict[str, list[str]] = {"n": [], "s": [], "d": [], "f": []}
        for _ in range(self.draw(st.integers(1, 5))):
            one = self.task(tasks, made, parameters, artifacts, depth)
            tasks.append(one)
            if one.loop is None:
                for key in (*one.component.outputs.parameters, *one.component.outputs.artifacts):
                    made[key].append(f"{one.name}.{key}")
        chosen = {
            kind: self.draw(st.lists(st.sampled_from(made[kind]), min_size=1, max_size=2, unique=True))
            for kind in made
            if made[kind] and self.chance(60)
        }
        files = {"f": chosen.pop("f")} if "f" in chosen else {}
        component = dag(*tasks, inputs=parameters, artifacts_in=artifacts, outputs=chosen, artifacts_out=files)
        for kind in chosen:
            component.outputs.parameters[kind] = ParameterPort(TYPES[kind])  # type: ignore[index]
        for name in files:
            component.outputs.artifacts[name] = ArtifactPort("system.Dataset")  # type: ignore[index]
        return component

    def leaf(self) -> Component:
        parameters, artifacts = self.interface()
        outputs = {kind: ParameterPort(type) for kind, type in TYPES.items()}
        return step(parameters, outputs, artifacts_in=artifacts, artifacts_out={"f": "system.Dataset"})

    def task(
        self,
        earlier: list[Task],
        made: dict[str, list[str]],
        parameters: dict[str, ParameterPort],
        artifacts: dict[str, ArtifactPort],
        depth: int,
    ) -> Task:
        self.names += 1
        name = f"t{self.names}"
        component = self.component(depth - 1) if depth and self.chance(45) else self.leaf()
        fed = self.fed(component, made, parameters)
        files: dict[str, Any] = {}
        port = component.inputs.artifacts.get("f")
        sources = [Out(one) for one in made["f"]] + ([In("f")] if "f" in artifacts else [])
        if port is not None and sources and not (port.optional and self.chance(30)):
            files["f"] = self.one(sources)
        elif port is not None and not port.optional:
            component.inputs.artifacts["f"] = ArtifactPort("system.Dataset", optional=True)  # type: ignore[index]
        is_leaf = component.name == "comp-step"
        if is_leaf and earlier and self.chance(10):
            component.inputs.parameters["status"] = ParameterPort(ParameterType.STRUCT)  # type: ignore[index]
            fed["status"] = Status(self.one(earlier).name)
        always = "status" in fed or self.chance(8)
        loop = self.loop(component, fed)
        item = "d" if loop and isinstance(loop[0], dict) else "n"
        return task(
            name,
            component,
            fed,
            artifacts=files,
            after=tuple(one.name for one in earlier if self.chance(15)),
            condition=self.condition(component, "" if loop is None else item) if self.chance(30) else "",
            always=always,
            loop=loop,
            item=item,
            parallelism=self.draw(st.integers(0, 2)),
            retry=Retry(1) if is_leaf and self.chance(20) else None,
        )

    def fed(
        self, component: Component, made: dict[str, list[str]], parameters: dict[str, ParameterPort]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for kind, port in list(component.inputs.parameters.items()):
            if port.optional and self.chance(30):
                continue
            sources: list[Any] = [self.one(CONSTANTS[kind]), *(Out(one) for one in made[kind])]
            sources += [In(kind)] if kind in parameters else []
            found[kind] = self.one(sources)
            structs = [*(Out(one) for one in made["d"]), *([In("d")] if "d" in parameters else [])]
            if kind == "n" and structs and self.chance(15):
                found[kind] = ParameterBinding(source(self.one(structs)), PART)
            elif kind == "s" and self.chance(15):
                found["extra"] = self.one([*(Out(one) for one in (*made["n"], *made["s"])), In("n")])
                if found["extra"] == In("n") and "n" not in parameters:
                    found["extra"] = 2
                found[kind] = ParameterBinding(Constant("was {{$.inputs.parameters['extra']}}"))
        return found

    def condition(self, component: Component, item: str) -> str:
        kinds = [kind for kind in TYPES if kind in component.inputs.parameters and kind != item]
        if not kinds:
            return ""
        kind = self.one(kinds)
        return self.one(CONDITIONS[kind]).replace("{}", f"inputs.parameter_values['{kind}']")

    def loop(self, component: Component, fed: dict[str, Any]) -> list[Any] | None:
        kinds = [kind for kind in ("n", "d") if kind in component.inputs.parameters]
        if not kinds or not self.chance(25):
            return None
        kind = self.one(kinds)
        fed.pop(kind, None)
        return self.draw(st.lists(st.sampled_from(CONSTANTS[kind]), min_size=kind == "d", max_size=3))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """A pipeline with the optional inputs ``n``, ``s``, ``d`` and the optional artifact ``f``."""
    component = _Maker(draw).component(depth=3)
    inputs = {kind: ParameterPort(type, DEFAULTS[kind], True) for kind, type in TYPES.items()}
    files = {"f": ArtifactPort("system.Dataset", optional=True)}
    root = dag(inputs=inputs, artifacts_in=files, name="root")
    return Graph("pipeline", Component("root", root.inputs, component.outputs, component.body))
