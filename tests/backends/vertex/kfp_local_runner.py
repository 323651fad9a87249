"""Runs a compiled pipeline by ``kfp.local``; executed by the judge's own Python, which has kfp and not kfbridge.

    python kfp_local_runner.py JOB.json FOLDER

prints one JSON object: how the run ended (``state``: ``succeeded``, ``failed`` by a step, or ``broken`` where
kfp.local itself gave up), the pipeline's ``outputs``, an ``error``, and in ``steps`` the parameters that each step
wrote, as [name, {output: value}]. FOLDER is the pipeline root.
"""

import json
import pathlib
import re
import sys


def main(job, folder):
    import yaml
    from kfp import components, local

    spec, arguments = job["pipelineSpec"], job["runtimeConfig"]["parameterValues"]
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=folder, raise_on_error=True)
    # kfp reads YAML: JSON with line breaks of Unicode in it would be read otherwise
    pipeline = components.load_component_from_text(yaml.safe_dump(spec, allow_unicode=False))
    task = pipeline(**arguments)
    return {"state": "succeeded", "outputs": {name: plain(value) for name, value in task.outputs.items()}}


def plain(value):
    if isinstance(value, list):
        return [plain(one) for one in value]
    if hasattr(value, "uri"):
        file = pathlib.Path(value.path)
        text = {"text": file.read_text(encoding="utf-8")} if file.is_file() else {}
        return {"type": value.schema_title, "metadata": dict(value.metadata), **text}
    return value


def written(folder):
    """What the steps wrote, with their names: kfp.local keeps a folder for each."""
    for path in sorted(pathlib.Path(folder).rglob("executor_output.json")):
        yield path.parent.name, json.loads(path.read_text(encoding="utf-8")).get("parameterValues") or {}


if __name__ == "__main__":
    document, root = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")), sys.argv[2]
    try:
        found = main(document, root)
    except Exception as error:  # noqa: BLE001  whatever kfp.local raises is its verdict
        by_a_step = isinstance(error, RuntimeError) and re.search(r"finished with status", str(error))
        text = re.sub(r"\x1b\[\d+m", "", f"{type(error).__name__}: {error}")
        found = {"state": "failed" if by_a_step else "broken", "outputs": {}, "error": text}
    print("\n" + json.dumps({**found, "steps": list(written(root))}))
