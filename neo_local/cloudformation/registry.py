"""Registration of the types with MiniStack's CloudFormation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from neo_local.cloudformation import greengrass, hosting

Handlers = Mapping[str, Callable[..., Any]]

HANDLERS: Mapping[str, Handlers] = {
    **{of_type: hosting.handlers(kind) for of_type, kind in hosting.TYPES.items()},
    "AWS::GreengrassV2::ComponentVersion": {
        "create": greengrass.create_component,
        "update": greengrass.update_component,
        "delete": greengrass.delete_component,
    },
}


def register() -> None:
    """Teach MiniStack's CloudFormation these types.

    What is extended is MiniStack's own and private; its version is pinned, and tests deploy every
    type. All call back into MiniStack, so they have to run beside its event loop.
    """
    folder = "ministack.services.cloudformation"
    import_module(f"{folder}.provisioners")._RESOURCE_HANDLERS.update(HANDLERS)
    stacks: Any = import_module(f"{folder}.stacks")
    blocks = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda of_type: of_type in HANDLERS or blocks(of_type)
