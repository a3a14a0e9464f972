from itertools import product

import numpy as np
import pytest
import torch
from torch.testing import assert_close
from torch.utils._python_dispatch import TorchDispatchMode

from tests.reference import xm2a as reference
from tsattn.nn.initialise import build
from tsattn.nn.multi_scale import VARIANTS
from tsattn.nn.multi_scale_attention import NORMS, HeadBatchNorm, MultiScaleAttention, NoNorm
from tsattn.nn.talk import DESCRIPTORS, SOFTMAX_AXES, TALKS

LENGTHS = torch.tensor([7, 4, 1])
CONFIGURATIONS = [  # each choice at least once, beside what is most unlike the others
    {}, {"talk": TALKS["input"], "norm": HeadBatchNorm}, {"talk": TALKS["self"], "norm": NoNorm},
    {"descriptor": DESCRIPTORS["max"], "activation": torch.relu, "separate_values": True},
    {"variant": VARIANTS["hybrid"], "softmax_axis": SOFTMAX_AXES["units"]},
    {"variant": VARIANTS["exp-pool"], "talk": TALKS["input"], "softmax_axis": SOFTMAX_AXES["units"]},
]
every_configuration = pytest.mark.parametrize("options", CONFIGURATIONS, ids=range(len(CONFIGURATIONS)))


def made(generator, **options):
    layer = build(lambda: MultiScaleAttention(5, n_heads=3, n_units=2, **options), generator).double()
    with torch.no_grad():
        for name, parameter in layer.norm.named_parameters():  # not those of the identity
            parameter.copy_(torch.randn(parameter.shape, generator=generator) + (name == "weight"))
    return layer


def loops(layer, x, lengths, **options):
    """The same layer by the reference, as a list of (t, c)."""
    kernels = [[] if scales is None else
               [(c.weight.detach().numpy(), c.bias.detach().numpy()) for c in scales.convolutions]
               for scales in (layer.scales, layer.values)]
    norm = {name: parameter.detach().numpy().reshape(3, 2) for name, parameter in layer.norm.named_parameters()}
    series = [one[:n].detach().numpy() for one, n in zip(x, lengths, strict=True)]
    return reference.layer(series, *kernels, layer.output.weight.detach().numpy(), **norm, **options)


def assert_equal_to(features, expected):
    for ours, loop in zip(features.detach().numpy(), expected, strict=True):
        np.testing.assert_allclose(ours[: len(loop)], loop, rtol=1e-8, atol=1e-10)
        assert not ours[len(loop) :].any()


def test_by_hand():
    """One head of one unit that copies the series (0, 3): q = 3/2, k = (0, 3), the logits 0 and 9/2.

    The mask times 2 is (2, 2 e^4.5) / (1 + e^4.5), the value (0, 3), W_O is 5, and there is no norm.
    """
    layer = MultiScaleAttention(1, n_heads=1, n_units=1, norm=NoNorm)
    with torch.no_grad():
        layer.scales.convolutions[0].weight.fill_(1)
        layer.scales.convolutions[0].bias.zero_()
        layer.output.weight.fill_(5)
    e = 90.0171313005218
    out = layer(torch.tensor([[[0.0], [3], [9]]]), torch.tensor([2]))
    assert_close(out, torch.tensor([[[0.0], [5 * 3 * 2 * e / (1 + e)], [0]]]))


@pytest.mark.parametrize(("variant", "talk"), list(product(VARIANTS, TALKS)))
def test_p33_the_layer_equals_the_loop(variant, talk, generator, draw):
    x = draw(3, 7, 5)
    for descriptor, norm in product(DESCRIPTORS, NORMS):
        layer = made(generator, variant=VARIANTS[variant], talk=TALKS[talk], descriptor=DESCRIPTORS[descriptor],
                     norm=NORMS[norm])
        expected = loops(layer, x, LENGTHS, variant=variant, talk=talk, descriptor=descriptor, norm=norm)
        assert_equal_to(layer(x, LENGTHS), expected)


@pytest.mark.parametrize(("axis", "talk"), list(product(SOFTMAX_AXES, TALKS)))
@pytest.mark.parametrize("rescale", [True, False])
def test_p33_axes_and_rescaling_equal_the_loop(axis, talk, rescale, generator, draw):
    x = draw(3, 7, 5)
    layer = made(generator, talk=TALKS[talk], softmax_axis=SOFTMAX_AXES[axis], rescale=rescale)
    assert_equal_to(layer(x, LENGTHS), loops(layer, x, LENGTHS, variant="default", talk=talk, descriptor="average",
                                             axis=axis, rescale=rescale))


@pytest.mark.parametrize("talk", ["self", "scale"])
def test_p33_separate_values_equal_the_loop(talk, generator, draw):
    x = draw(3, 7, 5)
    layer = made(generator, variant=VARIANTS["hybrid"], talk=TALKS[talk], separate_values=True, activation=torch.tanh)
    assert_equal_to(layer(x, LENGTHS), loops(layer, x, LENGTHS, variant="hybrid", talk=talk, descriptor="average",
                                             activation=np.tanh))


def test_the_input_talk_has_a_value_of_its_own_already():
    with pytest.raises(ValueError, match="separate_values must be False"):
        MultiScaleAttention(5, talk=TALKS["input"], separate_values=True)


@every_configuration
def test_p18_padding_changes_nothing_and_gets_no_gradient(options, generator, draw):
    layer = made(generator, **options)  # in training: batch normalisation as well
    x, weight = draw(3, 7, 5), draw(3, 7, 5)
    beyond = (torch.arange(7) >= LENGTHS[:, None])[..., None]
    plain, kept = layer(x, LENGTHS), None
    for filler in (0.0, 1e6, torch.nan):
        filled = x.masked_fill(beyond, filler).requires_grad_()
        layer.zero_grad()
        out = layer(filled, LENGTHS)
        assert torch.equal(out, plain)
        (out * weight).sum().backward()
        assert not filled.grad.masked_select(beyond).any()
        gradients = [parameter.grad for parameter in layer.parameters()]
        kept = kept or gradients
        assert all(torch.equal(a, b) for a, b in zip(gradients, kept, strict=True))
        longer = layer(torch.cat([x, torch.full_like(x, filler)], 1), LENGTHS)
        assert_close(longer[:, :7], plain, rtol=0, atol=1e-12)
        assert not longer[:, 7:].any()


@every_configuration
def test_a_batch_equals_its_series_one_by_one(options, generator, draw):
    layer, x = made(generator, **options).eval(), draw(3, 7, 5)
    together = layer(x, LENGTHS)
    for i, n in enumerate(LENGTHS):
        assert_close(together[i : i + 1, :n], layer(x[i : i + 1, :n], LENGTHS[i : i + 1]), rtol=0, atol=1e-12)


@every_configuration
def test_p32_gradcheck(options, generator, draw):
    layer, lengths = made(generator, **options).eval(), torch.tensor([5, 2])
    assert torch.autograd.gradcheck(lambda x: layer(x, lengths), draw(2, 5, 5).requires_grad_())


@every_configuration
def test_gradient_reaches_every_parameter(options, generator, draw):
    layer = made(generator, **options)
    (layer(draw(3, 7, 5), LENGTHS) * draw(3, 7, 5)).sum().backward()
    assert not [name for name, parameter in layer.named_parameters() if not parameter.grad.any()]


def test_queries_differ_between_samples(generator, draw):
    """Series of mean zero, each by itself, ask almost alike: the bias; an activation tells them apart again."""
    x = draw(3, 211, 5)
    alike = x - x.mean(1, keepdim=True)
    lengths = torch.tensor([211, 211, 211])

    def spread(series, **options):
        layer = made(generator, **options)
        return layer.descriptor(layer.scales(series, lengths), lengths).query.std(0).mean()

    assert spread(alike) < 0.01
    assert spread(alike, activation=torch.relu) > 2 * spread(alike)
    assert spread(x + draw(3, 1, 5)) > 0.1


def test_long_series_stay_above_the_normalisation_s_epsilon(generator, draw):
    """Over 1009 steps the printed masks make features that layer normalisation no longer brings to variance 1."""
    x, lengths = draw(1, 1009, 5), torch.tensor([1009])
    variances = []
    for rescale in (True, False):
        layer = build(lambda rescale=rescale: MultiScaleAttention(5, n_heads=3, n_units=7, rescale=rescale), generator)
        masks, value = layer.double().masks_and_value(x, lengths)
        normalised = layer.norm((masks * value).permute(0, 3, 1, 2), lengths)
        variances.append(normalised.var(-1, unbiased=False).mean().item())
    assert variances[0] > 0.999
    assert variances[1] < 0.7


class Largest(TorchDispatchMode):
    """The number of values of the largest tensor that any operation makes."""

    size = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **kwargs or {})
        for tensor in made if isinstance(made, tuple | list) else [made]:
            if isinstance(tensor, torch.Tensor):
                self.size = max(self.size, tensor.untyped_storage().nbytes() // tensor.itemsize)
        return made


def memory(n_heads, draw, **options):
    """Bytes that a step keeps for its gradients, and the size of the largest tensor that it makes at any time."""
    layer, kept = MultiScaleAttention(3, n_heads=n_heads, n_units=5, **options), {}

    def pack(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    x = draw(2, 101, 3, dtype=torch.float32)
    with Largest() as largest, torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        layer(x, torch.tensor([101, 13])).sum().backward()
    return sum(kept.values()), largest.size


@pytest.mark.parametrize("axis", SOFTMAX_AXES)
@pytest.mark.parametrize("talk", TALKS)
def test_memory_grows_with_heads_not_with_pairs_of_them(axis, talk, draw):
    options = {"talk": TALKS[talk], "softmax_axis": SOFTMAX_AXES[axis], "variant": VARIANTS["pool"]}
    (few, largest), (many, largest_of_many) = memory(4, draw, **options), memory(16, draw, **options)
    assert largest == 2 * 4 * 5 * 101
    assert largest_of_many == 4 * largest
    assert many < 4.01 * few


def test_half_precision_runs(generator, draw):
    layer = build(lambda: MultiScaleAttention(5, n_heads=3, n_units=31), generator)
    x = draw(3, 7, 5, dtype=torch.float32)
    exact = layer(x, LENGTHS)
    with torch.autocast("cpu", torch.bfloat16):
        out = layer(x, LENGTHS)
        out.sum().backward()
    assert_close(out.float(), exact, rtol=0, atol=0.05)
    assert all(parameter.grad.isfinite().all() for parameter in layer.parameters())
