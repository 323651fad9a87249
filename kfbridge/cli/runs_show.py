"""``kfbridge runs show``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from kfbridge.cli.options import all_settings, target_options

if TYPE_CHECKING:
    from kfbridge.runs.detail import RunDetail
    from kfbridge.runs.task import TaskRecord


@click.command("show")
@click.argument("run", default="latest")
@click.option("--html", metavar="FILE", help="Write one self-contained page: graph, tasks, logs, metrics.")
@target_options
def command(
    run: str, html: str | None, target: str | None, config: str | None, settings: tuple[str, ...], as_json: bool
) -> None:
    """Show what RUN left: arguments, outputs, versions, and each step.

    RUN is a run's id, a unique beginning of one, or `latest`, the default. With --json it is the records of the run
    and of its tasks.
    """
    from kfbridge import api
    from kfbridge.cli.document import write_document

    where: dict[str, Any] = {"target": target, "config": config, "settings": all_settings(settings)}
    if html is not None:
        run_id = api.write_page(run, html, **where)
        if as_json:
            write_document({"run_id": run_id, "html": html})
        else:
            click.echo(f"Wrote {html}.")
        return
    detail = api.detail(run, **where)
    if as_json:
        write_document(detail.document())
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(detail))


def _lines(detail: RunDetail) -> Iterator[str]:
    from kfbridge.cli.display_summary import value_text
    from kfbridge.cli.display_text import clean, clip, duration, table_lines

    record = detail.record
    took = f" in {duration(record.ended - record.created)}" if record.ended else ""
    yield f"{record.run_id} {record.state}{took}"
    for name, value in _facts(detail):
        yield f"  {name:<9}  {clean(value)}"
    for title, values in (("arguments", detail.arguments()), ("outputs", record.outputs)):
        if values:
            yield f"  {title}:"
            yield from (f"    {name} = {clip(value_text(value), 200)}" for name, value in values.items())
    steps = [task for task in detail.tasks if not task.is_group]
    if steps:
        yield ""
        yield from table_lines([("STEP", "STATE", "TOOK", "ATTEMPTS", "MACHINE"), *map(_step, steps)])


def _facts(detail: RunDetail) -> Iterator[tuple[str, str]]:
    record = detail.record
    facts: dict[str, Any] = {
        "pipeline": record.pipeline,
        "target": f"{record.target} ({record.backend})",
        "began": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created)),
        "kfbridge": f"{record.kfbridge}, Python {record.python}" if record.python else record.kfbridge,
        "spec": record.spec_sha256[:16],
        "error": (record.error or "").partition("\n")[0],
        "files": str(detail.paths.folder),
    }
    return ((name, value) for name, value in facts.items() if value)


def _step(task: TaskRecord) -> tuple[str, str, str, str, str]:
    from kfbridge.cli.display_text import clean, duration

    took = duration(task.ended - task.started) if task.ended and task.started and not task.cached else ""
    return (
        clean(task.path),
        task.state,
        "cached" if task.cached else took,
        str(task.tries) if task.tries else "",
        clean(task.machine),
    )
