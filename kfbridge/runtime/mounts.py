"""Folders at places of a process's own: what a pod's volumes are to its containers, on Linux, without an image.

A step that finds a volume at ``/data`` gets a mount namespace of its own, in which the volume's folder is there;
nothing of it is seen outside, and it is gone with the step. A place that this machine does not have is made in a
stand-in for the nearest folder above it, which shows all that the real one holds; what a step writes straight into
that stand-in, beside the volume, is gone with the step as well.

Standard library only, Python 3.8 and later. As a program, it mounts, then becomes the command::

    python .../kfbridge/runtime/mounts.py '{"mounts": [...], "scratch": FOLDER, "error": FILE}' COMMAND ARGUMENT...

With ``before`` in that document, init containers are run first (`run_before`).
"""

import ctypes
import json
import os
import stat
import subprocess
import sys
from typing import Any, Dict, List, Optional

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME, MS_NODIRATIME = 1, 2, 4, 8, 1024, 2048
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE, MS_RELATIME = 1 << 5, 1 << 12, 1 << 14, 1 << 18, 1 << 21
PR_SET_PDEATHSIG, SIGKILL = 1, 9
# What a read-only mount must keep of the mount under it: the system's flag, and mount's.
KEPT = {2: MS_NOSUID, 4: MS_NODEV, 8: MS_NOEXEC, 1024: MS_NOATIME, 2048: MS_NODIRATIME, 4096: MS_RELATIME}
REFUSED = 125
"""The exit code when a folder could not be mounted; why not is in the log, and in the file for errors."""


class MountError(Exception):
    """A folder cannot be mounted, or an init container failed; the message is a sentence that names its place."""


def mount_all(mounts: List[Dict[str, Any]], scratch: str) -> None:
    """Give this process, which has a single thread, a mount namespace with these folders in it.

    Args:
        mounts: ``{"source": folder, "target": absolute path, "read_only": bool}`` each, in order.
        scratch: An empty folder that nothing else uses; stand-ins are held there.

    Raises:
        MountError: The system does not allow it, or a place is taken by a file.
    """
    if not mounts:
        return
    view = _View(scratch)
    view.part()
    folder = os.getcwd()
    for mount in sorted(mounts, key=lambda one: one["target"].count("/")):
        view.add(mount["source"], mount["target"], bool(mount.get("read_only")))
    os.chdir(folder)
    view.libc.prctl(PR_SET_PDEATHSIG, SIGKILL)  # a new user namespace makes the kernel forget it


class _View:
    """What this process sees of the file system, while it is changed."""

    def __init__(self, scratch: str) -> None:
        self.scratch = scratch
        self.held = 0
        if not sys.platform.startswith("linux"):
            raise MountError("only Linux can mount a folder for one process")
        self.libc = ctypes.CDLL(None, use_errno=True)

    def part(self) -> None:
        """Leave the namespace of everybody else; who is not root becomes the master of a namespace of users first."""
        user, group = os.geteuid(), os.getegid()
        flags = CLONE_NEWNS if user == 0 else CLONE_NEWNS | CLONE_NEWUSER
        if self.libc.unshare(flags) != 0:
            raise MountError(f"the system gives no mount namespace: {os.strerror(ctypes.get_errno())}")
        try:
            if user != 0:
                _write("/proc/self/setgroups", "deny")
                _write("/proc/self/uid_map", f"{user} {user} 1")
                _write("/proc/self/gid_map", f"{group} {group} 1")
        except OSError as error:
            raise MountError(f"the system gives no namespace of users: {error.strerror}") from None
        self.mount("/", None, "/", MS_REC | MS_PRIVATE)

    def add(self, source: str, target: str, read_only: bool) -> None:
        """Show `source` at `target`."""
        target = "/" + os.path.normpath(target).lstrip("/")
        if target == "/":
            raise MountError("a volume cannot be mounted at /")
        try:
            origin = os.open(source, os.O_RDONLY | os.O_DIRECTORY)  # a stand-in may hide its path
        except OSError as error:
            raise MountError(f"{source}, to be mounted at {target}, cannot be opened: {error.strerror}") from None
        try:
            self.make(target)
        except OSError as error:
            raise MountError(f"{target}, where a volume is to be mounted, cannot be made: {error}") from None
        self.mount(target, f"/proc/self/fd/{origin}", target, MS_BIND | MS_REC)
        os.close(origin)
        if read_only:
            flags = os.statvfs(target).f_flag
            kept = sum(flag for bit, flag in KEPT.items() if flags & bit)
            self.mount(target, None, target, MS_BIND | MS_REMOUNT | MS_RDONLY | kept)

    def make(self, target: str) -> None:
        """See to it that `target` is a folder."""
        nearest = target
        while not os.path.lexists(nearest):
            nearest = os.path.dirname(nearest)
        if not os.path.isdir(nearest):
            raise MountError(f"{target}, where a volume is to be mounted, cannot be made: {nearest} is no folder")
        if nearest == target:
            return
        self.held += 1
        place = os.path.join(self.scratch, str(self.held))
        os.mkdir(place)
        if os.path.realpath(nearest) == "/":
            self.replace_root(target, place)
            return
        self.mount(target, nearest, place, MS_BIND | MS_REC)
        self.mount(target, "tmpfs", nearest, 0, "tmpfs")
        self.mirror(target, place, nearest)
        os.makedirs(target)

    def replace_root(self, target: str, place: str) -> None:
        """A stand-in for the root, which cannot be covered, is entered."""
        self.mount(target, "tmpfs", place, 0, "tmpfs")
        self.mirror(target, "/", place)
        os.makedirs(place + target)
        os.chroot(place)

    def mirror(self, target: str, real: str, copy: str) -> None:
        """Show in `copy` all that is in `real`."""
        os.chmod(copy, stat.S_IMODE(os.stat(real).st_mode))
        for entry in sorted(os.scandir(real), key=lambda one: one.name):
            shown = os.path.join(copy, entry.name)
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), shown)
                continue
            if entry.is_dir():
                os.mkdir(shown)
            else:
                os.close(os.open(shown, os.O_CREAT | os.O_WRONLY))
            try:
                self.mount(target, entry.path, shown, MS_BIND | MS_REC)
            except MountError:
                if os.path.lexists(entry.path):  # else somebody has removed it just now
                    raise

    def mount(self, about: str, source: Optional[str], target: str, flags: int, kind: Optional[str] = None) -> None:
        """The system's own mount.

        Raises:
            MountError: It said no; the sentence is about the place `about`.
        """
        words = [os.fsencode(word) if word is not None else None for word in (source, target, kind)]
        if self.libc.mount(*words, ctypes.c_ulong(flags), None) != 0:
            raise MountError(f"nothing can be mounted at {about}: {os.strerror(ctypes.get_errno())} ({target})")


def run_before(containers: List[Dict[str, Any]]) -> None:
    """Run the init containers of a step, one after the other; their output goes where the step's goes.

    Args:
        containers: ``{"name", "argv": [...], "env": {...}}`` each; the variables come on top of the step's own.

    Raises:
        MountError: One of them failed, and the step must not begin.
    """
    for one in containers:
        try:
            code = subprocess.call(one["argv"], env={**os.environ, **one["env"]}, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise MountError(f"its init container {one['name']} cannot be started: {error.strerror}") from None
        if code:
            raise MountError(f"its init container {one['name']} ended with exit code {code}")


def become(surroundings: Dict[str, Any], command: List[str]) -> None:
    """Run the init containers, mount, then be the command; returns never.

    Raises:
        MountError: A folder cannot be mounted.
        OSError: The command cannot be executed.
    """
    run_before(surroundings.get("before", []))
    mount_all(surroundings["mounts"], surroundings["scratch"])
    os.execvp(command[0], command)


def _write(file: str, text: str) -> None:
    with open(file, "w") as handle:
        handle.write(text)


def main() -> int:
    """The program; see above."""
    surroundings, command = json.loads(sys.argv[1]), sys.argv[2:]
    try:
        become(surroundings, command)
    except MountError as error:
        print(f"kfbridge: {error}.", file=sys.stderr)
        if surroundings.get("error"):
            _write(surroundings["error"], json.dumps({"type": "MountError", "message": str(error)}))
        return REFUSED
    except OSError as error:
        print(f"kfbridge: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127 if isinstance(error, FileNotFoundError) else 126
    return 0


if __name__ == "__main__":
    sys.exit(main())
