"""How the end of a step reads to a person."""

from __future__ import annotations

import json
import signal as signals
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_WHY = {
    signals.SIGKILL: "often out of memory: look at what the machine had left, or run fewer steps at once (--parallel)",
    signals.SIGSEGV: "a fault in native code that the step uses",
    signals.SIGABRT: "native code that the step uses gave up",
    signals.SIGTERM: "something asked it to end",
}
_CODES = {
    126: "the command cannot be executed",
    127: "the command was not found",
}


def signal_name(number: int) -> str:
    """``SIGKILL`` for 9, and the number itself for one without a name."""
    try:
        return signals.Signals(number).name
    except ValueError:
        return f"signal {number}"


def killed(task: str, number: int, look: str, why: str | None = None) -> str:
    """The sentence for a step that a signal ended.

    Args:
        task: The step.
        number: The signal.
        look: Where its output is, as a line of its own.
        why: What is known of the cause; what such a signal mostly means when left out.
    """
    name = signal_name(number)
    spoken = f"signal {number} ({name})" if name.startswith("SIG") else name
    meaning = why or (_WHY[signals.Signals(number)] if number in set(_WHY) else "")
    return f"step {task} was killed by {spoken}{f', {meaning}' if meaning else ''}\n{look}"


def exited(task: str, code: int, look: str, error: Mapping[str, Any] | None = None, last: str = "") -> str:
    """The sentence for a step that ended with a code other than 0.

    Args:
        task: The step.
        code: The exit code.
        look: Where its output is, as a line of its own.
        error: What the runtime recorded (`read_error`).
        last: The last line that it printed, where that is known.
    """
    if error is None:
        if code > 128 and code - 128 in {item.value for item in signals.Signals}:
            return killed(task, code - 128, look)
        why = _CODES.get(code) or last
        return f"step {task} ended with exit code {code}{f': {why}' if why else ''}\n{look}"
    message = " ".join(str(error.get("message", "")).split())
    kind = "" if error["type"] == "StepError" else str(error["type"])
    said = ": ".join(part for part in (kind, message[:500]) if part)
    return f"{said}{_line(error)}\n{look}"


def not_started(task: str, reason: str, look: str) -> str:
    """The sentence for a step whose process could not be started."""
    return f"step {task} could not be started: {reason}\n{look}"


def read_error(text: str) -> dict[str, Any] | None:
    """What the runtime recorded of a failure (``KFBRIDGE_ERROR_FILE``); None for any other text."""
    try:
        error = json.loads(text)
    except ValueError:
        return None
    return error if isinstance(error, dict) and "type" in error else None


def read_error_file(file: Path | None) -> dict[str, Any] | None:
    """The same from its file; None where there is none."""
    if file is None:
        return None
    try:
        return read_error(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _line(error: Mapping[str, Any]) -> str:
    if not error.get("text"):
        return ""
    place = f" in {error['function']}" if error.get("function") not in (None, "<module>") else ""
    return f" (at `{str(error['text']).strip()[:120]}`, line {error.get('line')}{place})"
