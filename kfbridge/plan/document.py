"""Plans and findings as JSON data, in the shape that stays the same from version to version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kfbridge.findings import Finding
from kfbridge.plan.model import Plan

PLAN_FILE = "plan.json"
"""The name of the file in a plan's folder that holds `plan_document`."""


def finding_document(finding: Finding) -> dict[str, Any]:
    """One finding."""
    return {
        "feature": finding.feature,
        "task": finding.task,
        "level": finding.level.value,
        "reason": finding.reason,
        "remedy": finding.remedy,
        "where": finding.where,
    }


def plan_document(plan: Plan) -> dict[str, Any]:
    """A plan: its findings, what machine each step gets, and the paths of its documents."""
    return {
        "pipeline": plan.pipeline,
        "target": plan.target.name,
        "backend": plan.target.config.backend,
        "ok": plan.ok,
        "findings": [finding_document(finding) for finding in plan.findings],
        "machines": {task: dict(machine) for task, machine in sorted(plan.machines.items())},
        "documents": sorted(plan.documents),
    }


def plan_files(plan: Plan) -> dict[str, bytes]:
    """Every file of a plan's folder, by its path in it: the native documents, and `PLAN_FILE`."""
    return {**dict(sorted(plan.documents.items())), PLAN_FILE: json_bytes(plan_document(plan))}


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """A JSON document as the bytes that every kfbridge writes for it."""
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
