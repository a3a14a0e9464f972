"""Networks whose every weight is drawn from one generator.

A layer's constructor draws from torch's global generator, which threads share: two fits side by side then disturb each
other, and seeding it disturbs the caller. `build` runs the constructor with those draws turned to a generator handed
in. Buffers are computed as ever, and torch's own layers keep torch's own rules, except the recurrent ones.

Recurrent layers: input weights by Glorot & Bengio (AISTATS 2010), each gate for itself; orthogonal recurrent weights
(Saxe, McClelland & Ganguli, ICLR 2014), so that what is remembered neither dies nor explodes over long series; the
forget gate's bias 1 and every other 0 (Jozefowicz, Zaremba & Sutskever, ICML 2015), so that an LSTM starts by
remembering. torch's rule, everything uniform within 1 / sqrt(hidden), starts with a forget gate of one half: after ten
steps a thousandth is left.
"""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from tsattn._settings import made_in_float32

Network = TypeVar("Network", bound=nn.Module)

DRAWS = {
    torch.Tensor.uniform_, torch.Tensor.normal_, torch.Tensor.bernoulli_, torch.Tensor.exponential_,
    torch.Tensor.random_, torch.Tensor.cauchy_, torch.Tensor.log_normal_, torch.Tensor.geometric_,
    torch.rand, torch.randn, torch.randint, torch.randperm, torch.normal, torch.bernoulli, torch.multinomial,
    # some of these hand themselves to the mode whole, and what they call inside is then out of its sight
    *(rule for rule in vars(nn.init).values()
      if inspect.isfunction(rule) and "generator" in inspect.signature(rule).parameters),
}
UNTURNABLE = {torch.rand_like, torch.randn_like, torch.randint_like}


class _DrawFrom(TorchFunctionMode):
    """Within it, this thread's draws without a generator come from the one given."""

    def __init__(self, generator: torch.Generator):
        super().__init__()
        self.generator = generator

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in UNTURNABLE:
            raise TypeError(f"torch.{func.__name__} takes no generator; a layer's constructor may not use it")
        if func in DRAWS and kwargs.get("generator") is None:
            kwargs["generator"] = self.generator
        return func(*args, **kwargs)


def build(make: Callable[[], Network], generator: torch.Generator) -> Network:
    """Construct a network on the CPU and draw all its weights from `generator`, none from the global one.

    Parameters
    ----------
    make : callable
        Makes the network, without arguments. Its layers are torch's own, or have a method `reset(generator)` that
        draws their own parameters and nothing else (their children are drawn by themselves, and before them).
    generator : torch.Generator
        On the CPU.

    Returns
    -------
    nn.Module

    Raises
    ------
    TypeError
        A layer that is not torch's own has parameters of its own and no `reset`: nobody knows how to draw them.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> a, b = (build(lambda: nn.Linear(3, 2), torch.Generator().manual_seed(7)) for _ in range(2))
    >>> torch.equal(a.weight, b.weight)
    True
    """
    with made_in_float32(), _DrawFrom(generator):
        network = make()
        with torch.no_grad():
            _reset(network, "", generator)
    return network


def _reset(module: nn.Module, name: str, generator: torch.Generator) -> None:
    for child_name, child in module.named_children():
        _reset(child, f"{name}.{child_name}".lstrip("."), generator)
    own_rule = getattr(module, "reset", None)
    if own_rule is not None:
        own_rule(generator)
    elif isinstance(module, nn.RNNBase | nn.RNNCellBase):
        reset_recurrent(module, generator)
    elif not type(module).__module__.startswith("torch.nn.") and any(True for _ in module.parameters(recurse=False)):
        raise TypeError(f"cannot initialise {name or 'the network'} ({type(module).__name__}): it has parameters of "
                        "its own and no method reset(generator)")


def reset_recurrent(module: nn.RNNBase | nn.RNNCellBase, generator: torch.Generator) -> None:
    """Draw a recurrent layer's or cell's weights: Glorot, orthogonal, forget gate's bias 1 (see this file's head)."""
    size = module.hidden_size
    for name, parameter in module.named_parameters():
        gates = parameter.split(size) if not name.startswith("weight_hr") else [parameter]
        for gate in gates:
            _reset_gate(name, gate, generator)
        if isinstance(module, nn.LSTM | nn.LSTMCell) and name.startswith("bias_ih"):
            gates[1].fill_(1.0)  # input, forget, cell, output; the two biases are added, so one of them is enough


def _reset_gate(name: str, gate: Tensor, generator: torch.Generator) -> None:
    if name.startswith("bias"):
        gate.zero_()
    elif name.startswith("weight_hh"):
        nn.init.orthogonal_(gate, generator=generator)
    else:
        nn.init.xavier_uniform_(gate, generator=generator)


class HeWeights:
    """Weights of a convolution, normal, of variance 2 / (inputs of a unit), and biases of 0; to be mixed in before it.

    He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015, equation 10: what a ReLU after it leaves equal.
    torch's own rule has a sixth of that variance, of which 13 layers without a norm let nothing through.
    """

    weight: Tensor
    bias: Tensor | None

    def reset(self, generator: torch.Generator) -> None:
        """Draw the weights."""
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu", generator=generator)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
