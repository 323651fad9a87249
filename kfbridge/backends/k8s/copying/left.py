"""``left.json``: all that a staged step left but its data, in one document that the runner reads in one request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kfbridge.errors import RunError

LEFT: Final = "left.json"
"""Its name in the attempt's folder. It is written last: where it is, everything else is stored."""

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Left:
    """What a step left.

    Attributes:
        executor_output: The text of ``executor_output.json``, with the URIs under which data are stored now and
            without the paths that they had in the pod; None where the step wrote none.
        parameters: The texts of the files of output parameters, by name.
        artifacts: The URIs of each output artifact that have data; of one with metadata alone, none.
    """

    executor_output: str | None
    parameters: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def read_output(self) -> str | None:
        """See `kfbridge.engine.outputs.collect`."""
        return self.executor_output

    def read_parameter(self, name: str) -> str | None:
        """See `kfbridge.engine.outputs.collect`."""
        return self.parameters.get(name)

    def to_bytes(self) -> bytes:
        """As JSON."""
        document = {
            "version": _VERSION,
            "executor_output": self.executor_output,
            "parameters": dict(self.parameters),
            "artifacts": {name: list(uris) for name, uris in self.artifacts.items()},
        }
        return json.dumps(document).encode()


def read_left(data: bytes) -> Left:
    """Read what `Left.to_bytes` wrote.

    Raises:
        RunError: It is something else, or of another version.
    """
    try:
        document = json.loads(data)
        if document["version"] != _VERSION:
            raise ValueError(f"it is of version {document['version']}")
        return Left(document["executor_output"], dict(document["parameters"]), dict(document["artifacts"]))
    except (ValueError, LookupError, TypeError) as error:
        raise RunError(
            f"what its staging container wrote as {LEFT} cannot be read: {error}",
            remedy="Use an image of the same version of kfbridge as the one that runs the pipeline: runtime_image.",
        ) from error
