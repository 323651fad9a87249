"""The command line of a step, the same as ``python -m kfp.dsl.executor_main``.

``--component_module_path FILE --executor_input JSON --function_to_execute NAME``; the input may be ``@file``.
Unknown options are ignored.

An exception of the user's code ends the step with exit code 1 and the traceback of the user's own frames. When the
environment variable KFBRIDGE_ERROR_FILE names a file, what went wrong is also written there as JSON:
``{"type", "message", "function", "file", "line", "text"}``, for whoever started the step to tell in a sentence.
"""

import json
import logging
import os
import sys
import traceback
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType, TracebackType
from typing import Any, Dict, List, Optional

from kfbridge.runtime.executor import Executor, StepError

ERROR_FILE = "KFBRIDGE_ERROR_FILE"


def main(argv: List[str]) -> int:
    """Run the step of a command line, without the program's name, and return its exit code."""
    options = parse(argv)
    return step(*(options.get(name, "") for name in ("component_module_path", "function_to_execute", "executor_input")))


def step(path: str, function: str, executor_input: Any) -> int:
    """Call a function of a source file and return the exit code of the step.

    Args:
        path: The source file.
        function: The function's name.
        executor_input: An ExecutorInput as JSON text, as ``@file``, or parsed.
    """
    # KFP's executor does the same, so what a step logs is seen.
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s: %(message)s")
    path = os.path.abspath(path)
    try:
        task = read(executor_input)
        called = getattr(load(path), function, None)
        if called is None:
            raise StepError(f"There is no function {function!r} in {path}.")
        Executor(task, called).execute()
    except SystemExit as stop:
        return _stop(stop, path)
    except BaseException as error:  # noqa: BLE001  whatever it is, it ends the step, and is told
        fail(error, path)
        return 1
    return 0


def parse(argv: List[str]) -> Dict[str, str]:
    """The options ``--name value`` and ``--name=value``."""
    options = {}
    words = iter(argv)
    for word in words:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            options[name] = value if equals else next(words, "")
    return options


def read(executor_input: Any) -> Dict[str, Any]:
    """The ExecutorInput from its JSON text, or from the file after ``@``."""
    text = executor_input
    if isinstance(text, dict):
        return text
    if text.startswith("@"):
        with open(text[1:], encoding="utf-8") as file:
            text = file.read()
    try:
        parsed: Dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise StepError(f"--executor_input is not JSON: {error}.") from None
    return parsed


def load(path: str) -> ModuleType:
    """The module of a source file, also importable by its name, so that what it defines can be pickled."""
    name = os.path.splitext(os.path.basename(path))[0]
    loader = SourceFileLoader(name, path)
    spec = spec_from_loader(name, loader)
    if spec is None or not os.path.isfile(path):
        raise StepError(f"There is no file {path} with the step's function.")
    module = module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, os.path.dirname(path))
    # Not `exec_module`: that would leave a __pycache__ beside the source.
    exec(compile(loader.get_data(path), path, "exec", dont_inherit=True), vars(module))
    return module


def _stop(stop: SystemExit, path: str) -> int:
    code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    if code != stop.code and stop.code is not None:
        print(stop.code, file=sys.stderr)
    if code:
        _record({"type": "SystemExit", "message": f"sys.exit({stop.code!r})", **_place(stop, path)})
    return code


def fail(error: BaseException, path: str) -> None:
    """Tell what went wrong: the user's own frames on standard error, the facts in the error file."""
    frames = _user_frames(error.__traceback__, path)
    if isinstance(error, StepError):
        print(f"error: {error}", file=sys.stderr)
    else:
        if frames is None and isinstance(error, SyntaxError):
            error.__traceback__ = None
        traceback.print_exception(type(error), error, frames or error.__traceback__)
    _record({"type": type(error).__name__, "message": str(error)[:4000], **_place(error, path)})


def _place(error: BaseException, path: str) -> Dict[str, Any]:
    """The innermost line of the user's own file that an error passed."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return {"file": path, "line": error.lineno, "text": (error.text or "").strip()}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == path:
            return {"file": path, "line": frame.lineno, "text": frame.line, "function": frame.name}
    return {}


def _user_frames(frames: Optional[TracebackType], path: str) -> Optional[TracebackType]:
    while frames and frames.tb_frame.f_code.co_filename != path:
        frames = frames.tb_next
    return frames


def _record(record: Dict[str, Any]) -> None:
    path = os.environ.get(ERROR_FILE)
    if not path:
        return
    text = json.dumps(record)
    if len(text) > 4096:  # bytes that Kubernetes keeps of a container's last words
        text = json.dumps({key: str(value)[:200] for key, value in record.items()})
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        print(f"error: cannot write {path}: {error}", file=sys.stderr)
