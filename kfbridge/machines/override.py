"""``[targets.NAME.machines]``: machines that a user names for an accelerator, or for steps without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from kfbridge.errors import RequestError
from kfbridge.machines.accelerators import Accelerator, AnyOf, Wanted
from kfbridge.machines.machine import Machine
from kfbridge.machines.request import MachineRequest, parse_gpu
from kfbridge.spelling import hint

CPU: Final = "cpu"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the section says, and where it stands.

    The keys are ``cpu``, an accelerator (``A100-80GB``), or an accelerator with a number (``A100-80GB:4``), which goes
    before the one without.
    """

    entries: Mapping[str, str] = field(default_factory=dict)
    where: str = "[targets.NAME.machines]"

    def find(self, request: MachineRequest) -> tuple[str, str] | None:
        """The entry for a request, as key and value; None where there is none.

        Raises:
            RequestError: A key names no accelerator.
        """
        best: tuple[str, str] | None = None
        for key, value in self.entries.items():
            wanted, count = self._parsed(key)
            if (wanted and wanted.name) != (request.accelerator and request.accelerator.name):
                continue
            if count == request.count:
                return key, value
            best = (key, value) if count is None else best
        return best

    def check(self, machines: Sequence[Machine]) -> None:
        """See that every key and every machine exists, and that they belong together.

        Raises:
            RequestError: One does not; the message names the entry.
        """
        for key, name in self.entries.items():
            wanted, _ = self._parsed(key)
            rows = self.named(key, name, machines)
            if wanted and not any(row.accelerator and _same_maker(wanted, row) and row.count >= 1 for row in rows):
                raise RequestError(
                    f"The machine {name!r} cannot stand in for {key}: it is {rows[0]}.",
                    where=self.place(key),
                    remedy=f"Name a machine with accelerators of that maker: {wanted.name}.",
                )

    def named(self, key: str, name: str, machines: Sequence[Machine]) -> list[Machine]:
        """The rows of the machine that an entry names.

        Raises:
            RequestError: There is none.
        """
        found = [machine for machine in machines if machine.name == name]
        if not found:
            provider = machines[0].provider if machines else "this provider"
            raise RequestError(
                f"{provider} has no machine called {name!r}.",
                where=self.place(key),
                remedy=f"{hint(name, {machine.name for machine in machines})}"
                "A size that is missing is added with kfbridge machines --update FILE.csv.",
            )
        return found

    def place(self, key: str) -> str:
        """Where an entry stands, for messages."""
        return f"{self.where}, {key}"

    def _parsed(self, key: str) -> tuple[Wanted | None, int | None]:
        if key == CPU:
            return None, None
        wanted, count = parse_gpu(key, self.place(key))
        return wanted, count if ":" in key else None


NONE: Final = Overrides()


def narrowed(request: MachineRequest, rows: Sequence[Machine]) -> tuple[MachineRequest, list[Machine]]:
    """The request and the rows of a machine that a user named for it.

    Where the machine comes with the accelerator that is asked for, these rows alone (an N1 takes several models);
    else another model of the same maker will do, as that is what the user wrote.
    """
    wanted = request.accelerator
    if not isinstance(wanted, Accelerator):
        return request, list(rows)
    exact = [row for row in rows if row.accelerator and wanted.accepts(row.accelerator)]
    if exact:
        return request, exact
    return replace(request, accelerator=AnyOf(f"any accelerator of {wanted.vendor}", wanted.vendor)), list(rows)


def _same_maker(wanted: Wanted, machine: Machine) -> bool:
    vendor = getattr(wanted, "vendor", None)
    return machine.accelerator is not None and machine.accelerator.vendor == vendor
