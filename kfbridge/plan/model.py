"""A plan: what exactly would be done, made offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kfbridge.findings import Finding, Level
from kfbridge.graph.model import Graph
from kfbridge.target import Target


@dataclass(frozen=True, slots=True)
class Plan:
    """What exactly would be done with a pipeline on a target.

    `documents` are the native documents by their path under the folder that ``plan -o`` writes; `machines` what each
    step gets, by task path, as JSON data; `findings` everything that the backend has to say.
    """

    pipeline: str
    target: Target
    graph: Graph
    arguments: Mapping[str, Any]
    spec_text: str
    findings: tuple[Finding, ...] = ()
    documents: Mapping[str, bytes] = field(default_factory=dict)
    machines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is refused."""
        return not any(finding.level is Level.REFUSED for finding in self.findings)
