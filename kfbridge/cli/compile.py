"""``kfbridge compile``."""

from __future__ import annotations

from pathlib import Path

import click

from kfbridge.cli.options import file_arguments, text_arguments
from kfbridge.errors import UsageError


@click.command("compile")
@click.argument("pipeline")
@click.option("-o", "--output", metavar="FILE", help="Where to write it, .yaml or .json; '-' is standard output.")
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="A new default of an input; may be repeated.")
@click.option("--params-file", metavar="FILE", help="New defaults from a YAML or JSON file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback when something goes wrong.")
def command(pipeline: str, output: str | None, pairs: tuple[str, ...], params_file: str | None, as_json: bool) -> None:
    """Compile PIPELINE to the format that KFP, Vertex AI and kfbridge run.

    PIPELINE is file.py, file.py:function, or a compiled .yaml or .json, which is checked and written anew. Without -o
    the file is named after the pipeline and lies in the working directory.
    """
    from kfbridge import api
    from kfbridge.cli.document import write_document

    target = None if output == "-" else Path(output) if output else _beside(pipeline)
    text = api.compile(pipeline, target, arguments=file_arguments(params_file), text_arguments=text_arguments(pairs))
    if as_json:
        write_document(
            {"pipeline": pipeline, "output": str(target)} if target else {"pipeline": pipeline, "text": text}
        )
    elif target is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        click.echo(f"Wrote {target}.")


def _beside(pipeline: str) -> Path:
    """``train.yaml`` for ``pipelines/train.py``, ``other.yaml`` for ``train.py:other``."""
    from kfbridge.source import split

    path, function = split(pipeline)
    found = Path(f"{function or path.stem}.yaml")
    if found.exists() and path.exists() and found.samefile(path):
        raise UsageError(f"{pipeline} is compiled already.", remedy="Name another file with -o.")
    return found
