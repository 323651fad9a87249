"""``kfbridge doctor``."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

import click

from kfbridge.cli.options import all_settings, target_options

_MARKS = {True: ("ok", "green"), False: ("no", "red"), None: ("?", "yellow")}


@click.command("doctor")
@click.option("--live", is_flag=True, help="Also run the smallest pipeline there; costs what two short steps cost.")
@target_options
def command(live: bool, target: str | None, config: str | None, settings: tuple[str, ...], as_json: bool) -> int:
    """Look whether a target is ready for runs: modules, credentials, reachability, permissions, versions.

    What cannot be looked at is marked with a question mark.

    Exit codes: 0 nothing is wrong; 1 something is; 2 wrong use.
    """
    from kfbridge import api
    from kfbridge.cli.display_text import paint
    from kfbridge.cli.document import write_document

    where = api.find_target(target, config=config, settings=all_settings(settings))
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    found = []
    if not as_json:
        click.echo(f"{where.name} ({where.config.backend})")
    for checkup in api.doctor(target=where, live=live):
        found.append(checkup)
        if as_json:
            continue
        word, shade = _MARKS[checkup.ok]
        click.echo(f"  {paint(f'{word:<2}', shade, colour)}  {checkup.subject}: {checkup.said}")
        if checkup.remedy:
            click.echo(f"        {checkup.remedy}")
    ok = all(checkup.ok is not False for checkup in found)
    if as_json:
        checks = [asdict(checkup) for checkup in found]
        write_document({"target": where.name, "backend": where.config.backend, "ok": ok, "checks": checks})
    return 0 if ok else 1
