"""Measures kfbridge and KFP side by side in one run, and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("KFBRIDGE_SHARED", REPOSITORY.parent / "shared")) / "bench"
PAGE = REPOSITORY / "docs" / "benchmarks.md"
PEER = "kfp==2.17.0"
KFBRIDGE = Path(sys.executable).parent / "kfbridge"


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, KFP's figure, kfbridge's, and the aim."""

    what: str
    kfp: str
    kfbridge: str
    aim: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, help=f"an interpreter that has {PEER}")
    parser.add_argument(
        "--only",
        choices=[*PARTS, *SECTIONS],
        action="append",
        help="this part alone; storage and kubernetes are written",
    )
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    peer = options.peer or (Path() if options.only and set(options.only) <= SECTIONS.keys() else make_peer())
    rows: list[Row] = []
    for name, (heading, lines) in SECTIONS.items():
        if name in options.only if options.only else name == "storage":
            text = "\n".join([f"## {heading}", "", *lines(options.repeat), ""])
            PAGE.write_text(with_section(PAGE.read_text(), text))
            print(f"wrote the section {heading} of {PAGE.relative_to(REPOSITORY)}")
    for name, part in PARTS.items():
        if not options.only or name in options.only:
            print(f"== {name}", flush=True)
            for row in part(peer, options.repeat):
                print(f"   {row.what}: kfp {row.kfp or '-'}, kfbridge {row.kfbridge}", flush=True)
                rows.append(row)
    if not options.only:
        PAGE.write_text(page(rows) + sections(PAGE.read_text()))
        print(f"wrote {PAGE.relative_to(REPOSITORY)}")


# The parts ------------------------------------------------------------------------------------------


def authoring(peer: Path, repeat: int) -> Iterator[Row]:
    script = SHARED / "dsl_bench.py"
    if not script.is_file():
        return
    common = ["--shapes", "chain", "--repeat", str(repeat)]
    with tempfile.TemporaryDirectory() as folder:
        theirs = report(peer, script, folder, ["--package", "kfp", "--tasks", "100", "1000", *common])
        tasks = ["100", "1000", "10000"]
        ours = report(Path(sys.executable), script, folder, ["--package", "kfbridge", "--tasks", *tasks, *common])
    imports = [result[f"import from {name} import dsl"] for result, name in ((theirs, "kfp"), (ours, "kfbridge"))]
    yield Row("`import dsl`", *(both(found["wall_s"], found["cpu_s"]) for found in imports), "<= 0.20 s")
    yield Row("`import dsl`, memory", *(f"{found['rss_mb']:.0f} MB" for found in imports), "<= 40 MB")
    for size, aim in (("100", "<= 0.05 s"), ("1000", "<= 0.4 s"), ("10000", "linear")):
        found = [result.get(f"compile chain {size}") for result in (theirs, ours)]
        label = f"compile a chain of {int(size):,} tasks"
        yield Row(label, *(both(each["compile_s"], each["compile_cpu_s"]) if each else "" for each in found), aim)
        if size != "100":
            yield Row(
                f"memory at {int(size):,} tasks",
                *(f"{each['rss_mb']:.0f} MB" if each else "" for each in found),
                "<= 80 MB" if size == "1000" else "",
            )


def steps(peer: Path, repeat: int) -> Iterator[Row]:
    script = SHARED / "local_overhead.py"
    if not script.is_file():
        return
    command = ["--python", sys.executable, "--cmd", f"{KFBRIDGE} run {{ir}} --no-cache"]
    for label, extra in (("no packages", []), ("KFP's pip line", ["--pip"])):
        with tempfile.TemporaryDirectory() as folder:
            common = ["--kinds", "chain", "fan", "--sizes", "1", "31", "--repeat", str(repeat), *extra]
            theirs = report(peer, script, folder, ["--python", str(peer), *common])
            ours = report(peer, script, folder, [*command, *common])
        for kind in ("chain", "fan"):
            figures = (both(result[kind]["s_per_task"], result[kind]["cpu_s_per_task"]) for result in (theirs, ours))
            yield Row(f"local, per trivial step, {kind}, {label}", *figures, "<= 0.02 s")


def sleeps(peer: Path, repeat: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        spec = compiled(peer, SLEEPS, Path(folder))
        theirs = measured([str(peer), "-c", KFP_RUN, str(spec)], Path(folder), peer)
        command = [str(KFBRIDGE), "run", str(spec), "--parallel", "16", "--no-cache"]
        ours = statistics.median(measured(command, Path(folder)).wall for _ in range(repeat))
    yield Row("200 steps that sleep 0.1 s, 16 at once", seconds(theirs.wall), seconds(ours), "<= 3 s")


def many(peer: Path, repeat: int) -> Iterator[Row]:
    for count in (1000, 5000):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            spec = compiled(peer, MANY.replace("COUNT", str(count)), folder)
            used = measured([str(KFBRIDGE), "run", str(spec), "--no-cache"], folder)
            [journal] = folder.rglob("journal.jsonl")
            size = journal.stat().st_size / 1e6
        yield Row(f"{count:,} steps: wall", "serial", seconds(used.wall), "linear")
        yield Row(f"{count:,} steps: kfbridge's own CPU per step", "", f"{1000 * used.cpu / count:.2f} ms", "linear")
        yield Row(f"{count:,} steps: kfbridge's memory", "", f"{used.memory:.0f} MB", "linear")
        yield Row(f"{count:,} steps: journal", "", f"{size:.1f} MB", "linear")


def install(peer: Path, repeat: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        own = make_venv(Path(folder) / "venv", Path(sys.executable), str(REPOSITORY))
        sizes = [installed_size(python) for python in (peer, own)]
    yield Row("installed size", *(f"{size:.0f} MB" for size in sizes), "<= 25 MB")


PARTS: dict[str, Callable[[Path, int], Iterator[Row]]] = {
    "authoring": authoring,
    "steps": steps,
    "sleeps": sleeps,
    "many": many,
    "install": install,
}

SLEEPS = """
@dsl.component(install_kfp_package=False)
def nap(number: int) -> int:
    import time
    time.sleep(0.1)
    return number

@dsl.pipeline(name='naps')
def bench():
    for number in range(200):
        nap(number=number).set_caching_options(False)
"""
MANY = """
@dsl.component(install_kfp_package=False)
def step(number: int) -> int:
    return number

@dsl.pipeline(name='many')
def bench():
    with dsl.ParallelFor(list(range(COUNT))) as number:
        step(number=number)
"""
KFP_RUN = """
import sys
from kfp import components, local
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root='root', workspace_root='work')
components.load_component_from_file(sys.argv[1])()
"""


# Storage --------------------------------------------------------------------------------------------

SERVERS = {
    "rclone": ("S3 (rclone)", "boto3"),
    "azurite": ("Azure (Azurite)", "azure-storage-blob"),
    "fakegcs": ("GCS (fake-gcs-server)", "google-cloud-storage"),
}
OPERATIONS = {
    "large up": ("256 MB up", "<= 1.1"),
    "large down": ("256 MB down", "<= 1.1"),
    "small up": ("{files} files of 4 KB up", "< 1"),
    "small down": ("{files} files of 4 KB down", "< 1"),
}


def sections(text: str) -> str:
    """The page from its first section on; empty when there is none."""
    return text[text.index("\n## ") :] if "\n## " in text else ""


def with_section(text: str, section: str) -> str:
    """The page with a section in the place of the one that has its heading, or at its end."""
    heading = section.partition("\n")[0]
    before, found, rest = text.partition(f"\n{heading}\n")
    later = sections(rest) if found else ""
    return f"{before.rstrip()}\n\n{section}{later}"


def storage_lines(repeat: int) -> Iterator[str]:
    yield from (
        f"By `benchmarks/run.py --only storage --repeat {repeat}`, kfbridge and each provider's own library in turn,",
        "on a real server on this machine: medians of wall time, and CPU time of the client. The library's small files",
        "go through the loop of its documentation; the column after it is the same call in 16 threads. kfbridge",
        "compares every file with its checksum and writes a manifest; the ratio is its wall time to that of the loop.",
        "On loopback an answer takes no time to travel, so that what is done at once counts for little here.",
        "",
        "| what | library | its calls | in 16 threads | kfbridge | ratio | aim | with obstore | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    )
    for kind, (label, library) in SERVERS.items():
        command = [sys.executable, REPOSITORY / "benchmarks" / "storage.py", kind, "--repeat", str(repeat)]
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        for name, (what, aim) in OPERATIONS.items():
            yield storage_row(f"{label}: {what.format(files=found['files'])}", library, name, aim, found["figures"])


def storage_row(what: str, library: str, name: str, aim: str, figures: dict[str, Any]) -> str:
    figure, threads = figures[name], figures.get(f"{name}, 16 threads")
    theirs, ours, fast = figure["sdk"], figure["kfbridge"], figure.get("kfbridge with obstore")
    cells = [
        what,
        library,
        both(*theirs),
        both(*threads["sdk"]) if threads else "",
        both(*ours),
        f"{ours[0] / theirs[0]:.2f}",
        aim,
        both(*fast) if fast else "",
        f"{fast[0] / theirs[0]:.2f}" if fast else "",
    ]
    line = f"| {' | '.join(cells)} |"
    print(f"   {line}", flush=True)
    return line


# Kubernetes -----------------------------------------------------------------------------------------


def kubernetes_lines(repeat: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.k8s", "--repeat", str(repeat), "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True)
    yield from (
        f"By `benchmarks/run.py --only kubernetes --repeat {repeat}` on a cluster of {os.cpu_count()} cores: kfbridge",
        "beside plain scripts, by turns in one run; medians, and the median of each round's ratio.",
        "[How each is measured](../benchmarks/README.md#kubernetes).",
        "",
        "| what | beside | there | kfbridge | ratio or difference | aim |",
        "| --- | --- | --- | --- | --- | --- |",
    )
    for cells in json.loads(done.stdout.splitlines()[-1]):
        yield f"| {' | '.join(cells)} |"


SECTIONS: dict[str, tuple[str, Callable[[int], Iterator[str]]]] = {
    "storage": ("Storage", storage_lines),
    "kubernetes": ("Kubernetes", kubernetes_lines),
}


# Means ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Used:
    """What a command took: wall seconds; CPU seconds and peak megabytes of its own process, not of the steps'."""

    wall: float
    cpu: float
    memory: float


def measured(command: list[str], folder: Path, python: Path | None = None) -> Used:
    """Run a command, watching its process alone through /proc."""
    path = f"{(python or Path(sys.executable)).parent}{os.pathsep}{os.environ['PATH']}"
    (folder / "work").mkdir(exist_ok=True)
    start = time.perf_counter()
    log = folder / "output.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, "PATH": path}, stdout=output, stderr=subprocess.STDOUT
        )
        cpu = memory = 0.0
        while process.poll() is None:
            cpu, memory = sample(process.pid) or (cpu, memory)
            time.sleep(0.02)
    if process.returncode:
        sys.exit(f"failed: {' '.join(command)}\n{log.read_text()[-2000:]}")
    return Used(time.perf_counter() - start, cpu, memory)


def sample(pid: int) -> tuple[float, float] | None:
    """CPU seconds so far and peak megabytes of a process; None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        peak = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) / 1024


def compiled(peer: Path, pipeline: str, folder: Path) -> Path:
    """The pipeline, compiled by KFP: both sides run the same file."""
    source, spec = folder / "bench_pipeline.py", folder / "bench.yaml"
    source.write_text(f"from kfp import compiler, dsl\n{pipeline}\ncompiler.Compiler().compile(bench, {str(spec)!r})\n")
    subprocess.run([peer, "-W", "ignore", source], check=True)
    return spec


def report(python: Path, script: Path, folder: str, arguments: list[str]) -> dict[str, Any]:
    out = Path(folder) / "report.json"
    subprocess.run([python, script, *arguments, "--out", out], check=True, stdout=subprocess.DEVNULL)
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def make_peer() -> Path:
    folder = REPOSITORY / ".venv-kfp"
    python = folder / "bin" / "python"
    return python if python.exists() else make_venv(folder, Path(sys.executable), PEER)


def make_venv(folder: Path, python: Path, requirement: str) -> Path:
    subprocess.run([python, "-m", "venv", folder], check=True)
    made = folder / "bin" / "python"
    try:
        subprocess.run([made, "-m", "pip", "--disable-pip-version-check", "install", "-q", requirement], check=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(folder)
        raise
    return made


def installed_size(python: Path) -> float:
    """Megabytes in the site-packages of an environment, without pip, setuptools and compiled bytecode."""
    [packages] = (python.parent.parent / "lib").glob("python3*/site-packages")
    return (
        sum(
            file.stat().st_size
            for file in packages.rglob("*")
            if file.is_file()
            and "__pycache__" not in file.parts
            and not file.relative_to(packages).parts[0].startswith(("pip", "setuptools", "_distutils", "pkg_resources"))
        )
        / 1e6
    )


def seconds(value: float) -> str:
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s"


def both(wall: float, cpu: float) -> str:
    return f"{seconds(wall)} (CPU {seconds(cpu)})"


def page(rows: list[Row]) -> str:
    lines = [f"| {row.what} | {row.kfp} | {row.kfbridge} | {row.aim} |" for row in rows]
    cores = os.cpu_count()
    return "\n".join(
        [
            "# Benchmarks",
            "",
            f"kfbridge and {PEER.replace('==', ' ')}, measured one after the other by `make bench` on {cores} cores, "
            f"Python {platform.python_version()}, {platform.system()}; see [how](../benchmarks/README.md).",
            "",
            "| what | kfp | kfbridge | aim |",
            "| --- | --- | --- | --- |",
            *lines,
            "",
            "The aims were set on a machine where kfp took 0.06 s for a trivial step and 5.1 s to compile 1,000 tasks:",
            "where its figures above are larger, this machine was slower by as much. The ratios are what to compare.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
