"""checkpoint: memory for time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph import ancestors, enable_grad, is_grad_enabled, tick
from ..random import default_generator
from ..tensors import Tensor, place
from ..trees import leaves


def checkpoint(f: Callable, *args: Any, use_reentrant: bool | None = None,
               preserve_rng_state: bool = True, **kw: Any) -> Any:
    """f(*args, **kw), without keeping what f computes on the way: backward calls f once more.

    The memory of a deep network grows with the square root of its depth if it is cut into that many
    pieces (Chen et al., 2016). Random numbers are drawn again as before.
    """
    state = default_generator.get_state() if preserve_rng_state else None
    if not is_grad_enabled():
        return f(*args, **kw)
    start = tick()
    y = f(*args, **kw)
    nodes = [n for n in ancestors([place(t) for t in leaves(y) if isinstance(t, Tensor)])
             if n.age > start]

    def again() -> None:
        """Fill the nodes with what a second call computes."""
        now = default_generator.get_state()
        if state is not None:
            default_generator.set_state(state)
        restart = tick()
        with enable_grad():
            z = f(*args, **kw)
        default_generator.set_state(now)
        fresh = [n for n in ancestors([place(t) for t in leaves(z) if isinstance(t, Tensor)])
                 if n.age > restart]
        if [n.op.name for n in fresh] != [n.op.name for n in nodes]:
            raise RuntimeError("checkpoint: the function computed something else when it was called "
                               "again; it must do the same for the same arguments")
        for old, new in zip(nodes, fresh, strict=True):
            old.op, old.inputs, old.y = new.op, new.inputs, new.y

    for n in nodes:
        n.inputs, n.y = again, None
    return y

