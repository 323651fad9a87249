"""Writes docs/support.md from capabilities, limits, conformance and the corpus: ``python -m tests.plan.table``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kfbridge import documents, plugins
from kfbridge.api import load
from kfbridge.findings import Level
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.capabilities import describe as describe_features
from kfbridge.plan.limits import Limit
from kfbridge.plan.limits import describe as describe_limits
from kfbridge.plan.support import Support
from kfbridge.testing import CASES
from tests.backends.test_conformance import TestLocal
from tests.plan.checked import NAMES, any_machine, asked, corpus_graphs, refused

PAGE = Path(__file__).resolve().parents[2] / "docs" / "support.md"

INTRODUCTION = """\
# What each backend has

Every feature of the language and of its settings, with what each backend does with it: the table that `kfbridge check`
goes by ([know before you go](check.md)). `native`: the platform has it; `rewritten`: said in other words of the
platform, with the same meaning; `driven`: done by kfbridge's engine; `refused`: not possible. A number leads to the
backend's notes below; an `l` says that the loss can be accepted (`--allow-loss FEATURE`).

**Today kfbridge runs pipelines on this machine (`local`). For Kubernetes, Vertex AI, SageMaker and Azure ML it checks
pipelines and chooses machines; the translators follow.** Nothing on this page has been tried on a cloud account: the
facts come from the documents, packages and reports that the notes name.

`python -m tests.plan.table` writes this page.
"""

TITLES = {
    "local": "This machine",
    "k8s": "Kubernetes",
    "vertex": "Vertex AI",
    "sagemaker": "SageMaker",
    "azureml": "Azure ML",
}


def page() -> str:
    """The page as it should be."""
    with any_machine():
        parts = [_features(), _combinations(), _notes(), _limits(), _conformance(), _corpus()]
        return "\n".join([INTRODUCTION.rstrip(), *(line for part in parts for line in (*part, ""))]).rstrip() + "\n"


# Features -------------------------------------------------------------------------------------------


def _table(name: str) -> Capabilities:
    return plugins.backend(name).capabilities


class _Notes:
    """The notes of one backend: a number for each distinct one."""

    def __init__(self, capabilities: Capabilities) -> None:
        self.texts: list[str] = []
        self.answers = {one.name: getattr(capabilities, one.name) for one in describe_features()}
        for support in self.answers.values():
            if (text := note(support)) and text not in self.texts:
                self.texts.append(text)

    def cell(self, feature: str) -> str:
        support = self.answers[feature]
        marks = [str(self.texts.index(text) + 1)] if (text := note(support)) else []
        marks += ["l"] * support.loss
        return f"{support.level.value} ({', '.join(marks)})" if marks else support.level.value


def note(support: Support) -> str:
    """What there is to say of an answer, as sentences."""
    said = [f"{support.reason[:1].upper()}{support.reason[1:]}."] if support.reason else []
    said += [support.remedy] if support.remedy else []
    said += [f"Source: {support.source}."] if support.source else []
    return " ".join(said)


def _features() -> Iterator[str]:
    notes = {name: _Notes(_table(name)) for name in NAMES}
    group = ""
    for feature in describe_features():
        if feature.group != group:
            group = feature.group
            yield from ("", f"## {group}", "")
            yield from _head("feature", *(TITLES[name] for name in NAMES))
        cells = (notes[name].cell(feature.name) for name in NAMES)
        yield _row(f"`{feature.name}`<br>{feature.meaning}", *cells)


def _combinations() -> Iterator[str]:
    yield from ("## Where one stands in another", "")
    yield "These are answered otherwise inside of certain groups, at any depth."
    yield ""
    yield from _head("backend", "feature", "inside of", "answer")
    for name in NAMES:
        for one in _table(name).combinations:
            said = f"{one.support.level.value}: {note(one.support)}"
            yield _row(TITLES[name], f"`{one.feature}`", f"`{one.within}`", said)


def _notes() -> Iterator[str]:
    yield "## Notes"
    for name in NAMES:
        yield from ("", f"### {TITLES[name]}", "")
        yield from (f"{number}. {text}" for number, text in enumerate(_Notes(_table(name)).texts, 1))


# Limits ---------------------------------------------------------------------------------------------


def _limits() -> Iterator[str]:
    yield from ("## Limits", "")
    yield "Where a cell is empty, no limit is known. A quota can be raised for an account."
    yield ""
    yield from _head("limit", *(TITLES[name] for name in NAMES))
    limits = {name: plugins.backend(name).limits for name in NAMES}
    for field, meaning in describe_limits().items():
        found = [getattr(limits[name], field) for name in NAMES]
        if any(found):
            yield _row(f"`{field}`<br>{meaning}", *(_limit(one) if one else "" for one in found))
    yield from ("", "| backend | limit | source |", "| --- | --- | --- |")
    for name in NAMES:
        for field in describe_limits():
            if one := getattr(limits[name], field):
                yield _row(TITLES[name], f"`{field}`", one.source)


def _limit(limit: Limit) -> str:
    parts = [f"{limit.maximum:,}{' (quota)' if limit.soft else ''}"] if limit.maximum is not None else []
    parts += [f"<code>{_code(limit.pattern)}</code>"] if limit.pattern else []
    return "<br>".join(parts)


def _code(text: str) -> str:
    """Text in which nothing means anything to Markdown: brackets before parentheses would be a link."""
    return "".join(f"&#{ord(char)};" if char in "()[]*_|<>&\\" else char for char in text)


# Conformance ----------------------------------------------------------------------------------------


def _conformance() -> Iterator[str]:
    yield from ("## Conformance", "")
    yield f"The [conformance suite](conformance-suite.md) has {len(CASES)} cases. This machine runs them, and passes"
    yield f"{len(CASES) - len(TestLocal.gaps)} of them. What each backend says when it checks them, without arguments:"
    yield ""
    yield from _head("backend", "cases that can run", "refused, and by which feature")
    graphs = [documents.graph(documents.read(load(case.pipeline))) for case in CASES.values()]
    for name, one in asked().items():
        answers = [refused(one.check(graph, {})) for graph in graphs]
        why = Counter(feature for features in answers for feature in features)
        yield _row(TITLES[name], str(sum(not features for features in answers)), _counted(why))


# Corpus ---------------------------------------------------------------------------------------------


def _corpus() -> Iterator[str]:
    backends, graphs = asked(), list(corpus_graphs())
    found = {name: [one.check(graph, {}) for _, graph in graphs] for name, one in backends.items()}
    yield from (f"## KFP's own pipelines, {len(graphs)} of them", "")
    yield "What `kfbridge check --all` says of every compiled pipeline of KFP's test data (the files of"
    yield '[conformance](conformance.md)), without arguments; this machine with `containers = "host"`.'
    yield ""
    yield from _head("backend", "files that can run", *(level.value for level in Level))
    for name, answers in found.items():
        levels = Counter(one.level for findings in answers for one in findings)
        can = sum(not refused(findings) for findings in answers)
        yield _row(TITLES[name], str(can), *(f"{levels[level]:,}" for level in Level))
    yield ""
    yield "The other columns count the findings of each level. What is refused, file by file:"
    yield ""
    yield from _head("file", *(TITLES[name] for name in NAMES))
    for position, (file, _) in enumerate(graphs):
        cells = [", ".join(refused(found[name][position])) or "yes" for name in NAMES]
        yield _row(f"`{file}`", *cells)


# ----------------------------------------------------------------------------------------------------


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"`{feature}` ({count})" for feature, count in sorted(counts.items()))


def _head(*cells: str) -> Iterator[str]:
    yield _row(*cells)
    yield _row(*["---"] * len(cells))


def _row(*cells: str) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
