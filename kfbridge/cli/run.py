"""``kfbridge run``."""

from __future__ import annotations

import click

from kfbridge.cli.options import (
    all_settings,
    driving_options,
    file_arguments,
    loss_option,
    target_options,
    text_arguments,
)


@click.command("run")
@click.argument("pipeline")
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="An argument of the pipeline; may be repeated.")
@click.option("--params-file", metavar="FILE", help="Arguments of the pipeline from a YAML or JSON file.")
@click.option("--run-id", metavar="ID", help="The run's id; made from the pipeline's name and the time when left out.")
@loss_option
@driving_options
@target_options
def command(
    pipeline: str,
    pairs: tuple[str, ...],
    params_file: str | None,
    run_id: str | None,
    allow_loss: tuple[str, ...],
    parallel: int | None,
    no_cache: bool,
    containers: str | None,
    target: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> int:
    """Run PIPELINE and wait for its end.

    PIPELINE is file.py, file.py:function, or a compiled .yaml or .json. Ctrl-C ends the running steps and leaves a
    run that `kfbridge resume` continues.

    Exit codes: 0 it succeeded; 1 it failed or was refused; 2 wrong use; 130 ended by Ctrl-C, 143 by SIGTERM.
    """
    from kfbridge import api
    from kfbridge.cli.watch import watch

    run = api.run(
        pipeline,
        file_arguments(params_file),
        text_arguments=text_arguments(pairs),
        target=target,
        config=config,
        settings=all_settings(settings, parallel, no_cache, containers, allow_loss),
        run_id=run_id,
    )
    return watch(run, as_json)
