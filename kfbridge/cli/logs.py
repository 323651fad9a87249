"""``kfbridge logs``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from kfbridge.cli.options import all_settings, target_options


@click.command("logs")
@click.argument("run", default="latest")
@click.argument("task", required=False)
@click.option("-f", "--follow", is_flag=True, help="Wait for more until the run ends.")
@target_options
def command(
    run: str,
    task: str | None,
    follow: bool,
    target: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what the steps of RUN printed: all of them, or TASK alone (its name or its path).

    RUN is a run's id, a unique beginning of one, or `latest`, the default.
    """
    from kfbridge import api

    lines = api.logs(run, task, follow=follow, target=target, config=config, settings=all_settings(settings))
    if as_json:
        _write_json(lines)
    elif task is not None:
        sys.stdout.writelines(f"{line}\n" for _, line in lines)
    else:
        sys.stdout.writelines(f"{key} | {line}\n" for key, line in lines)


def _write_json(lines: Iterator[tuple[str, str]]) -> None:
    """One document, written as the lines come: a log may be larger than memory."""
    sys.stdout.write('{"lines": [')
    for number, (task, line) in enumerate(lines):
        entry = json.dumps({"task": task, "line": line}, ensure_ascii=False)
        sys.stdout.write(f"{',' if number else ''}\n  {entry}")
    sys.stdout.write("\n]}\n")
