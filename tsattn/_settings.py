"""Our calls do not depend on settings of torch and NumPy that the caller has changed, and leave them as they are.

`torch.set_default_device`, `torch.no_grad`, `torch.inference_mode`, `torch.autocast` and `numpy.seterr` would change
what a network computes, or make it fail. These settings belong to a thread, and so they can be reset for the time of a
call. The default dtype belongs to the whole process, where other threads may be using it, and is left alone. What we
compute with is float32 by name; modules, whose constructors do not pass a dtype on, are made within `made_in_float32`,
a mode of torch, which belongs to the thread too. It intercepts every operation of torch, and a whole training within it
would take 15 to 65 % longer.

A process that was made by fork inherits its parent's records of the thread pools of OpenMP, torch's and
scikit-learn's, but not the threads in them, and would wait for these forever. Our first call in it sets it to one
thread, and this is not undone: torch's next operation, sending a network to another process, say, would wait as well.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
import torch
from threadpoolctl import ThreadpoolController
from torch import Tensor
from torch.overrides import TorchFunctionMode

Function = TypeVar("Function", bound=Callable[..., Any])
FACTORIES = {torch.empty, torch.zeros, torch.ones, torch.eye, torch.rand, torch.randn, torch.linspace, torch.logspace,
             torch.empty_strided, torch.empty_permuted}  # whose dtype is the default one unless named
ERRORS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}  # NumPy's own default
_IMPORTED_IN = os.getpid()


class _Float32(TorchFunctionMode):
    """Within it, what this thread makes in the default dtype is made in float32."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if kwargs.get("dtype") is not None:
            return func(*args, **kwargs)
        if func in FACTORIES:
            return func(*args, **{**kwargs, "dtype": torch.float32})
        made = func(*args, **kwargs)
        if isinstance(made, Tensor) and made.dtype == torch.get_default_dtype() and func is not Tensor.double \
                and not any(map(_has_dtype, (*args, *kwargs.values()))):
            return made.float()  # of numbers of Python, or of whole numbers that were divided, say
        return made


def _has_dtype(value: Any) -> bool:
    """Whether a result has its dtype from this argument."""
    if isinstance(value, list | tuple):
        return any(map(_has_dtype, value))
    if isinstance(value, Tensor):
        return value.is_floating_point() or value.is_complex()
    return isinstance(value, torch.dtype | np.ndarray | np.generic)


def made_in_float32() -> AbstractContextManager[Any]:
    """Within it, modules and what else has no dtype of its own are of float32, whatever the default is."""
    return nullcontext() if torch.get_default_dtype() == torch.float32 else _Float32()


def _one_thread_after_fork() -> None:
    """Compute in this thread alone if its process was made by fork after we were imported."""
    if os.getpid() == _IMPORTED_IN:
        return
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    # asked anew each time, as a pool may have been loaded meanwhile
    ThreadpoolController().select(user_api="openmp").limit(limits=1)


@contextmanager
def own_settings() -> Iterator[None]:
    """Within it, torch and NumPy have their default settings.

    Examples
    --------
    >>> with torch.no_grad(), own_settings():
    ...     torch.is_grad_enabled()
    True
    """
    with ExitStack() as stack:
        stack.enter_context(np.errstate(**ERRORS))  # type: ignore[arg-type] # its words
        _one_thread_after_fork()
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
        if not torch.is_grad_enabled():
            stack.enter_context(torch.enable_grad())
        for kind in ("cpu", "cuda"):
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        yield


def undisturbed(function: Function) -> Function:
    """Let a function run within `own_settings`."""

    @wraps(function)
    def inside(*args: Any, **kwargs: Any) -> Any:  # in our own code, which a warning skips to name the caller's line
        with own_settings():
            return function(*args, **kwargs)

    return cast(Function, inside)
