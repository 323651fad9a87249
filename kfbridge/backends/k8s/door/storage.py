"""``pvc://CLAIM/FOLDER`` from a machine that has not mounted it: by a pod on the claim, and ``exec``.

The pod is a Job (`kfbridge.backends.k8s.door.doorway`) that several commands, threads and processes share. It ends
when nobody has used it for some minutes. In it, each client has a process that looks after the files
(`kfbridge.backends.k8s.door.doorkeeper`), and speaks to it in frames over a WebSocket of the API server, which every
cluster lets through. Whatever breaks on the way, the client makes anew, and goes on where it was.
"""

from __future__ import annotations

from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.door.doorway import Doorway, Terms
from kfbridge.backends.k8s.door.exec import ExecWire
from kfbridge.backends.k8s.door.handshake import start
from kfbridge.backends.k8s.door.linked import LinkedStorage
from kfbridge.backends.k8s.door.usher import Tell, Usher, asking
from kfbridge.backends.k8s.root import ClaimRoot
from kfbridge.storage.base import Settings


class DoorStorage(LinkedStorage):
    """A folder of a volume claim as a `Storage`; nothing is asked of the cluster before the first call.

    Args:
        cluster: The cluster that the claim is in.
        config: The target: the image of the pod, its user, and where it may run.
        root: The folder that is the target's artifact root.
        uri: The root of this storage, ``pvc://CLAIM/FOLDER``: the artifact root, or something below it.
        settings: How patient it is when connections break.
        terms: How long doors live, and how long one that does not open is waited for.
        tell: Told what is waited for, a sentence for a person.
    """

    def __init__(
        self,
        cluster: Cluster,
        config: Config,
        root: ClaimRoot,
        uri: str,
        settings: Settings,
        *,
        terms: Terms = Terms(),  # noqa: B008 - a frozen value
        tell: Tell | None = None,
    ) -> None:
        self._cluster = cluster
        self._config = config
        self._claim = root
        self._terms = terms
        self._tell = tell
        whole = "/".join(part for part in (f"pvc://{root.claim}", root.folder) if part)
        super().__init__(self._enter, whole, uri, settings)

    def _enter(self) -> ExecWire:
        """A doorkeeper in the pod of the door that is open, or is opened now."""
        with asking(self._root):
            namespace = self._cluster.namespace
        doorway = Doorway(self._config, namespace, self._claim, self._terms)
        pod = Usher(self._cluster, doorway, self._root, self._tell).lead()
        return start(self._cluster, pod, doorway.command(), self._root)
