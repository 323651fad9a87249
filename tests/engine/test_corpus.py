"""Every pipeline of the KFP corpus runs to its end, also after a crash, over steps that only pretend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kfbridge.engine.events import RunResumed, TaskSucceeded
from kfbridge.engine.scheduler import fold
from kfbridge.graph.model import MISSING, Graph, ParameterType
from kfbridge.graph.resolve import resolve
from kfbridge.spec.read import read_file
from tests.conftest import corpus_files
from tests.engine.fake import World, plain

ANYTHING: dict[ParameterType, Any] = {
    ParameterType.STRING: "s",
    ParameterType.NUMBER_INTEGER: 3,
    ParameterType.NUMBER_DOUBLE: 0.5,
    ParameterType.BOOLEAN: True,
    ParameterType.LIST: [1, 2],
    ParameterType.STRUCT: {"a": 1},
}
# These loop over lists of structs, which the pretended steps do not make.
STRUCTS = {"pipeline_with_loops_and_conditions.yaml", "pipeline_with_parallelfor_parallelism.yaml"}


def some_arguments(graph: Graph) -> dict[str, Any]:
    ports = graph.root.inputs
    needed = {name: port for name, port in ports.parameters.items() if port.default is MISSING and not port.optional}
    return {name: ANYTHING[port.type] for name, port in needed.items()} | dict.fromkeys(ports.artifacts, "gs://b/data")


@pytest.mark.corpus
@pytest.mark.parametrize(
    "path",
    corpus_files("valid", "argo_compatibility", "kubernetes"),
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_it_runs_to_its_end(path: Path) -> None:
    graph = resolve(read_file(path))
    world = World(graph).run(**some_arguments(graph))
    if path.name not in STRUCTS:
        assert world.ended == "succeeded"
        assert not [view.reason for view in world.scheduler.tasks() if view.state in ("failed", "pending", "running")]
    for position in {1, len(world.events) // 3, 2 * len(world.events) // 3, len(world.events)}:
        kept = world.events[: max(1, position)]
        again = World(graph, plain)
        again.scheduler = fold(graph, kept)
        again.events = list(kept)
        again.forgetful = True
        again.tell(RunResumed(world.now))
        again.run()
        assert again.states() == world.states()
        assert again.scheduler.outputs() == world.scheduler.outputs()
        done = {event.key for event in kept if isinstance(event, TaskSucceeded)}
        assert not done & {start.partition("#")[0] for start in again.started}
