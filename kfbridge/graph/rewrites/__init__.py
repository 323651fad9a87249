"""Rewrites: a compiled pipeline to another that means the same and that more services can carry out.

    inline(document)                    the tasks of nested pipelines beside each other
    unroll(document, arguments)         a task for each item of a loop whose items are known
    conditions(document)                the whole condition on each task of a branch
    oneof(document)                     what follows branches that meet again, in each of them
    predicate(document)                 steps that look at their conditions themselves
    resume(document, finished)          what remains of a run
    apply(document, [rewrite, ...])     one after the other; `Rewritten.origins` leads back to the user's tasks

Each is a function from a `Document` to `Rewritten`; options come by keyword, so that `functools.partial` makes a
`Rewrite` of it. What cannot be rewritten without a change of its meaning stays as it is, and a finding says why.
"""

from __future__ import annotations

from kfbridge.graph.rewrites.conditions import conditions
from kfbridge.graph.rewrites.inline import inline
from kfbridge.graph.rewrites.oneof import oneof
from kfbridge.graph.rewrites.predicate import predicate
from kfbridge.graph.rewrites.resume import resume
from kfbridge.graph.rewrites.rewrite import Origin, Rewrite, Rewritten, apply, task_paths
from kfbridge.graph.rewrites.unroll import unroll

__all__ = [
    "Origin",
    "Rewrite",
    "Rewritten",
    "apply",
    "conditions",
    "inline",
    "oneof",
    "predicate",
    "resume",
    "task_paths",
    "unroll",
]
