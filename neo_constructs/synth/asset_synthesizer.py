"""The synthesizer that a stack adds its file assets to, also where the user's app has made it."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk

_ID: Final = "NeoAssetSynthesizer"


def asset_synthesizer(stack: cdk.Stack) -> cdk.IStackSynthesizer:
    """A synthesizer whose file assets are the stack's. Call it before synthesis begins.

    A synthesizer that Python made is bound to the stack as a copy of itself, and jsii takes that
    copy for the original: `stack.synthesizer` is then bound to nothing, and refuses assets. A
    nested stack's synthesizer passes assets on to the copy; the nested stack is taken away again.
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
