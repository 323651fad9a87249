"""Making components of functions without a decorator, under the names that KFP gives this."""

from __future__ import annotations

from kfbridge.dsl.component_decorator import make_component as create_component_from_func
from kfbridge.dsl.container_component_decorator import container_component as create_container_component_from_func
from kfbridge.dsl.graph_component import make_pipeline as create_graph_component_from_func
from kfbridge.dsl.notebook_component_decorator import notebook_component as create_notebook_component_from_func

__all__ = [
    "create_component_from_func",
    "create_container_component_from_func",
    "create_graph_component_from_func",
    "create_notebook_component_from_func",
]
