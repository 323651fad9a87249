"""Settings that choose nodes: selectors, tolerations, affinities; and those of several sources put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Final

from kfbridge.backends.k8s.draft import Draft
from kfbridge.backends.k8s.reference import json_of, number

Entries = Sequence[Mapping[str, Any]]

REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_MATCHES: Final = ("matchExpressions", "matchFields")


def node_selector(draft: Draft, setting: Mapping[str, Any]) -> None:
    """The setting ``nodeSelector``; its JSON form, where it was given, counts instead of its labels."""
    labels = json_of(setting, "nodeSelectorJson", dict) if "nodeSelectorJson" in setting else setting.get("labels")
    require_labels(draft, labels or {})


def require_labels(draft: Draft, labels: Mapping[str, Any]) -> None:
    """Labels that the node must have, besides those required already."""
    if labels:
        draft.spec["nodeSelector"] = {**draft.spec.get("nodeSelector", {}), **{key: str(labels[key]) for key in labels}}


def tolerations(draft: Draft, entries: Entries) -> None:
    """The setting ``tolerations``; its JSON form is one, or a list."""
    for entry in entries:
        found = json_of(entry, "tolerationJson", dict, list) if "tolerationJson" in entry else dict(entry)
        tolerate(draft, [found] if isinstance(found, Mapping) else found or [])


def tolerate(draft: Draft, found: Entries) -> None:
    """Put up with taints, each said once."""
    present: list[dict[str, Any]] = draft.spec.get("tolerations", [])
    for one in found:
        toleration = {key: value for key, value in one.items() if value not in (None, "")}
        if "tolerationSeconds" in toleration:
            toleration["tolerationSeconds"] = number(toleration["tolerationSeconds"], "tolerationSeconds")
        if toleration and toleration not in present:
            present = [*present, toleration]
    if present:
        draft.spec["tolerations"] = present


def node_affinity(draft: Draft, entries: Entries) -> None:
    """The setting ``nodeAffinity``: any one of the terms without a weight must fit, those with one are preferred."""
    required: list[Any] = []
    preferred: list[Any] = []
    for entry in entries:
        if "nodeAffinityJson" in entry:
            whole = json_of(entry, "nodeAffinityJson", dict) or {}
            required += (whole.get(REQUIRED) or {}).get("nodeSelectorTerms", ())
            preferred += whole.get(PREFERRED) or ()
            continue
        term = {name: [dict(one) for one in entry[name]] for name in _MATCHES if entry.get(name)}
        if not term:
            continue  # it would fit no node; KFP leaves it out, too
        if entry.get("weight") is None:
            required.append(term)
        else:
            preferred.append({"weight": number(entry["weight"], "weight"), "preference": term})
    require_nodes(draft, required)
    prefer(draft, "nodeAffinity", preferred)


def require_nodes(draft: Draft, terms: Entries) -> None:
    """Nodes that fit one of the terms, and one of those required already: each of these with each of those."""
    if not terms:
        return
    affinity = _affinity(draft, "nodeAffinity")
    before = (affinity.get(REQUIRED) or {}).get("nodeSelectorTerms") or [{}]
    joined = [
        {name: [*one.get(name, ()), *other.get(name, ())] for name in _MATCHES if one.get(name) or other.get(name)}
        for one, other in product(before, terms)
    ]
    affinity[REQUIRED] = {"nodeSelectorTerms": joined}


def prefer(draft: Draft, kind: str, terms: Entries) -> None:
    """Preferences, besides those there are."""
    if terms:
        affinity = _affinity(draft, kind)
        affinity[PREFERRED] = [*affinity.get(PREFERRED, ()), *terms]


def pod_affinity(draft: Draft, entries: Entries) -> None:
    """The setting ``podAffinity``: pods to run near, or away from; preferred where there is a weight."""
    for entry in entries:
        term: dict[str, Any] = {"topologyKey": entry.get("topologyKey", "")}
        for name, part in (("labelSelector", "Pod"), ("namespaceSelector", "Namespace")):
            selector = _selector(entry, part)
            if selector:
                term[name] = selector
        if entry.get("namespaces"):
            term["namespaces"] = list(entry["namespaces"])
        kind = "podAntiAffinity" if entry.get("anti") else "podAffinity"
        if entry.get("weight") is None:
            affinity = _affinity(draft, kind)
            affinity[REQUIRED] = [*affinity.get(REQUIRED, ()), term]
        else:
            prefer(draft, kind, [{"weight": number(entry["weight"], "weight"), "podAffinityTerm": term}])


def _selector(entry: Mapping[str, Any], part: str) -> dict[str, Any]:
    labels, expressions = entry.get(f"match{part}Labels"), entry.get(f"match{part}Expressions")
    found = {"matchLabels": dict(labels or {}), "matchExpressions": [dict(one) for one in expressions or ()]}
    return {name: value for name, value in found.items() if value}


def _affinity(draft: Draft, kind: str) -> dict[str, Any]:
    affinity: dict[str, Any] = draft.spec.setdefault("affinity", {})
    found: dict[str, Any] = affinity.setdefault(kind, {})
    return found
