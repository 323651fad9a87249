"""Two plans: what changed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kfbridge.plan.folder import StoredPlan

_MOST = 400  # lines of one document's difference


@dataclass(frozen=True, slots=True)
class Difference:
    """What a later plan has otherwise than an earlier one.

    `findings` and `documents` by ``added`` and ``removed`` (``changed`` documents are unified differences by path);
    `machines` holds, by task, what it was and what it is (None: the task was not, or is no more).
    """

    findings_added: tuple[Mapping[str, Any], ...] = ()
    findings_removed: tuple[Mapping[str, Any], ...] = ()
    machines: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    documents_added: tuple[str, ...] = ()
    documents_removed: tuple[str, ...] = ()
    documents_changed: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        """Whether nothing changed."""
        return self == Difference()


def difference(before: StoredPlan, after: StoredPlan) -> Difference:
    """What `after` has otherwise than `before`."""
    old, new = before.document, after.document
    shared = before.documents.keys() & after.documents.keys()
    return Difference(
        findings_added=_missing_from(old["findings"], new["findings"]),
        findings_removed=_missing_from(new["findings"], old["findings"]),
        machines=_pairs(old["machines"], new["machines"]),
        documents_added=tuple(sorted(after.documents.keys() - before.documents.keys())),
        documents_removed=tuple(sorted(before.documents.keys() - after.documents.keys())),
        documents_changed={
            path: _text_difference(path, before.documents[path], after.documents[path])
            for path in sorted(shared)
            if before.documents[path] != after.documents[path]
        },
        about=_pairs(*({key: plan[key] for key in ("pipeline", "target", "backend", "ok")} for plan in (old, new))),
    )


def difference_document(found: Difference) -> dict[str, Any]:
    """The difference as JSON data."""
    return {
        "same": found.same,
        "about": _before_after(found.about),
        "findings": {"added": list(found.findings_added), "removed": list(found.findings_removed)},
        "machines": _before_after(found.machines),
        "documents": {
            "added": list(found.documents_added),
            "removed": list(found.documents_removed),
            "changed": dict(found.documents_changed),
        },
    }


def _before_after(pairs: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {key: {"before": before, "after": after} for key, (before, after) in pairs.items()}


def _pairs(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    keys = sorted(old.keys() | new.keys())
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def _missing_from(these: Iterable[Mapping[str, Any]], those: Iterable[Mapping[str, Any]]) -> tuple[Any, ...]:
    known = {json.dumps(one, sort_keys=True) for one in these}
    return tuple(one for one in those if json.dumps(one, sort_keys=True) not in known)


def _text_difference(path: str, before: bytes, after: bytes) -> str:
    try:
        old, new = before.decode("utf-8").splitlines(), after.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return f"{len(before):,} bytes before, {len(after):,} bytes after"
    lines = list(difflib.unified_diff(old, new, f"before/{path}", f"after/{path}", lineterm="", n=2))
    cut = [f"... {len(lines) - _MOST} lines more"] if len(lines) > _MOST else []
    return "\n".join([*lines[:_MOST], *cut])
