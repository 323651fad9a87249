"""``kfbridge check``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from kfbridge.cli.options import all_settings, common_options, file_arguments, loss_option, text_arguments
from kfbridge.errors import UsageError

if TYPE_CHECKING:
    from kfbridge.plan.verdict import Verdict


@click.command("check")
@click.argument("pipeline")
@click.option("-t", "--target", "targets", metavar="NAME", multiple=True, help="A target to ask; may be repeated.")
@click.option("--all", "every", is_flag=True, help="Ask every backend that is installed, with a target or without.")
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="An argument of the pipeline; may be repeated.")
@click.option("--params-file", metavar="FILE", help="Arguments of the pipeline from a YAML or JSON file.")
@loss_option
@click.option("--config", metavar="FILE", help="The configuration file, instead of the nearest kfbridge.toml.")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="A setting of the target, this once.")
@common_options
def command(
    pipeline: str,
    targets: tuple[str, ...],
    every: bool,
    pairs: tuple[str, ...],
    params_file: str | None,
    allow_loss: tuple[str, ...],
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> int:
    """Say what targets can do with PIPELINE, and what they cannot; nothing is sent.

    PIPELINE is file.py, file.py:function, or a compiled .yaml or .json. Arguments may be left out: without them less
    is known. Without -t the default target is asked.

    Exit codes: 0 it can run; 1 something is refused; 2 wrong use.
    """
    from kfbridge import api
    from kfbridge.cli.document import write_document
    from kfbridge.plan.verdict import check_document

    if every and targets:
        raise UsageError("--all and -t exclude each other.", remedy="Leave one of them out.")
    verdicts = api.check(
        pipeline,
        file_arguments(params_file),
        text_arguments=text_arguments(pairs),
        targets=targets or None,
        every=every,
        config=config,
        settings=all_settings(settings),
        allow_loss=allow_loss,
    )
    if as_json:
        write_document(check_document(verdicts))
    else:
        tty = sys.stdout.isatty()
        columns = shutil.get_terminal_size((100, 24)).columns if tty else 100
        colour = tty and not os.environ.get("NO_COLOR")
        parts = ["\n".join(_lines(verdict, columns, colour)) for verdict in verdicts]
        sys.stdout.write("\n\n".join(parts) + "\n")
    return 0 if all(verdict.ok for verdict in verdicts) else 1


def _lines(verdict: Verdict, columns: int, colour: bool) -> Iterator[str]:
    from kfbridge.cli.display_text import paint
    from kfbridge.cli.findings import brief, finding_lines
    from kfbridge.findings import Level

    target = verdict.target
    place = f"{target.name} ({target.config.backend})" if target.name else f"{target.config.backend} (no target yet)"
    refused = len({one.feature for one in verdict.findings if one.level is Level.REFUSED})
    word = paint("can run", "green", colour) if verdict.ok else paint(f"{refused} refused", "red", colour)
    yield f"{paint(verdict.pipeline, 'bold', colour)} on {place}: {word}"
    yield from finding_lines(map(brief, verdict.findings), columns=columns, colour=colour)
