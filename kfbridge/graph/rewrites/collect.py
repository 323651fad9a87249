"""What stands for the list that a loop collected, once the loop is unrolled.

A parameter whose producers are sure to run is a constant list of placeholders, as KFP itself compiles ``[a.output,
b.output]``: no step is needed. Elsewhere a small step puts the list together out of what was made: it needs python3 in
its image and nothing else. Its component is a container because a Python function cannot return a list of artifacts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kfbridge.graph.model import ArtifactBinding, Constant, ParameterBinding, TaskOutput
from kfbridge.graph.rewrites.names import Names
from kfbridge.graph.rewrites.part import Face, Group, Json, Leaf, Part
from kfbridge.graph.rewrites.sure import needs
from kfbridge.spec.expression import names

OUTPUT = "Output"
"""The output of the step that collects."""

SCRIPT = """\
import json, os, sys
given, kind, count = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3])
inputs, target = given["inputs"], given["outputs"]["outputFile"]
keys = ["item-%d" % number for number in range(count)]
if kind == "parameters":
    values = inputs.get("parameterValues", {})
    made = {"parameterValues": {"Output": [values[key] for key in keys if key in values]}}
else:
    values = inputs.get("artifacts", {})
    found = [one for key in keys for one in values.get(key, {}).get("artifacts", [])]
    made = {"artifacts": {"Output": {"artifacts": found}}}
os.makedirs(os.path.dirname(target), exist_ok=True)
with open(target, "w") as file:
    json.dump(made, file)
"""


def as_list(part: Part, name: str, sources: Sequence[TaskOutput]) -> Part:
    """The task with its parameter `name` fed with the list of these outputs, all of which are sure to be made."""
    free = Names((*part.parameters, *part.artifacts, *part.face.inputs.parameters, *part.face.inputs.artifacts))
    fed = {free.take("pipelinechannel-", source.task, source.key): ParameterBinding(source) for source in sources}
    items = ParameterBinding(Constant([f"{{{{$.inputs.parameters['{one}']}}}}" for one in fed]))
    return replace(part, parameters={**part.parameters, name: items, **fed})


def collecting_step(
    loop: Part, ends: Sequence[str], kind: str, key: str, sources: Sequence[TaskOutput], image: str
) -> Part:
    """The step that collects an output of all iterations of `loop`; it is skipped where the loop would be.

    What an iteration did not make is not in the list, as in the loop's own.
    """
    made = output_data(iteration_face(loop), kind, key)
    guards = _guards(loop)
    ports = {(one, name): loop.face.port_data(one, name) for one, name in guards}
    ports |= {(kind, f"item-{number}"): {**_typed(made), "isOptional": True} for number in range(len(sources))}
    output = {"parameterType": "LIST"} if kind == "parameters" else {**_typed(made), "isArtifactList": True}
    fed = {name: ParameterBinding(source) for name, source in _items("parameters", kind, sources).items()}
    fed_artifacts = {name: ArtifactBinding(source) for name, source in _items("artifacts", kind, sources).items()}
    return Part(
        Face.of("comp-collect", {"outputDefinitions": {kind: {OUTPUT: output}}}).with_inputs(ports),
        _leaf(kind, len(sources), image),
        {name: loop.parameters[name] for one, name in guards if one == "parameters"} | fed,
        {name: loop.artifacts[name] for one, name in guards if one == "artifacts"} | fed_artifacts,
        tuple(sorted({*ends, *(loop.after if guards else ())})),
        loop.condition,
        rest={"taskInfo": {"name": "collect"}, "cachingOptions": dict(loop.rest.get("cachingOptions") or {})},
    )


def iteration_face(loop: Part) -> Face:
    """What one iteration of a loop shows: compilers declare lists as the outputs of the dag in a loop."""
    if not isinstance(loop.body, Group):
        return loop.face
    declared = loop.face.data.get("outputDefinitions") or {}
    definitions = {
        kind: {key: {**port, **_made_inside(loop.body, kind, key)} for key, port in ports.items()}
        for kind, ports in declared.items()
    }
    return Face.of(loop.face.name, {**loop.face.data, "outputDefinitions": definitions} if declared else loop.face.data)


def output_data(face: Face, kind: str, key: str) -> Json:
    """An output as it is in the file."""
    found: Json = ((face.data.get("outputDefinitions") or {}).get(kind) or {}).get(key) or {}
    return found


def _made_inside(group: Group, kind: str, key: str) -> Json:
    """The type of an output of a dag, as the steps in it make it; empty where they differ."""
    found = [_made_by(group.tasks[one.task], kind, one.key) for one in group.selectors(kind).get(key, ())]
    return found[0] if found and all(one == found[0] for one in found) else {}


def _made_by(part: Part, kind: str, key: str) -> Json:
    inner = part.body
    made = _made_inside(inner, kind, key) if isinstance(inner, Group) else _typed(output_data(part.face, kind, key))
    if part.loop is None or not made:
        return made
    return {"parameterType": "LIST"} if kind == "parameters" else {**made, "isArtifactList": True}


def _typed(port: Json) -> Json:
    """What of an output port an input port has, too."""
    return {
        field: port[field] for field in ("type", "parameterType", "artifactType", "isArtifactList") if field in port
    }


def _items(kind: str, wanted: str, sources: Sequence[TaskOutput]) -> dict[str, TaskOutput]:
    return {f"item-{number}": source for number, source in enumerate(sources)} if kind == wanted else {}


def _guards(loop: Part) -> list[tuple[str, str]]:
    """The inputs of the loop without which it is skipped, or which its condition reads."""
    found = [(kind, name) for kind, name, _ in loop.reads if needs(loop.face, kind, name) and not loop.always]
    read = names(loop.condition) if loop.condition is not None else frozenset()
    found += [("parameters", name) for name in sorted(read) if name in loop.parameters]
    return list(dict.fromkeys(found))


def _leaf(kind: str, count: int, image: str) -> Leaf:
    container = {"image": image, "command": ["python3", "-c", SCRIPT], "args": ["{{$}}", kind, str(count)]}
    return Leaf("exec-collect", {"container": container})
