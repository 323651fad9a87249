"""The text of kfbridge.toml: reading it, and finding the line that a message is about."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from kfbridge.errors import UsageError
from kfbridge.spelling import hint

TOP_LEVEL_KEYS: Final = ("default", "targets")


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """The text of a configuration file and its content, in the form that kfbridge takes.

    Raises:
        UsageError: It cannot be read, is not TOML, or has keys that mean nothing.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(
            f"The configuration {path} cannot be read: {reason}.", remedy="Correct the path after --config."
        ) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"The configuration is not valid TOML: {error}.", where=str(path), remedy="Correct that line."
        ) from error
    _check_shape(path, text, content)
    return text, content


def _check_shape(path: Path, text: str, content: dict[str, Any]) -> None:
    for key in content:
        if key not in TOP_LEVEL_KEYS:
            line = _line_of_key(text.splitlines(), key, 0)
            where = f"{path}:{line}" if line else str(path)
            remedy = f"{hint(key, TOP_LEVEL_KEYS)}Settings of a target stand under [targets.NAME]."
            raise UsageError(f"The key {key!r} means nothing at the top of the file.", where=where, remedy=remedy)
    if not isinstance(content.get("default", ""), str):
        raise UsageError("The key 'default' is not text.", where=str(path), remedy="Give it the name of a target.")
    targets = content.get("targets", {})
    sections = targets if isinstance(targets, dict) else {"": None}
    wrong = next((name for name, section in sections.items() if not isinstance(section, dict)), None)
    if wrong is not None:
        what = f"targets.{wrong}".rstrip(".")
        raise UsageError(f"{what!r} is not a table.", where=str(path), remedy="Write a section [targets.NAME].")


def parse_value(text: str) -> Any:
    """One TOML value, such as ``[1, 2]`` or ``{ a = 1 }``; the text itself where it is none."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def line_of(text: str, target: str, key: str | None) -> int | None:
    """The line of `key` in the section of `target`, or of the section's head; None when it is not found."""
    lines = text.splitlines()
    heads = {f"[targets.{quote}{target}{quote}]" for quote in ("", '"', "'")}
    for number, line in enumerate(lines, 1):
        if line.split("#")[0].replace(" ", "").strip() in heads:
            return (key and _line_of_key(lines, key, number)) or number
    return None


def _line_of_key(lines: list[str], key: str, after: int) -> int | None:
    for number, line in enumerate(lines[after:], after + 1):
        head = line.strip()
        if head.startswith("[") and after:
            return None
        if head.strip("[]").split("=")[0].strip().strip("\"'") == key:
            return number
    return None
