"""``kfbridge resume``."""

from __future__ import annotations

import click

from kfbridge.cli.options import all_settings, driving_options, target_options


@click.command("resume")
@click.argument("run")
@click.option("--on", metavar="NAME", help="Another target, on which what is left is run, as a run of its own.")
@driving_options
@target_options
def command(
    run: str,
    on: str | None,
    parallel: int | None,
    no_cache: bool,
    containers: str | None,
    target: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> int:
    """Continue RUN, which failed, was cancelled, or lost the process that drove it.

    RUN is a run's id, a unique beginning of one, or `latest`. Steps that succeeded are not run again; with --on,
    another target takes what they left from the run's records.
    """
    from kfbridge import api
    from kfbridge.cli.watch import watch

    found = api.resume(
        run, on=on, target=target, config=config, settings=all_settings(settings, parallel, no_cache, containers)
    )
    return watch(found, as_json)
