"""``kfbridge component``."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("component")
def command() -> None:
    """Build images of components that have a target_image.

    `kfbridge component build DIR` is the only verb; with --json it answers with a document.
    """


@command.command("build")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--component-filepattern", "pattern", metavar="GLOB", default="**/*.py", show_default=True)
@click.option("--overwrite-dockerfile", "overwrite", is_flag=True, help="Replace a Dockerfile that is there.")
@click.option("--build-image/--no-build-image", "build", default=True, help="Build it when Docker is there (default).")
@click.option("--push-image/--no-push-image", "push", default=False, help="Push what was built; not by default.")
@click.option("--platform", metavar="NAME", help="The platform of the image: linux/amd64.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback when something goes wrong.")
def build_command(
    folder: Path, pattern: str, overwrite: bool, build: bool, push: bool, platform: str | None, as_json: bool
) -> None:
    """Make DIR an image that holds its components.

    Writes the Dockerfile (unless there is one), kfp_config.ini and the compiled components, and builds the image.
    The files that say target_image are run to find the components; nothing needs kfp in the image.
    """
    from kfbridge import image
    from kfbridge.cli.document import write_document

    built = image.write_context(folder, pattern, overwrite=overwrite)
    done = build and image.has_docker()
    if done:
        image.docker_build(folder, built.image, platform, push=push)
    if as_json:
        write_document(
            {
                "image": built.image,
                "components": {name: str(path) for name, path in built.components.items()},
                "written": [str(path) for path in built.written],
                "kept": [str(path) for path in built.kept],
                "built": done,
                "pushed": done and push,
            }
        )
        return
    for name, path in built.components.items():
        click.echo(f"{name}: {path}")
    click.echo(f"Wrote {len(built.written)} files in {folder}.")
    for path in built.kept:
        click.echo(f"Left {path} as it is.")
    if done:
        click.echo(f"Built {'and pushed ' if push else ''}{built.image}.")
    else:
        why = "as you asked" if not build else "since there is no docker command here"
        click.echo(f"Built nothing, {why}. To do it: docker build --tag {built.image} {folder}")
