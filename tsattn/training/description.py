"""What a network is, in a text: for a file to say which it is of."""

import inspect
from functools import partial
from typing import Any

from torch import nn


def describe_network(network: nn.Module) -> str:
    """What a network computes, as far as its modules say: shapes of weights, and each module's class and settings.

    Two networks of one description are the same up to their weights, unless a module holds what is neither a plain
    value nor a function. Private attributes are left out: what a module learns beside its weights is to be one.

    Examples
    --------
    >>> describe_network(nn.Dropout(0.1)) == describe_network(nn.Dropout(0.1)), len({
    ...     describe_network(one) for one in (nn.Dropout(0.1), nn.Dropout(0.2), nn.Identity(), nn.Linear(1, 1))})
    (True, 4)
    """
    shapes = [(name, tuple(value.shape)) for name, value in network.state_dict().items()]
    modules = [(name, type(module).__name__, _settings(module)) for name, module in network.named_modules()]
    return repr((shapes, modules))


def _settings(module: nn.Module) -> list[tuple[str, str]]:
    """What a module was told, by name: not its weights, nor its mode."""
    return [(name, describe(value)) for name, value in sorted(vars(module).items())
            if name != "training" and not name.startswith("_") and _is_setting(value)]


def _is_setting(value: Any) -> bool:
    """Whether a value says the same in every process: neither a tensor nor an object with a state."""
    if isinstance(value, tuple):
        return all(map(_is_setting, value))
    return isinstance(value, bool | int | float | str | partial) or inspect.isroutine(value) or isinstance(value, type)


def describe(value: Any) -> str:
    """A text that is the same in every process; a function's default text holds its address.

    Examples
    --------
    >>> describe((1, partial(round, ndigits=2)))
    "(1, (builtins.round, ('ndigits', 2)))"
    """
    if isinstance(value, tuple):
        return f"({', '.join(map(describe, value))})"
    if isinstance(value, partial):
        return describe((value.func, *value.args, *sorted(value.keywords.items())))
    if hasattr(value, "get_params"):
        return f"{type(value).__qualname__}({describe(tuple(sorted(value.get_params().items())))})"
    if callable(value):
        return f"{value.__module__}.{getattr(value, '__qualname__', type(value).__qualname__)}"
    return repr(value)
