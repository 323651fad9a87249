"""``kfbridge k8s``."""

from __future__ import annotations

from dataclasses import asdict

import click

from kfbridge.cli.options import all_settings, common_options, target_options


@click.group("k8s")
def command() -> None:
    """Set up a Kubernetes namespace for runs.

    `install` makes a namespace ready, `kind` makes a cluster first; with --json both answer with a document.
    """


@command.command("install")
@click.option("--dry-run", is_flag=True, help="Print the manifests; nothing is changed.")
@click.option("--size", default="10Gi", show_default=True, help="What the claim of a pvc:// artifact root holds.")
@click.option(
    "--access-mode",
    type=click.Choice(["ReadWriteMany", "ReadWriteOnce"]),
    help="ReadWriteOnce where all pods run on one node; the target's access_mode when left out.",
)
@click.option("--storage-class", metavar="NAME", help="What provides the claim; the cluster's default when left out.")
@click.option("--user", "users", metavar="NAME", multiple=True, help="Give a user the rights to run; may be repeated.")
@click.option("--group", "groups", metavar="NAME", multiple=True, help="Give them to a group; may be repeated.")
@target_options
def install_command(
    dry_run: bool,
    size: str,
    access_mode: str | None,
    storage_class: str | None,
    users: tuple[str, ...],
    groups: tuple[str, ...],
    target: str | None,
    config: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make the namespace of a target ready: the driver's account, the users' role, and the claim for artifacts.

    Your own kubectl does it, with your own rights; done again, it changes nothing. Users are named as the cluster
    knows them (`system:serviceaccount:NAMESPACE:NAME` is an account); those of earlier calls keep their rights.
    """
    from kfbridge import api
    from kfbridge.cli.document import write_document

    done = api.install_k8s(
        target,
        size=size,
        access_mode=access_mode,
        storage_class=storage_class,
        users=users,
        groups=groups,
        dry_run=dry_run,
        config=config,
        settings=all_settings(settings),
    )
    if as_json:
        write_document({"namespace": done.namespace, "applied": done.applied, "documents": done.documents})
    else:
        click.echo(done.text, nl=False)


@command.command("kind")
@click.option("--name", default="kfbridge", show_default=True, help="The cluster.")
@click.option("--image", metavar="TAG", help="An image of kfbridge that Docker has, instead of building one.")
@common_options
def kind_command(name: str, image: str | None, as_json: bool) -> None:
    """Make a Kubernetes cluster on this machine with kind, with kfbridge's image on its node.

    Prints the target for kfbridge.toml. Done again, the cluster is kept, and gets the image of this kfbridge.
    """
    from kfbridge import api
    from kfbridge.cli.document import write_document

    done = api.kind_k8s(name, image=image, tell=lambda line: click.echo(line, err=True))
    if as_json:
        write_document(asdict(done))
        return
    click.echo(done.section, nl=False)
    verb = "made" if done.made else "kept"
    said = f"The cluster {name} was {verb}, and has {done.image}. Put the lines above into kfbridge.toml; next:"
    click.echo(f"\n{said}\nkfbridge k8s install -t {done.target}", err=True)
