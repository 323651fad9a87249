"""What goes wrong, as a sentence and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from typing import TextIO

import click

from kfbridge.errors import KfbridgeError, KfbridgeWarning

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def report(error: BaseException, *, as_json: bool, debug: bool) -> int:
    """Tell what went wrong on standard error, with `as_json` also as a document on standard output.

    Args:
        error: What was raised.
        as_json: Whether the caller asked for ``--json``.
        debug: Whether to show the traceback; KFBRIDGE_DEBUG asks for it too.

    Returns:
        The exit code.
    """
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 0 if error.code is None else 2
    if isinstance(error, (KeyboardInterrupt, click.exceptions.Abort)):
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    if debug or os.environ.get("KFBRIDGE_DEBUG"):
        traceback.print_exception(error)
    text, code = _told(error)
    print(f"error: {text}", file=sys.stderr)
    if as_json:
        from kfbridge.cli.document import write_document

        known = error if isinstance(error, KfbridgeError) else None
        parts = {name: getattr(known, name, None) for name in ("where", "remedy", "backend")}
        write_document({"error": text, **parts})
    return code


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """In place of `warnings.showwarning`: ours as a sentence, others as Python shows them."""
    text = f"warning: {message}\n"
    if not issubclass(category, KfbridgeWarning):
        text = warnings.formatwarning(message, category, filename, lineno, line)
    (file or sys.stderr).write(text)


def _told(error: BaseException) -> tuple[str, int]:
    if isinstance(error, KfbridgeError):
        return str(error), error.exit_code
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        help_line = f"\n  See: {context.command_path} --help" if context is not None else ""
        return f"{error.format_message()}{help_line}", error.exit_code
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}", 1
    kind = type(error).__name__
    return f"{kind}: {error}\n  This is a fault in kfbridge; --debug shows where. Please report it.", 1
