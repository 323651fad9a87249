"""``kfbridge plan``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kfbridge.cli.options import all_settings, file_arguments, loss_option, target_options, text_arguments

if TYPE_CHECKING:
    from kfbridge.plan.diff import Difference
    from kfbridge.plan.model import Plan


@click.command("plan")
@click.argument("pipeline")
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="An argument of the pipeline; may be repeated.")
@click.option("--params-file", metavar="FILE", help="Arguments of the pipeline from a YAML or JSON file.")
@click.option("-o", "--output", metavar="DIR", help="Write the plan's files into this folder.")
@click.option("--diff", "earlier", metavar="DIR", help="Say what changed against the plan in this folder.")
@click.option("--exit-code", is_flag=True, help="With --diff: exit 1 when something changed.")
@loss_option
@target_options
def command(
    pipeline: str,
    pairs: tuple[str, ...],
    params_file: str | None,
    output: str | None,
    earlier: str | None,
    exit_code: bool,
    allow_loss: tuple[str, ...],
    target: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> int:
    """Show what exactly would be submitted for PIPELINE; nothing is sent.

    PIPELINE is file.py, file.py:function, or a compiled .yaml or .json. The same pipeline, arguments and target give
    the same bytes every time. `kfbridge run` does what the plan says and nothing else.

    Exit codes: 0 it can run; 1 something is refused; 2 wrong use.
    """
    from kfbridge import api
    from kfbridge.cli.document import write_document
    from kfbridge.plan.diff import difference, difference_document
    from kfbridge.plan.document import plan_document
    from kfbridge.plan.folder import read_plan, stored, write_plan

    before = read_plan(Path(earlier)) if earlier is not None else None
    plan = api.plan(
        pipeline,
        file_arguments(params_file),
        text_arguments=text_arguments(pairs),
        target=target,
        config=config,
        settings=all_settings(settings, allow_loss=allow_loss),
    )
    changed = difference(before, stored(plan)) if before is not None else None
    if output is not None:
        write_plan(plan, Path(output))
    if as_json:
        document: dict[str, Any] = plan_document(plan)
        write_document(document if changed is None else {**document, "diff": difference_document(changed)})
    else:
        sys.stdout.writelines(f"{line}\n" for line in (_lines(plan) if changed is None else _changes(changed)))
        if output is not None:
            print(f"Written to {output}: {', '.join([*sorted(plan.documents), 'plan.json'])}", file=sys.stderr)
    return 0 if plan.ok and not (exit_code and changed is not None and not changed.same) else 1


def _lines(plan: Plan) -> list[str]:
    from kfbridge.cli.display_text import paint
    from kfbridge.cli.findings import brief, finding_lines
    from kfbridge.findings import Level

    colour, columns = _terminal()
    refused = len({one.feature for one in plan.findings if one.level is Level.REFUSED})
    word = paint("can run", "green", colour) if plan.ok else paint(f"{refused} refused", "red", colour)
    lines = [f"{paint(plan.pipeline, 'bold', colour)} on {plan.target.name} ({plan.target.config.backend}): {word}"]
    lines += finding_lines(map(brief, plan.findings), columns=columns, colour=colour)
    lines += _machine_lines(plan)
    lines += ["  documents"] * bool(plan.documents)
    lines += [f"    {path}  ({len(content):,} bytes)" for path, content in sorted(plan.documents.items())]
    return lines


def _machine_lines(plan: Plan) -> list[str]:
    if not plan.machines:
        return []
    names = {task: str(machine.get("machine", "")) for task, machine in sorted(plan.machines.items())}
    wide = max(map(len, names))
    return ["  machines", *(f"    {task:<{wide}}  {name}" for task, name in names.items())]


def _changes(changed: Difference) -> list[str]:
    from kfbridge.cli.display_text import paint

    if changed.same:
        return ["Nothing changed."]
    colour, _ = _terminal()
    lines = [f"{key}: {_word(before)} -> {_word(after)}" for key, (before, after) in changed.about.items()]
    for sign, shade, findings in (("-", "red", changed.findings_removed), ("+", "green", changed.findings_added)):
        for one in findings:
            said = f"{sign} {one['level']} {one['feature']} {one['task'] or 'the pipeline'}: {one['reason']}"
            lines.append(paint(said.rstrip(": "), shade, colour))
    for task, (before, after) in changed.machines.items():
        lines.append(f"machine of {task}: {_word(before)} -> {_word(after)}")
    lines += [paint(f"- {path}", "red", colour) for path in changed.documents_removed]
    lines += [paint(f"+ {path}", "green", colour) for path in changed.documents_added]
    for text in changed.documents_changed.values():
        lines += text.splitlines()
    return lines


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("machine", value))
    return "none" if value is None else str(value)


def _terminal() -> tuple[bool, int]:
    import os

    tty = sys.stdout.isatty()
    return tty and not os.environ.get("NO_COLOR"), shutil.get_terminal_size((100, 24)).columns if tty else 100
