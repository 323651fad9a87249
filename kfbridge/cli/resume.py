"""``kfbridge resume``."""

from __future__ import annotations

import click

from kfbridge.cli.options import all_settings, driving_options, target_options


@click.command("resume")
@click.argument("run")
@driving_options
@target_options
def command(
    run: str,
    parallel: int | None,
    no_cache: bool,
    containers: str | None,
    target: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> int:
    """Continue RUN, which failed, was cancelled, or lost the process that drove it.

    RUN is a run's id, a unique beginning of one, or `latest`. Steps that succeeded are not run again.
    """
    from kfbridge import api
    from kfbridge.cli.watch import watch

    found = api.resume(
        run, target=target, config=config, settings=all_settings(settings, parallel, no_cache, containers)
    )
    return watch(found, as_json)
