"""What a target does with a pipeline, as ``kfbridge check`` tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kfbridge.findings import Finding, Level
from kfbridge.plan.document import finding_document
from kfbridge.target import Target


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that a backend says about a pipeline on one target.

    The target's name is empty where kfbridge.toml has no target of the backend: then `target` holds examples of the
    settings that it would need. `machines` is what each step gets, by its path, where the backend chooses machines.
    """

    pipeline: str
    target: Target
    findings: tuple[Finding, ...]
    machines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is refused."""
        return not any(finding.level is Level.REFUSED for finding in self.findings)


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """One verdict as JSON data, in the shape of a plan; documents are a plan's own."""
    return {
        "pipeline": verdict.pipeline,
        "target": verdict.target.name,
        "backend": verdict.target.config.backend,
        "ok": verdict.ok,
        "findings": [finding_document(finding) for finding in verdict.findings],
        "machines": {task: dict(machine) for task, machine in sorted(verdict.machines.items())},
        "documents": [],
    }


def check_document(verdicts: list[Verdict]) -> dict[str, Any]:
    """The document of ``kfbridge check --json``: one verdict as it is, several under ``targets``."""
    documents = [verdict_document(verdict) for verdict in verdicts]
    return documents[0] if len(documents) == 1 else {"pipeline": verdicts[0].pipeline, "targets": documents}
