"""Kubernetes' strategic merge, for what a task says in a Job's own words: ``set_native("k8s", {...})``.

Objects are merged field by field, null takes a field away. A list is replaced as a whole, unless the API's types name a
merge key for it: then entries of the same key are merged, and new ones go before what the patch does not mention. The
directives ``$patch`` (``merge``, ``replace``, ``delete``), ``$retainKeys`` and ``$deleteFromPrimitiveList/FIELD`` are
understood. The tests compare what comes out with a real API server's; keys of lists that they do not have are recalled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kfbridge.errors import BackendError

KEYS: Final[Mapping[str, str]] = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "resourceClaims": "name",
    "schedulingGates": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "ports": "containerPort",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "ownerReferences": "uid",
}
"""Lists of objects in a Job that are merged, and by what (``patchMergeKey`` in ``k8s.io/api``); others are replaced."""

PRIMITIVES: Final = frozenset({"finalizers"})
"""The lists of texts that are merged as sets (``patchStrategy: merge`` without a key)."""

_PATCH: Final = "$patch"
_RETAIN: Final = "$retainKeys"
_REMOVE: Final = "$deleteFromPrimitiveList/"
_OWN: Final = ("name", "namespace")  # by which the driver finds the Job again


def merge_into_job(job: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The Job with a task's native settings merged into it.

    Raises:
        BackendError: The patch is no part of a Job, or names it anew.
    """
    strange = sorted(set(patch) - {"metadata", "spec"})
    if strange:
        raise _cannot(f"a Job has no field {strange[0]!r}", 'Begin with "spec" (of the Job), or "metadata".')
    metadata = patch.get("metadata") or {}
    for name in _OWN:
        if isinstance(metadata, Mapping) and name in metadata:
            raise _cannot(f"the {name} of a Job is kfbridge's to give", f"Leave metadata.{name} out.")
    return merge(job, patch)


def merge(original: Mapping[str, Any], patch: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """An object with a patch of it merged in.

    Args:
        original: The object.
        patch: What to change, with directives.
        where: The path of the object, for messages.

    Raises:
        BackendError: A directive is unknown, or an entry of a keyed list lacks its key.
    """
    directive = patch.get(_PATCH, "merge")
    if directive not in ("merge", "replace", "delete"):
        raise _cannot(f"{_at(where, _PATCH)} is {directive!r}", "Write merge, replace or delete.")
    if directive != "merge":
        return {} if directive == "delete" else _clean(patch, where)
    retained = patch.get(_RETAIN)
    merged = {key: value for key, value in original.items() if retained is None or key in retained}
    for key, value in patch.items():
        if key.startswith(_REMOVE):
            _remove(merged, key.removeprefix(_REMOVE), value)
        elif key.startswith("$"):
            if key not in (_PATCH, _RETAIN):
                raise _cannot(f"the directive {_at(where, key)} is not known", "Leave it out, or use $patch.")
        elif value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(key, merged.get(key), value, _at(where, key))
    return merged


def _merged(key: str, original: Any, patch: Any, where: str) -> Any:
    if isinstance(patch, Mapping):
        return merge(original if isinstance(original, Mapping) else {}, patch, where)
    if isinstance(patch, Sequence) and not isinstance(patch, str):
        if key in KEYS:
            return _keyed(original or [], patch, KEYS[key], where)
        if key in PRIMITIVES:
            return [*patch, *(one for one in original or () if one not in patch)]
        return [_clean(one, where) if isinstance(one, Mapping) else one for one in patch]
    return patch


def _keyed(original: Sequence[Any], patch: Sequence[Any], key: str, where: str) -> list[Any]:
    """A list whose entries are told apart by `key`."""
    for entry in patch:
        if not isinstance(entry, Mapping) or (key not in entry and entry != {_PATCH: "replace"}):
            raise _cannot(f"an entry of {where} has no {key}, by which it would be merged", f"Give it a {key}.")
    entries = [entry for entry in patch if key in entry]
    if len(entries) < len(patch):  # {"$patch": "replace"} among them: the rest is the whole list
        return [_clean(entry, where) for entry in entries]
    gone = {entry[key] for entry in entries if entry.get(_PATCH) == "delete"}
    present = [entry for entry in original if entry.get(key) not in gone]
    known = {entry.get(key): entry for entry in present}
    changed = [merge(known.get(entry[key], {}), entry, where) for entry in entries if entry[key] not in gone]
    return _ordered(present, changed, key)


def _ordered(present: Sequence[Any], changed: Sequence[Any], key: str) -> list[Any]:
    """What the patch mentions (`changed`) in the patch's order, and between it what it does not, in the old order.

    An entry that is not mentioned goes before the next mentioned one that it was before already, else after.
    """
    places = {entry.get(key): number for number, entry in enumerate(present)}
    mentioned = {entry[key] for entry in changed}
    right = list(changed)
    left = [entry for entry in present if entry.get(key) not in mentioned]
    found: list[Any] = []
    while left and right:
        place = places.get(right[0][key])
        first = left if place is not None and places[left[0].get(key)] < place else right
        found.append(first.pop(0))
    return [*found, *left, *right]


def _remove(merged: dict[str, Any], field: str, gone: Sequence[Any]) -> None:
    merged[field] = [one for one in merged.get(field) or () if one not in gone]


def _clean(value: Mapping[str, Any], where: str) -> dict[str, Any]:
    """An object that comes in whole: merged into nothing, so that no directive and no null stays in it."""
    return merge({}, {key: part for key, part in value.items() if key != _PATCH}, where)


def _at(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _cannot(reason: str, remedy: str) -> BackendError:
    return BackendError(f'its set_native("k8s", ...) cannot be merged: {reason}', remedy=remedy, backend="k8s")
