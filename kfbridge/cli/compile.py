"""``kfbridge compile``: a pipeline in KFP's own format."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from kfbridge.errors import UsageError

DEFAULT_SUFFIX: Final = ".yaml"


@click.command("compile")
@click.argument("pipeline")
@click.option("-o", "--output", metavar="FILE", help="Where to write it (.yaml or .json); '-' is standard output.")
@click.option("-p", "--param", "params", metavar="NAME=VALUE", multiple=True, help="A new default for an input.")
@click.option("--json", "as_json", is_flag=True, help="Say what was written as a JSON document.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def command(pipeline: str, output: str | None, params: tuple[str, ...], as_json: bool, debug: bool) -> None:
    """Compile PIPELINE to the format that KFP, Vertex AI and kfbridge run.

    Without -o the file gets the pipeline file's name and lies in the working directory.
    """
    from kfbridge import api
    from kfbridge.cli.document import write_document

    source = api.load(pipeline)
    target = None if output == "-" else Path(output) if output else _beside(pipeline)
    text = api.compile(source, target, text_arguments=_pairs(params))
    if target is None:
        click.echo(text, nl=not text.endswith("\n"))
    elif as_json:
        write_document({"pipeline": pipeline, "output": str(target), "bytes": len(text.encode())})
    else:
        click.echo(f"Wrote {target}.")


def _beside(pipeline: str) -> Path:
    """``train.yaml`` for ``pipelines/train.py``, ``other.yaml`` for ``train.py:other``."""
    path, _, function = pipeline.rpartition(":") if not Path(pipeline).exists() else (pipeline, "", "")
    found = Path(f"{function or Path(path).stem}{DEFAULT_SUFFIX}")
    if found.exists() and found.samefile(pipeline.removesuffix(f":{function}")):
        raise UsageError(f"{pipeline} is compiled already.", remedy="Name another file with -o.")
    return found


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"The argument {text!r} is not of the form name=value.", remedy="Write -p epochs=3.")
        pairs[name] = value
    return pairs
