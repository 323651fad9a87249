"""How the end of a step's process reads to a person."""

from __future__ import annotations

import json
import signal as signals
from pathlib import Path
from typing import Any

from kfbridge.backends.local.commands import signal_name

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


def killed(task: str, number: int, log: Path) -> str:
    """The sentence for a step that a signal ended."""
    name = signal_name(number)
    spoken = f"signal {number} ({name})" if name.startswith("SIG") else name
    why = f", {_WHY[signals.Signals(number)]}" if number in set(_WHY) else ""
    return f"step {task} was killed by {spoken}{why}\n{_look(log)}"


def exited(task: str, code: int, log: Path, error_file: Path | None = None) -> str:
    """The sentence for a step that ended with a code other than 0; `error_file` is what the runtime recorded."""
    error = _recorded(error_file)
    if error is None:
        if code > 128 and code - 128 in {item.value for item in signals.Signals}:
            return killed(task, code - 128, log)
        why = f": {_CODES[code]}" if code in _CODES else ""
        return f"step {task} ended with exit code {code}{why}\n{_look(log)}"
    message = " ".join(str(error.get("message", "")).split())
    kind = "" if error["type"] == "StepError" else str(error["type"])
    said = ": ".join(part for part in (kind, message[:500]) if part)
    return f"{said}{_line(error)}\n{_look(log)}"


def not_started(task: str, reason: str, log: Path) -> str:
    """The sentence for a step whose process could not be started."""
    return f"step {task} could not be started: {reason}\n{_look(log)}"


def _line(error: dict[str, Any]) -> str:
    if not error.get("text"):
        return ""
    place = f" in {error['function']}" if error.get("function") not in (None, "<module>") else ""
    return f" (at `{str(error['text']).strip()[:120]}`, line {error.get('line')}{place})"


def _look(log: Path) -> str:
    return f"its output is in {log}"


def _recorded(file: Path | None) -> dict[str, Any] | None:
    if file is None:
        return None
    try:
        error = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return error if isinstance(error, dict) and "type" in error else None
