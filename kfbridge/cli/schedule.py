"""``kfbridge schedule``."""

from __future__ import annotations

import time
from typing import Any

import click

from kfbridge.cli.options import all_settings, file_arguments, loss_option, target_options, text_arguments


@click.group("schedule")
def command() -> None:
    """Run a pipeline again and again, at set times, where the backend begins the runs by itself.

    NAME is a schedule's name, as `list` shows it; with --json each answers with a document. The runs are listed, shown
    and resumed like all others.
    """


@command.command("create")
@click.argument("pipeline")
@click.option("--cron", required=True, metavar="EXPRESSION", help='When: "0 3 * * MON-FRI", or @daily.')
@click.option("--name", metavar="NAME", help="The schedule's name; made from the pipeline's when left out.")
@click.option("--time-zone", metavar="ZONE", help="Whose clock counts: Europe/Berlin; UTC when left out.")
@click.option(
    "--concurrency",
    type=click.Choice(["allow", "forbid", "replace"]),
    default="allow",
    show_default=True,
    help="A run that is due while an earlier one goes on begins, too; is left out; or takes its place.",
)
@click.option("--replace", is_flag=True, help="Change the schedule of that name, if there is one.")
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="An argument of the pipeline; may be repeated.")
@click.option("--params-file", metavar="FILE", help="Arguments of the pipeline from a YAML or JSON file.")
@loss_option
@target_options
def create_command(
    pipeline: str,
    cron: str,
    name: str | None,
    time_zone: str | None,
    concurrency: str,
    replace: bool,
    pairs: tuple[str, ...],
    params_file: str | None,
    allow_loss: tuple[str, ...],
    target: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run PIPELINE at set times, with the same arguments every time.

    PIPELINE is file.py, file.py:function, or a compiled .yaml or .json; runs are of the pipeline as it is now. With
    --replace a schedule that is paused stays so.
    """
    from kfbridge import api

    made = api.create_schedule(
        pipeline,
        file_arguments(params_file),
        cron=cron,
        name=name,
        time_zone=time_zone,
        concurrency=concurrency,
        replace=replace,
        text_arguments=text_arguments(pairs),
        target=target,
        config=config,
        settings=all_settings(settings, allow_loss=allow_loss),
    )
    _tell(made, as_json)


@command.command("list")
@target_options
def list_command(target: str | None, config: str | None, settings: tuple[str, ...], as_json: bool) -> None:
    """List the schedules of a target, by name."""
    from kfbridge import api
    from kfbridge.cli.display_text import table_lines
    from kfbridge.cli.document import schedule_document, write_document

    found = api.schedules(target=target, config=config, settings=all_settings(settings))
    if as_json:
        write_document({"schedules": [schedule_document(one) for one in found]})
        return
    if not found:
        click.echo(
            'There are no schedules yet. Make one with: kfbridge schedule create PIPELINE --cron "0 3 * * *"', err=True
        )
        return
    rows = [("SCHEDULE", "PIPELINE", "TIMES", "ZONE", "CONCURRENCY", "STATE", "LAST", "RUNNING")]
    for one in found:
        last = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.last)) if one.last else ""
        when = (one.timing.cron, one.timing.time_zone or "UTC", one.timing.concurrency)
        rows.append((one.name, one.pipeline, *when, _state(one), last, ", ".join(one.active)))
    for line in table_lines(rows):
        click.echo(line)


@command.command("pause")
@click.argument("name")
@target_options
def pause_command(name: str, target: str | None, config: str | None, settings: tuple[str, ...], as_json: bool) -> None:
    """Let no more runs of NAME begin by themselves; those that are under way go on."""
    from kfbridge import api

    _tell(api.pause_schedule(name, target=target, config=config, settings=all_settings(settings)), as_json)


@command.command("unpause")
@click.argument("name")
@target_options
def unpause_command(
    name: str, target: str | None, config: str | None, settings: tuple[str, ...], as_json: bool
) -> None:
    """Let runs of NAME begin again."""
    from kfbridge import api

    _tell(api.unpause_schedule(name, target=target, config=config, settings=all_settings(settings)), as_json)


@command.command("delete")
@click.argument("name")
@target_options
def delete_command(name: str, target: str | None, config: str | None, settings: tuple[str, ...], as_json: bool) -> None:
    """Remove NAME; its runs stay, and those that are under way go on."""
    from kfbridge import api
    from kfbridge.cli.document import write_document

    api.delete_schedule(name, target=target, config=config, settings=all_settings(settings))
    if as_json:
        write_document({"name": name, "deleted": True})
    else:
        click.echo(f"{name} deleted")


@command.command("run")
@click.argument("name")
@target_options
def run_command(name: str, target: str | None, config: str | None, settings: tuple[str, ...], as_json: bool) -> int:
    """Begin a run of NAME now, paused or not, and wait for its end.

    Exit codes: 0 it succeeded; 1 it failed; 2 wrong use; 130 ended by Ctrl-C, 143 by SIGTERM.
    """
    from kfbridge import api
    from kfbridge.cli.watch import watch

    return watch(api.run_schedule(name, target=target, config=config, settings=all_settings(settings)), as_json)


def _tell(schedule: Any, as_json: bool) -> None:
    from kfbridge.cli.document import schedule_document, write_document

    if as_json:
        write_document(schedule_document(schedule))
        return
    when = f"{schedule.timing.cron} ({schedule.timing.time_zone or 'UTC'})"
    click.echo(f"{schedule.name} {_state(schedule)}: {schedule.pipeline} at {when}")


def _state(schedule: Any) -> str:
    return "paused" if schedule.paused else "on"
