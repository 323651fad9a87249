"""Runs an embedded notebook inside of a step.

The text of this file becomes part of each notebook component's source, after the code that unpacks the notebook
into ``__KFP_EMBEDDED_ASSET_DIR``. It uses nothing of kfbridge; nbclient, nbformat and ipykernel are installed in
the step.
"""

import json
import sys
from pathlib import Path
from typing import Any

__KFP_EMBEDDED_ASSET_DIR = globals().get("__KFP_EMBEDDED_ASSET_DIR", "")
__KFP_NOTEBOOK = globals().get("__KFP_NOTEBOOK", "")


def kfp_run_notebook(**parameters: Any) -> None:
    """Run the notebook, with these values in a cell after the one tagged ``parameters``, or else first."""
    import nbformat  # type: ignore[import-not-found, unused-ignore]
    from nbclient import NotebookClient  # type: ignore[import-not-found, unused-ignore]

    path = Path(__KFP_EMBEDDED_ASSET_DIR) / __KFP_NOTEBOOK
    notebook = nbformat.read(path, as_version=4)
    _kfp_inject(notebook, parameters, nbformat.v4.new_code_cell)
    _kfp_require_kernel()
    client = NotebookClient(
        notebook, timeout=None, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
            for output in cell.get("outputs", ()):
                _kfp_print(output)


def _kfp_inject(notebook: Any, parameters: Any, new_cell: Any) -> None:
    if not parameters:
        return
    lines = ["import json"] + [f"{key} = json.loads({json.dumps(value)!r})" for key, value in parameters.items()]
    cell = new_cell(source="\n".join(lines), metadata={"tags": ["injected-parameters"]})
    tagged = (i for i, old in enumerate(notebook.cells) if "parameters" in old.get("metadata", {}).get("tags", ()))
    notebook.cells.insert(next(tagged, -1) + 1, cell)


def _kfp_require_kernel() -> None:
    import subprocess

    from jupyter_client.kernelspec import KernelSpecManager  # type: ignore[import-not-found, unused-ignore]

    if "python3" not in KernelSpecManager().find_kernel_specs():
        subprocess.run([sys.executable, "-m", "ipykernel", "install", "--user", "--name", "python3"], check=True)


def _kfp_print(output: Any) -> None:
    data = output.get("data", {})
    if output.get("output_type") == "stream":
        print(output.get("text", ""), end="", flush=True)
    elif output.get("output_type") == "error":
        print("\n".join(output.get("traceback", ())), file=sys.stderr, flush=True)
    elif "text/plain" in data:
        print(data["text/plain"], flush=True)
