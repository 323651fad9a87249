"""``kfbridge targets``."""

from __future__ import annotations

from typing import Any

import click

from kfbridge.cli.display_text import table_lines
from kfbridge.cli.options import common_options


@click.command("targets")
@click.option("--config", metavar="FILE", help="The configuration file, instead of the nearest kfbridge.toml.")
@common_options
def command(config: str | None, as_json: bool) -> None:
    """List the targets of kfbridge.toml, and what each lacks."""
    from kfbridge import api
    from kfbridge.cli.document import write_document

    entries = api.targets(config=config)
    if as_json:
        write_document({"targets": [_document(entry) for entry in entries]})
        return
    rows = [("TARGET", "BACKEND", "READY", "PLACE")]
    for entry in entries:
        name = f"{entry.name} (default)" if entry.default else entry.name
        ready = "no" if entry.problems or entry.missing else "checks only" if entry.checks_only else "yes"
        rows.append((name, entry.backend, ready, entry.where or "built in"))
    for line, one in zip(table_lines(rows), [None, *entries], strict=True):
        click.echo(line)
        for problem in one.problems if one else ():
            click.echo(f"    {problem.reason}")
            click.echo(f"      {problem.remedy}")
        for module, install in one.missing.items() if one else ():
            click.echo(f"    The module {module} is not installed; plans work, runs need it.\n      {install}")


def _document(entry: Any) -> dict[str, Any]:
    return {
        "name": entry.name,
        "backend": entry.backend,
        "default": entry.default,
        "checks_only": entry.checks_only,
        "ok": not entry.problems and not entry.missing,
        "where": entry.where,
        "settings": entry.settings,
        "problems": [{"reason": one.reason, "where": one.where, "remedy": one.remedy or ""} for one in entry.problems],
        "missing": entry.missing,
    }
