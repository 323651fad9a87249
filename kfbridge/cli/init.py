"""``kfbridge init``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from kfbridge.errors import UsageError

PIPELINE: Final = '''\
"""A first pipeline: two steps, and a number that goes from one to the other."""

from kfbridge import dsl


@dsl.component
def make(count: int) -> list:
    """The first squares."""
    return [n * n for n in range(1, count + 1)]


@dsl.component
def add_up(numbers: list) -> int:
    """Their sum."""
    print("adding", numbers)
    return sum(numbers)


@dsl.pipeline(name="first-pipeline")
def first_pipeline(count: int = 5) -> int:
    """Adds up the first squares."""
    squares = make(count=count)
    return add_up(numbers=squares.output).output
'''

CONFIGURATION: Final = """\
# Where pipelines run: `kfbridge run pipeline.py --target NAME`.
default = "local"

[targets.local]
backend = "local"            # this machine
# parallel = 4               # steps at once; the number of cores when left out
# containers = "docker"      # container components: "docker", "host" (without the image), or "refuse"
"""

FILES: Final = {"pipeline.py": PIPELINE, "kfbridge.toml": CONFIGURATION}


@click.command("init")
@click.argument("folder", default=".", metavar="[DIR]")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback when something goes wrong.")
def command(folder: str, force: bool, as_json: bool) -> None:
    """Write a first pipeline and kfbridge.toml into DIR (the working directory)."""
    from kfbridge.cli.document import write_document

    home = Path(folder)
    written = [str(path) for path in write_project(home, force=force)]
    commands = [f"kfbridge run {home / 'pipeline.py'}", f"kfbridge compile {home / 'pipeline.py'}"]
    if as_json:
        write_document({"written": written, "next": commands})
        return
    click.echo(f"Wrote {' and '.join(written)}.\nNext:")
    for line in commands:
        click.echo(f"  {line}")


def write_project(home: Path, *, force: bool) -> list[Path]:
    """Write the files of a new project.

    Raises:
        UsageError: One of them is there already (and not `force`), or the folder cannot be written.
    """
    paths = {home / name: text for name, text in FILES.items()}
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise UsageError(
            f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} there already; nothing was written.",
            remedy="Name another folder, or write over with --force.",
        )
    try:
        home.mkdir(parents=True, exist_ok=True)
        for path, text in paths.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{error.filename or home} cannot be written: {error.strerror}.", remedy="Name another folder."
        ) from error
    return list(paths)
