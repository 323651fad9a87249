"""At most so many iterations at once, without a loop.

The iterations are dealt out to as many lanes: iteration ``i`` waits for iteration ``i - p``, so that at most ``p`` run
at the same time. A loop would start the next one as soon as any has ended; lanes may start it later, never earlier.

Iterations are independent: one that fails, or that is skipped, must not keep the next one in its lane from running. An
edge between them would. So between them stands a *gate*, an importer that runs however the iteration before it ended;
the next iteration waits for the gate. A gate starts no job where importers do not. Its artifact is of no use.
"""

from __future__ import annotations

from kfbridge.graph.model import Constant, ParameterBinding
from kfbridge.graph.rewrites.part import Face, Leaf, Part

_TYPE = {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"}
_FACE = Face.of(
    "comp-lane",
    {
        "inputDefinitions": {"parameters": {"uri": {"parameterType": "STRING"}}},
        "outputDefinitions": {"artifacts": {"artifact": {"artifactType": _TYPE}}},
    },
)
_URI = "kfbridge://lane"
_LEAF = Leaf("exec-lane", {"importer": {"artifactUri": {"constant": _URI}, "typeSchema": _TYPE}})


def gate(after: tuple[str, ...]) -> Part:
    """A task that does nothing once the tasks `after` have ended, however they ended."""
    return Part(
        _FACE,
        _LEAF,
        {"uri": ParameterBinding(Constant(_URI))},
        after=after,
        always=True,
        rest={"taskInfo": {"name": "lane"}, "cachingOptions": {}},
    )


def is_gate(part: Part) -> bool:
    """Whether a task is one that `gate` made, also in a document that was written in between."""
    return isinstance(part.body, Leaf) and part.body.executor == _LEAF.executor
