"""JSON documents that are replaced as a whole: a reader, or a crash, sees the old one or the new one, never half."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from kfbridge.errors import RunError

SCHEMA = 1
"""The form of the documents. New fields leave it as it is; a change that older readers would misread raises it."""

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",\n ", ": ")).encode
D = TypeVar("D")


def document_text(data: Mapping[str, Any]) -> str:
    """The document as text, an entry a line: people can read it, and it is written at the speed of compact JSON."""
    return _encode(data) + "\n"


def write_whole(path: Path, text: str) -> None:
    """Write a file through a neighbour that takes its name at the end.

    Raises:
        RunError: The folder cannot be written (no permission, disk full).
    """
    draft = path.with_name(f".{path.name[:200]}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")  # JSON reads the escapes back
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise RunError(
            f"{path} cannot be written: {error.strerror or error}.",
            remedy="Free space or give write permission there; a run that began continues with: kfbridge resume RUN",
        ) from error


def read_document(text: str | bytes) -> dict[str, Any]:
    """The object in a document that this version understands.

    Raises:
        ValueError: It is no JSON object, or a newer version wrote it in a form that is not understood here.
    """
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")
    schema = document.get("schema", SCHEMA)
    if not isinstance(schema, int) or schema > SCHEMA:
        raise ValueError(f"it has the schema {schema!r}, and this version of kfbridge reads {SCHEMA} at most")
    return document


def from_document(kind: type[D], document: Mapping[str, Any]) -> D:
    """The dataclass `kind` with the fields that it knows; those that a newer kfbridge added are ignored.

    Raises:
        TypeError: One that it needs is missing.
    """
    known = _names(kind)  # type: ignore[arg-type]  # a class is hashable
    return kind(**{name: value for name, value in document.items() if name in known})


@lru_cache(maxsize=8)
def _names(kind: type[Any]) -> frozenset[str]:
    return frozenset(item.name for item in fields(kind))
