"""The synthesizer that a stack adds its file assets to, even if the app made it."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk

_ID: Final = "NeoAssetSynthesizer"


def asset_synthesizer(stack: cdk.Stack) -> cdk.IStackSynthesizer:
    """Return a synthesizer that adds file assets to the stack. Call it before synthesis begins.

    A synthesizer made in Python is bound to the stack as a copy, and jsii returns the original:
    `stack.synthesizer` is then unbound and refuses assets. A nested stack's synthesizer passes
    assets on to the copy; the nested stack is removed again.
    """
    synthesizer = stack.synthesizer
    if not isinstance(synthesizer, cdk.StackSynthesizer) or _is_bound(synthesizer):
        return synthesizer
    forwarding = cdk.NestedStack(stack, _ID).synthesizer
    for child in (_ID, f"{_ID}.NestedStack"):
        stack.node.try_remove_child(child)
    return forwarding


def _is_bound(synthesizer: cdk.StackSynthesizer) -> bool:
    try:
        return bool(synthesizer._bound_stack)
    except RuntimeError:
        return False
