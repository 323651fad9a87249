"""Kubernetes objects as text; every manifest that kfbridge shows or writes comes from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kfbridge.spec.write import write_yaml


def manifest_text(documents: Sequence[Mapping[str, Any]], header: str = "") -> str:
    """Objects as one YAML file, keys sorted: the same objects give the same bytes.

    Args:
        documents: The objects, in the order in which they are to be made.
        header: A comment for the top.
    """
    return write_yaml(list(documents), header)
