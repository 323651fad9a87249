"""``python -m kfbridge.runtime``: the command line of a step, also of one whose image holds the component's file."""

from __future__ import annotations

import sys
from configparser import ConfigParser

from kfbridge.runtime.main import main, parse
from kfbridge.runtime.shim import install


def find(function: str) -> str:
    """The file of a function, as KFP's ``kfp_config.ini`` in the working directory says; empty when it does not."""
    parser = ConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read("kfp_config.ini")
    return parser.get("Components", function, fallback="")


def run() -> None:
    """Supply the names of KFP, run the step of this process's arguments, exit with its code."""
    install()
    argv = sys.argv[1:]
    if "component_module_path" not in parse(argv):
        function = parse(argv).get("function_to_execute", "")
        path = find(function)
        if not path:
            sys.exit(f"error: Without --component_module_path, kfp_config.ini must name the file of {function!r}.")
        argv = ["--component_module_path", path, *argv]
    sys.exit(main(argv))


if __name__ == "__main__":
    run()
