"""``kfbridge machines``."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from kfbridge.cli.options import all_settings, common_options
from kfbridge.errors import UsageError

if TYPE_CHECKING:
    from kfbridge.backends.offers import Answer
    from kfbridge.machines.choose import Choice

_WIDE: Final = 100  # columns, where the output is no terminal
_INDENT: Final = " " * 4


@click.command("machines")
@click.option("--gpu", metavar="NAME[:COUNT]", help="Accelerators: A100-80GB:4, T4, nvidia.com/gpu, TPU-v5e:8.")
@click.option("--cpu", metavar="AMOUNT", help="Processors: 32, 0.5, 500m.")
@click.option("--memory", metavar="AMOUNT", help="Memory: 200Gi, 16G.")
@click.option("--spot", is_flag=True, help="Machines that the provider may take away.")
@click.option("--all", "everything", is_flag=True, help="Every runner-up and every rejected machine, with the reason.")
@click.option("--update", metavar="FILE", help="Take sizes or prices of your own from a CSV file into the project.")
@click.option("-t", "--target", metavar="NAME", help="Ask this target alone; every provider when left out.")
@click.option("--config", metavar="FILE", help="The configuration file, instead of the nearest kfbridge.toml.")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="A setting of the target, this once.")
@common_options
def command(
    gpu: str | None,
    cpu: str | None,
    memory: str | None,
    spot: bool,
    everything: bool,
    update: str | None,
    target: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> int:
    """Show which machine each provider would give a step, what else would do, and why the others would not.

    With -t, one target's provider with the machines that its section names. --update adds the sizes and prices of a CSV
    file to kfbridge-machines.csv beside kfbridge.toml.

    Exit codes: 0 there is a machine; 1 there is none; 2 wrong use.
    """
    if update is not None:
        if gpu or cpu or memory or spot or everything or target:
            raise UsageError("--update takes no request.", remedy="Ask for machines in a call of its own.")
        return _update(update, config, as_json)
    from kfbridge import api

    answers = api.machines(
        gpu, cpu=cpu, memory=memory, spot=spot, target=target, config=config, settings=all_settings(settings)
    )
    if as_json:
        _write(answers, everything)
    else:
        for answer in answers:
            for line in _lines(answer, everything):
                click.echo(line)
    return 0 if any(answer.offer for answer in answers) else 1


def _update(file: str, config: str | None, as_json: bool) -> int:
    from kfbridge import api
    from kfbridge.cli.document import write_document

    done = api.update_machines(file, config=config)
    if as_json:
        write_document({"file": str(done.file), "added": done.added, "changed": done.changed, "rows": done.rows})
    else:
        click.echo(f"Wrote {done.file}: {done.added} new, {done.changed} changed, {done.rows} in all.")
    return 0


# As JSON --------------------------------------------------------------------------------------------


def _write(answers: list[Answer], everything: bool) -> None:
    from kfbridge.cli.document import write_document

    write_document({"offers": [_document(answer, everything) for answer in answers]})


def _document(answer: Answer, everything: bool) -> dict[str, Any]:
    from kfbridge.machines.document import offer_data, request_data, rivals_data

    if answer.offer is None:
        error = answer.error
        told = {"reason": error.reason, "remedy": error.remedy, "where": error.where} if error else None
        return {"provider": answer.provider, "ok": False, "error": told}
    offer = answer.offer
    rivals = rivals_data(offer.choice, everything=everything)
    return {**offer_data(offer), "ok": True, "request": request_data(offer.request), **rivals}


# As text --------------------------------------------------------------------------------------------


def _lines(answer: Answer, everything: bool) -> Iterator[str]:
    if answer.offer is None:
        yield f"{answer.provider:<10} none"
        yield from _wrapped(answer.error.reason if answer.error else "")
        yield from _wrapped((answer.error.remedy if answer.error else "") or "")
        return
    choice = answer.offer.choice
    yield f"{answer.provider:<10} {choice.machine if choice else answer.offer.machine}"
    for remark in answer.offer.remarks:
        yield from _wrapped(remark)
    if choice is not None:
        yield from _rivals(choice, everything)


def _rivals(choice: Choice, everything: bool) -> Iterator[str]:
    price = choice.machine.price
    if price is not None:
        yield from _wrapped(f"{float(price.usd_per_hour):g} USD an hour ({price.source}, {price.date})")
    if everything:
        for machine in choice.runners_up:
            yield from _wrapped(f"or {machine}")
        for one in choice.rejected:
            yield from _wrapped(f"not {one.machine}: {one.reason}")
        return
    for machine in choice.runners_up[:2]:
        yield from _wrapped(f"or {machine}")
    groups = Counter(one.group for one in choice.rejected).most_common()
    if groups:
        yield from _wrapped("not: " + ", ".join(f"{group} ({count})" for group, count in groups))


def _wrapped(text: str) -> list[str]:
    width = min(shutil.get_terminal_size((_WIDE, 0)).columns, 160)
    return textwrap.wrap(
        text,
        width,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT * 2,
        break_long_words=False,
        break_on_hyphens=False,
    )
