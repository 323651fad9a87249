"""The command line: one module per verb, loaded when the verb is used.

Exit codes: 0 done; 1 the pipeline failed or was refused; 2 wrong use; 130 and 143 ended by Ctrl-C and SIGTERM.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Final

import click

from kfbridge import __version__
from kfbridge.cli.failure import report, show_warning

VERBS: Final = {
    "init": "Write a first pipeline and kfbridge.toml.",
    "compile": "Compile a pipeline to KFP's own format.",
    "check": "Say what targets can do with a pipeline, and what they cannot.",
    "plan": "Show what exactly would be submitted; nothing is sent.",
    "machines": "Show which machine each provider would give.",
    "compare": "Put targets side by side: levels, machines, prices.",
    "run": "Run a pipeline.",
    "runs": "List the runs of a target, newest first.",
    "status": "Show how a run and its tasks stand.",
    "logs": "Show what the steps of a run printed.",
    "cancel": "Ask a run to stop.",
    "resume": "Continue a run that failed, was cancelled or was cut off.",
    "schedule": "Run a pipeline again and again, at set times.",
    "targets": "List the targets of kfbridge.toml, and what each lacks.",
    "backends": "List the backends that are installed, and what each lacks.",
    "doctor": "Look whether a target is ready for runs.",
    "k8s": "Set up a Kubernetes namespace for runs.",
    "component": "Build images of components that have a target_image.",
}
"""Each verb, in the order in which a person meets them; `kfbridge.cli.VERB` holds its `command`."""


class Verbs(click.Group):
    """A group that imports a verb when it is asked for, and knows the nearest spelling."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in order."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, from its own module."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"kfbridge.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest verb in the message.

        Raises:
            click.UsageError: There is no such verb.
        """
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], VERBS, n=1, cutoff=0.5)
            hint = f"Did you mean: kfbridge {near[0]}?" if near else f"There are: {', '.join(VERBS)}."
            raise click.UsageError(f"There is no verb {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of verbs, without importing any."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="kfbridge", message="%(prog)s %(version)s")
def cli() -> None:
    """Run pipelines written in the language of Kubeflow Pipelines on any backend.

    A PIPELINE is file.py, file.py:function, or a compiled .yaml or .json. Without kfbridge.toml it runs on this
    machine. `kfbridge VERB --help` tells more.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return the exit code; what goes wrong is a sentence on standard error."""
    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, PTH123  closed by whoever started this (>&-)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with warnings.catch_warnings():
            warnings.showwarning = show_warning
            code = cli.main(words, prog_name="kfbridge", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output left: `kfbridge logs RUN | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except BaseException as error:  # noqa: BLE001  the one place where anything becomes a sentence and an exit code
        return report(error, as_json="--json" in words, debug="--debug" in words)
    return code if isinstance(code, int) else 0
