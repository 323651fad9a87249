"""The tasks of a run as a tree of lines that fits into a given height."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kfbridge.backends.base import RunStatus, TaskStatus
from kfbridge.cli.display_text import clean, clip, duration, paint, width

STATES = ("failed", "running", "pending", "succeeded", "cancelled", "skipped")
_COLOURS = {"failed": "red", "running": "blue", "succeeded": "green", "cancelled": "yellow"}
_SYMBOLS = {"failed": "✗", "running": "●", "pending": "○", "succeeded": "✓", "cancelled": "■", "skipped": "↷"}
_LETTERS = {"failed": "x", "running": ">", "pending": ".", "succeeded": "+", "cancelled": "#", "skipped": "-"}
_WORTH = {"failed": 0, "running": 1, "cancelled": 2, "succeeded": 3, "pending": 4, "skipped": 5}
_BAR = 24  # columns


@dataclass(frozen=True, slots=True)
class Style:
    """What the terminal can show."""

    colour: bool = True
    unicode: bool = True

    def mark(self, state: str) -> str:
        """The symbol of a state, in its colour."""
        symbol = (_SYMBOLS if self.unicode else _LETTERS).get(state, "?")
        return paint(symbol, _COLOURS.get(state, "dim"), self.colour)


@dataclass(slots=True, eq=False)
class Node:
    """A task, or a group of tasks with the same beginning of their paths."""

    name: str
    depth: int
    task: TaskStatus | None = None
    children: dict[str, Node] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    parent: Node | None = None

    @property
    def state(self) -> str:
        """The task's own state; of a group, what matters most in it."""
        if self.task is not None and not self.children:
            return self.task.state
        if self.counts["running"] or (self.counts["pending"] and len(+self.counts) > 1):
            return "failed" if self.counts["failed"] else "running"
        return next((state for state in STATES if self.counts[state]), "pending")


def tree_lines(status: RunStatus, now: float, rows: int, columns: int, style: Style) -> list[str]:
    """At most `rows` lines of at most `columns` columns: the tree, then the progress of the whole run.

    Where not everything fits, what failed and what runs stays, finished groups fold, and a line counts the rest.
    """
    root = _grow(status.tasks)
    nodes = _unfold(root, max(1, rows - 1))
    shown = [_line(node, now, columns, style) for node in nodes]
    hidden = _hidden(root, nodes)
    if hidden.total() > 0 and rows > 2:
        shown = [*shown[: rows - 2], clip("  … " + _counted(hidden) + " more", columns)]
    return [*shown, _progress(root.counts, status, now, columns, style)]


def _grow(tasks: Iterable[TaskStatus]) -> Node:
    root = Node("", -1)
    groups = []
    for task in tasks:
        node = root
        for segment in _segments(task.path):
            child = node.children.get(segment)
            if child is None:
                child = node.children[segment] = Node(segment, node.depth + 1, parent=node)
            node = child
        node.task = task
        groups.append(node)
    for node in groups:
        if not node.children and node.task is not None:
            above: Node | None = node.parent
            while above is not None:
                above.counts[node.task.state] += 1
                above = above.parent
    for node in groups:
        if not node.children:
            _join_iteration(node)
    return root


def _join_iteration(step: Node) -> None:
    """Put the only step of an iteration on the iteration's line: ``[3] train``."""
    iteration = step.parent
    if iteration is None or iteration.parent is None or len(iteration.children) > 1 or iteration.name[:1] != "[":
        return
    loop = iteration.parent
    loop.children[iteration.name] = step
    step.name, step.depth, step.parent = f"{iteration.name} {step.name}", iteration.depth, loop


def _segments(path: str) -> Iterator[str]:
    for part in path.split("/"):
        name, bracket, index = part.partition("[")
        yield name
        if bracket:
            yield f"[{index}"


def _unfold(root: Node, rows: int) -> list[Node]:
    """The nodes worth showing, in tree order: all, or without what is in finished groups, or the most telling."""
    every = list(_walk(root, folded=False))
    if len(every) > rows:
        every = list(_walk(root, folded=True))
    if len(every) <= rows:
        return every
    chosen: set[Node] = set()
    for node in sorted(every, key=lambda node: (_WORTH.get(node.state, 9), node.depth)):
        branch = _branch(node, chosen)
        if len(chosen) + len(branch) <= rows - 1:
            chosen.update(branch)
        if len(chosen) == rows - 1:
            break
    return [node for node in every if node in chosen]


def _walk(root: Node, folded: bool) -> Iterator[Node]:
    stack = [*reversed(root.children.values())]
    while stack:
        node = stack.pop()
        yield node
        if not (folded and node.state in ("succeeded", "skipped")):
            stack.extend(reversed(node.children.values()))


def _branch(node: Node, chosen: set[Node]) -> list[Node]:
    """The node and the groups around it that are not chosen yet."""
    branch, above = [node], node.parent
    while above is not None and above.depth >= 0 and above not in chosen:
        branch.append(above)
        above = above.parent
    return branch


def _hidden(root: Node, nodes: list[Node]) -> Counter[str]:
    """How many tasks in which state no line speaks of; a group without its members speaks of all of them."""
    hidden, shown = Counter(root.counts), set(nodes)
    for node in nodes:
        if not node.children:
            hidden[node.state] -= 1
        elif shown.isdisjoint(node.children.values()):
            hidden -= node.counts
    return +hidden


def _line(node: Node, now: float, columns: int, style: Style) -> str:
    head = "  " * min(node.depth, 12, columns // 6) + " "
    note = _group_note(node) if node.children else _task_note(node.task, now)
    room = columns - width(head) - 2
    name = clip(clean(node.name), max(room - width(note) - 2, min(room, 8)))
    left = room - width(name) - 2
    body = f"{name}  {paint(clip(note, left), 'dim', style.colour)}" if note and left > 0 else name
    return f"{head}{style.mark(node.state)} {body}"


def _task_note(task: TaskStatus | None, now: float) -> str:
    if task is None:
        return ""
    notes = []
    if task.cached:
        notes.append("cached")
    elif task.started is not None:
        notes.append(duration((task.ended or now) - task.started))
    if task.attempts > 1:
        notes.append(f"attempt {task.attempts}")
    if task.error:
        notes.append(clean(task.error.partition("\n")[0]))
    return ", ".join(notes)


def _group_note(node: Node) -> str:
    done = node.counts.total() - node.counts["pending"] - node.counts["running"]
    return f"{done}/{node.counts.total()}"


def _progress(counts: Counter[str], status: RunStatus, now: float, columns: int, style: Style) -> str:
    total = counts.total()
    done = total - counts["pending"] - counts["running"]
    filled = _BAR * done // total if total else 0
    full, empty = ("━", "─") if style.unicode else ("#", "-")
    bar = paint(full * filled, "green", style.colour) + paint(empty * (_BAR - filled), "dim", style.colour)
    running = {"running": counts["running"], "failed": counts["failed"]}
    elapsed = duration((status.ended or now) - (status.created or now))
    text = ", ".join([f"{done}/{total} tasks", *(f"{n} {state}" for state, n in running.items() if n), elapsed])
    return f" {bar} {text}" if columns > _BAR + width(text) + 2 else clip(f" {text}", columns)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state] > 0)
