"""``kfbridge k8s``."""

from __future__ import annotations

import click

from kfbridge.cli.options import all_settings, target_options


@click.group("k8s")
def command() -> None:
    """Set up a Kubernetes namespace for runs.

    `kfbridge k8s install` is the only verb; with --json it answers with a document.
    """


@command.command("install")
@click.option("--dry-run", is_flag=True, help="Print the manifests; nothing is changed.")
@click.option("--size", default="10Gi", show_default=True, help="What the claim of a pvc:// artifact root holds.")
@click.option(
    "--access-mode",
    type=click.Choice(["ReadWriteMany", "ReadWriteOnce"]),
    default="ReadWriteMany",
    show_default=True,
    help="ReadWriteOnce where all pods run on one node.",
)
@click.option("--storage-class", metavar="NAME", help="What provides the claim; the cluster's default when left out.")
@target_options
def install_command(
    dry_run: bool,
    size: str,
    access_mode: str,
    storage_class: str | None,
    target: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make the namespace of a target ready: the driver's account with its rights, and the claim for artifacts.

    Your own kubectl does it, with your own rights; done again, it changes nothing.
    """
    from kfbridge import api
    from kfbridge.cli.document import write_document

    done = api.install_k8s(
        target,
        size=size,
        access_mode=access_mode,
        storage_class=storage_class,
        dry_run=dry_run,
        config=config,
        settings=all_settings(settings),
    )
    if as_json:
        write_document({"namespace": done.namespace, "applied": done.applied, "documents": done.documents})
    else:
        click.echo(done.text, nl=False)
