"""Components and pipelines called like functions: a drop-in for ``kfp.local``.

After `init`, a call outside of a pipeline runs at once, on the local backend, and gives a task that has ended::

    from kfbridge import dsl, local

    local.init(local.SubprocessRunner())
    assert add(a=1, b=2).output == 3
"""

from __future__ import annotations

from kfbridge.local.runners import DockerRunner, SubprocessRunner
from kfbridge.local.session import LocalRunError, init

__all__ = ["DockerRunner", "LocalRunError", "SubprocessRunner", "init"]
