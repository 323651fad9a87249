"""Boot commands: what a container that runs a Python function is started with.

kfbridge writes ``python3 -c LOADER BUNDLE SOURCE``, which needs nothing in the image but Python, with a shell script
before it where the user wants packages. KFP writes two shell scripts and installs itself first. `read_boot` knows
both, so that a backend that has something better than the command (a warm interpreter, a kept environment) can use
that, and no step ever waits for ``pip install kfp``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from kfbridge.spec import _predicate
from kfbridge.spec._bundle import BUNDLE, LOADER

EXECUTOR_INPUT = "{{$}}"
_ENSURE_PIP = """\
if ! [ -x "$(command -v pip)" ]; then
    python3 -m ensurepip || python3 -m ensurepip --user || apt-get install python3-pip
fi
"""
_VENV = """\
tmp=$(mktemp -d)
python3 -m venv "$tmp/venv" --system-site-packages
. "$tmp/venv/bin/activate"
"""
# Images of distributions refuse pip (PEP 668) or warn about root; in a container neither is of use.
_PIP = (
    "PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore "
    "python3 -m pip install --quiet --no-warn-script-location"
)
_RUN = '"$0" "$@"'


@dataclass(frozen=True, slots=True)
class PythonBoot:
    """What a boot command says.

    Attributes:
        function: The function to call.
        source: Its source file's text; None when the image holds it (a containerized component).
        packages: The user's packages to install, as pip takes them; never the kfp that KFP itself needs.
        index_urls: Package indexes, the main one first.
        trusted_hosts: Hosts that pip is to trust without a valid certificate.
        use_venv: Whether the packages go into an environment of their own inside the container.
        origin: Who wrote the command.
        extra_args: Arguments beside the executor input and the function.
        unknown: Parts of the install script that are not understood. Where there are any, only the command itself
            does what the user wants.
        conditions: What the step looks at before anything else, as `kfbridge.runtime.predicate` takes it
            (`kfbridge.spec.predicate`); empty for none.
    """

    function: str
    source: str | None
    packages: tuple[str, ...] = ()
    index_urls: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    use_venv: bool = False
    origin: Literal["kfbridge", "kfp"] = "kfbridge"
    extra_args: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    conditions: str = ""


# Writing --------------------------------------------------------------------------------------------


def write_boot(
    function: str,
    source: str | None,
    packages: Sequence[str] = (),
    pip_index_urls: Sequence[str] = (),
    pip_trusted_hosts: Sequence[str] = (),
    use_venv: bool = False,
) -> tuple[list[str], list[str]]:
    """The command and arguments that call a function.

    Args:
        function: Its name in the source.
        source: The text of a module that defines it; None when the image holds it, as KFP builds such images.
        packages: What pip installs before, as pip takes it.
        pip_index_urls: Package indexes, the main one first.
        pip_trusted_hosts: Hosts that pip is to trust without a valid certificate.
        use_venv: Install into an environment of its own inside the container.

    Returns:
        The container's command and its arguments.
    """
    args = ["--executor_input", EXECUTOR_INPUT, "--function_to_execute", function]
    command = ["python3", *(["-m", "kfp.dsl.executor_main"] if source is None else ["-c", LOADER, BUNDLE, source])]
    if packages:
        script = _pip_script(packages, pip_index_urls, pip_trusted_hosts, use_venv)
        command = ["sh", "-c", script, *command]
    return command, args


def _pip_script(packages: Sequence[str], index_urls: Sequence[str], hosts: Sequence[str], use_venv: bool) -> str:
    options = ["--index-url", *index_urls[:1]] if index_urls else []
    options += [word for url in index_urls[1:] for word in ("--extra-index-url", url)]
    options += [word for host in hosts for word in ("--trusted-host", host)]
    return f"\n{_ENSURE_PIP}{_VENV if use_venv else ''}{_PIP} {shlex.join([*options, *packages])} && {_RUN}\n"


# Reading --------------------------------------------------------------------------------------------

_KFP_MAIN = re.compile(r"kfp(\.v2)?\.(dsl|components)\.executor_main")
# The script that writes the source ($0) to a file and calls kfp's executor on it.
_KFP_RUN = re.compile(
    r"""\s* program_path=\$\(mktemp(\s+-d)?\) \s+
        printf\s+"%s"\s+"\$0"\s*>\s*"\$program_path(/ephemeral_component\.py)?" \s+
        (_KFP_RUNTIME=true\s+)? python3?\s+-m\s+"""
    + _KFP_MAIN.pattern
    + r"""\s+ --component_module_path \s+ "\$program_path(/ephemeral_component\.py)?" \s+ "\$@" \s*""",
    re.VERBOSE,
)
_ENSURE_PIP_FORMS = re.compile(
    r"if\s+!\s+\[\s+-x\s+\"\$\(command -v pip\)\"\s+\];?\s+then\s.*?ensurepip.*?\sfi\s", re.DOTALL
)
_VENV_FORMS = re.compile(
    r"(export\s+PIP_DISABLE_PIP_VERSION_CHECK=1\s+)?tmp=\$\(mktemp -d\)\s+python3 -m venv \"\$tmp/venv\"[^\n]*\s+"
    r"\. \"\$tmp/venv/bin/activate\"\s+"
)
_SILENT = {"--quiet", "-q", "--no-warn-script-location", "--no-deps", "--no-cache-dir", "--disable-pip-version-check"}
_SHELL = re.compile(r"[$`\\]|^[&|;()]+$")  # what only a shell can tell the meaning of
_KFP_ITSELF = re.compile(
    r"kfp\s*(\[[^]]*\])?\s*([=<>!~@;].*)?|.*[#&]egg=kfp\b.*|.*\bkfp-[^/]*\.(whl|tar\.gz)", re.IGNORECASE
)


def read_boot(command: Sequence[str], args: Sequence[str]) -> PythonBoot | None:
    """What a container's command means, when it runs a Python function by kfbridge's or KFP's boot.

    Args:
        command: The container's command, placeholders unresolved.
        args: Its arguments, placeholders unresolved.

    Returns:
        The meaning; None for any other container.
    """
    if list(command[:4]) == ["python3", "-c", _predicate.LOADER, _predicate.PACKED]:
        boot = read_boot(command[6:], args)
        return None if boot is None or boot.conditions else replace(boot, conditions=command[4])
    words = [*command, *args]
    install = ""
    if words[:2] == ["sh", "-c"] and words[3:4] and words[3] in ("sh", "python3"):
        install, words = words[2], words[3:]
    if words[:2] == ["python3", "-c"] and len(words) > 4 and _is_loader(words[2]):
        return _read("kfbridge", install, words[4], words[5:])
    if words[:2] in (["sh", "-ec"], ["sh", "-c"]) and len(words) > 3 and _KFP_RUN.fullmatch(words[2]):
        return _read("kfp", install, words[3], words[4:])
    if not install and words[:1] in (["python3"], ["python"]) and words[1:2] == ["-m"] and len(words) > 2:
        return _read("kfp", "", None, words[3:]) if _KFP_MAIN.fullmatch(words[2]) else None
    return None


def lean_boot(command: Sequence[str], args: Sequence[str]) -> tuple[list[str], list[str]]:
    """A container's command and arguments; those of a function that KFP boots become kfbridge's.

    The same function is called with the same packages, without ``pip install kfp``. What is not understood to the last
    word stays as it is.
    """
    boot = read_boot(command, args)
    if boot is None or boot.origin != "kfp" or boot.source is None or boot.unknown or boot.extra_args:
        return list(command), list(args)
    return write_boot(boot.function, boot.source, boot.packages, boot.index_urls, boot.trusted_hosts, boot.use_venv)


def _is_loader(text: str) -> bool:
    return text == LOADER or (text.startswith("import sys") and "kfbridge_runtime" in text)


def _read(origin: Literal["kfbridge", "kfp"], script: str, source: str | None, words: list[str]) -> PythonBoot | None:
    function, given, extra = "", "", []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name == "--function_to_execute":
            function = value if equals else next(rest, "")
        elif name == "--executor_input":
            given = value if equals else next(rest, "")
        else:
            extra.append(word)
    if not function or given != EXECUTOR_INPUT:
        return None
    install = _install(script)
    return PythonBoot(
        function=function,
        source=source,
        packages=tuple(install.packages),
        index_urls=tuple(dict.fromkeys(install.index_urls)),
        trusted_hosts=tuple(dict.fromkeys(install.trusted_hosts)),
        use_venv=install.use_venv,
        origin=origin,
        extra_args=tuple(extra),
        unknown=tuple(install.unknown),
    )


@lru_cache(maxsize=1024)
def _install(script: str) -> _Install:
    """The steps of a pipeline mostly share a few scripts."""
    return _Install(script)


class _Install:
    """An install script, taken apart: ``pip install ... && pip install ... && "$0" "$@"``."""

    def __init__(self, script: str) -> None:
        self.packages: list[str] = []
        self.index_urls: list[str] = []
        self.trusted_hosts: list[str] = []
        self.unknown: list[str] = []
        script = _ENSURE_PIP_FORMS.sub("", script)
        script, venvs = _VENV_FORMS.subn("", script)
        self.use_venv = venvs > 0
        kfp_itself = False
        for words in _commands(script):
            words = [word for position, word in enumerate(words) if position or word != "exec"]
            while words and re.fullmatch(r"PIP_\w+=\S*", words[0]):
                del words[0]
            if words[:4] in (["python3", "-m", "pip", "install"], ["python", "-m", "pip", "install"]):
                packages = self._pip(words[4:])
                if packages and not kfp_itself and _is_kfp_itself(packages):
                    kfp_itself = True
                else:
                    self.packages += packages
            elif words != ["$0", "$@"]:
                self.unknown.append(shlex.join(words))

    def _pip(self, words: list[str]) -> list[str]:
        packages = []
        known = {
            "--index-url": self.index_urls, "-i": self.index_urls, "--extra-index-url": self.index_urls,
            "--trusted-host": self.trusted_hosts,
        }  # fmt: skip
        rest = iter(words)
        for word in rest:
            name, equals, value = word.partition("=")
            if name in known and word.startswith("-"):
                known[name].append(value if equals else next(rest, ""))
            elif word in _SILENT:
                continue
            elif word.startswith("-") or _SHELL.search(word):
                self.unknown.append(word)
            else:
                packages.append(word)
        return packages


def _commands(script: str) -> Iterator[list[str]]:
    """The simple commands of a script that are joined by ``&&``; anything else about shells stays a word."""
    lexer = shlex.shlex(script, posix=True, punctuation_chars="&|;()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        for word in lexer:
            if word == "&&":
                yield words
                words = []
            else:
                words.append(word)
    except ValueError:  # a quote that nothing closes
        words.append(script)
    if words:
        yield words


def _is_kfp_itself(packages: list[str]) -> bool:
    """Whether one ``pip install`` is KFP's own: kfp alone, or with the one package that it names beside itself."""
    others = [package for package in packages if not _KFP_ITSELF.fullmatch(package)]
    return len(others) < len(packages) and all(package.startswith("typing-extensions") for package in others)
