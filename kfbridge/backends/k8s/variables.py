"""Settings that make variables: keys of Secrets and ConfigMaps, and fields of the pod."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kfbridge.backends.k8s.draft import Draft
from kfbridge.backends.k8s.reference import name_of

Entries = Sequence[Mapping[str, Any]]


def from_keys(prefix: str, selector: str) -> Callable[[Draft, Entries], None]:
    """The setting ``PREFIXAsEnv``; `selector` is what a container calls such a reference.

    An entry whose name is an optional input that was not given is left out, as in KFP.
    """

    def apply(draft: Draft, entries: Entries) -> None:
        for entry in entries:
            name = name_of(entry, prefix)
            optional = {"optional": entry["optional"]} if entry.get("optional") is not None else {}
            for pair in entry.get("keyToEnv") or () if name else ():
                chosen = {"name": name, "key": pair.get(f"{prefix}Key", ""), **optional}
                draft.variable(pair.get("envVar", ""), {selector: chosen})

    return apply


def from_fields(draft: Draft, entries: Entries) -> None:
    """The setting ``fieldPathAsEnv``."""
    for entry in entries:
        draft.variable(entry.get("name", ""), {"fieldRef": {"fieldPath": entry.get("fieldPath", "")}})
