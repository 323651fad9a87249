"""Rewrites: a compiled pipeline to another that means the same and that more services can carry out.

    apply(document, [rewrite, ...])     one after the other; `Rewritten.origins` leads back to the user's tasks

Each is a function from a `Document` to `Rewritten`; options come by keyword, so that `functools.partial` makes a
`Rewrite` of it. What cannot be rewritten without a change of its meaning stays as it is, and a finding says why.
"""

from __future__ import annotations

from kfbridge.graph.rewrites.rewrite import Origin, Rewrite, Rewritten, apply, task_paths

__all__ = ["Origin", "Rewrite", "Rewritten", "apply", "task_paths"]
