"""``kfbridge backends``."""

from __future__ import annotations

from dataclasses import asdict

import click

from kfbridge.cli.display_text import table_lines
from kfbridge.cli.options import common_options


@click.command("backends")
@common_options
def command(as_json: bool) -> None:
    """List the backends that are installed, what brings each, and what each lacks."""
    from kfbridge import api
    from kfbridge.cli.document import write_document

    entries = api.backends()
    if as_json:
        write_document({"backends": [asdict(entry) for entry in entries]})
        return
    rows = [("BACKEND", "FROM", "RUNS", "")]
    for entry in entries:
        runs = "broken" if entry.error else "checks" if entry.checks_only else "no" if entry.missing else "yes"
        lacks = entry.error or "; ".join(dict.fromkeys(entry.missing.values()))
        rows.append((entry.name, f"{entry.package} {entry.version}".strip(), runs, lacks))
    for line in table_lines(rows):
        click.echo(line)
