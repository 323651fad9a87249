"""Every error that kfbridge raises on purpose.

::

    KfbridgeError
    ├── UsageError            wrong use: a file, an argument, a name that does not exist     exit 2
    ├── SpecError             a compiled pipeline that cannot be read, with its place        exit 1
    ├── CompileError          a pipeline that cannot be compiled           (a ValueError)    exit 1
    │   ├── ArgumentError     a component called with the wrong arguments  (a TypeError)     exit 1
    │   └── TypeMismatchError an argument of the wrong type                (a TypeError)     exit 1
    ├── RefusedError          a backend cannot do what the pipeline asks                     exit 1
    ├── MachineError          no machine fits what a step asks for                           exit 1
    │   └── RequestError      a request for a machine that cannot be read                    exit 2
    ├── BackendError          the platform said no, or broke               (may be transient) exit 1
    ├── StorageError          an artifact root, or what lies there         (may be transient) exit 1
    └── RunError              a run that cannot be read, resumed or cancelled                exit 1

A message is one sentence that says what is wrong and where, then the remedy. `str(error)` gives all of
it; the parts are attributes, for programs.
"""

from __future__ import annotations


class KfbridgeError(Exception):
    """What went wrong, where, and what to do about it.

    Args:
        reason: One sentence that names the thing and what is wrong with it.
        where: The place: a task path, a line of the user's file (``pipeline.py:12``), or of a spec.
        remedy: What the user can do, as one imperative sentence.
        backend: The backend that refused or failed, when there is one.
        transient: Whether the same call may succeed later.
    """

    exit_code = 1

    def __init__(
        self,
        reason: str,
        *,
        where: str | None = None,
        remedy: str | None = None,
        backend: str | None = None,
        transient: bool = False,
    ) -> None:
        self.reason = reason
        self.where = where
        self.remedy = remedy
        self.backend = backend
        self.transient = transient
        super().__init__(reason)

    def __str__(self) -> str:
        head = f"{self.where}: {self.reason}" if self.where else self.reason
        return f"{head}\n  {self.remedy}" if self.remedy else head


class KfbridgeWarning(UserWarning):
    """Something that is done as asked, but is probably not what was meant; the message begins with the place."""


class UsageError(KfbridgeError):
    """The call itself is wrong: a missing file, an unknown name, an argument of the wrong form."""

    exit_code = 2


class SpecError(KfbridgeError):
    """A compiled pipeline (or component) that cannot be read; ``where`` is file, line and path in it."""


class CompileError(KfbridgeError, ValueError):
    """A pipeline or component as written cannot be compiled; ``where`` is the user's own source line."""


class ArgumentError(CompileError, TypeError):
    """A component is called with an unknown or a positional argument, or without a required one."""


class TypeMismatchError(CompileError, TypeError):
    """An argument does not fit the type of the input it is given to."""


class RefusedError(KfbridgeError):
    """A backend cannot do what the pipeline asks; nothing was started."""


class MachineError(KfbridgeError):
    """No machine fits what a step asks for; the message names the nearest that there is."""


class RequestError(MachineError):
    """A request for a machine that cannot be read: an amount, the name of an accelerator, a file of sizes."""

    exit_code = 2


class BackendError(KfbridgeError):
    """The platform under a backend failed or said no."""


class StorageError(KfbridgeError):
    """A place for artifacts cannot be reached, read or written; ``where`` is its URI. See `kfbridge.storage.errors`."""


class RunError(KfbridgeError):
    """A run cannot be found, read, resumed or cancelled as asked."""
