"""What a series' weight means to training: so many series like it."""

import numpy as np
import pytest
import torch
from torch import nn

from tsattn.training import Sequences, Training, cross_entropy, fit_network, predict_network, squared_error

ONE_STEP = Training(epochs=1, batch_size=64, optimizer="sgd", lr=0.7, weight_decay=0.0, schedule="constant", clip=None,
                    label_smoothing=0.1, augment=())
N, STEPS = 11, 5


class Mean(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.head = nn.Linear(3, 7), nn.Linear(7, 4)

    def forward(self, x, lengths):
        return self.head(torch.tanh(self.hidden(x)).sum(1) / lengths.unsqueeze(-1))


@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
def test_p24_a_class_weight_of_two_is_the_gradient_of_its_rows_twice(loss):
    """One step of gradient descent, by all series at once: the weights then differ by the gradient alone."""
    rng = np.random.default_rng(24)
    x = rng.normal(size=(N, STEPS, 3))
    codes = np.arange(N) % 4
    target = codes if loss is cross_entropy else rng.normal(size=(N, 4))
    times = np.where(codes == 2, 2, 1)

    def trained(rows, weight):
        data = Sequences([x[rows].reshape(-1, 3)], [STEPS] * len(rows), target=target[rows], weight=weight,
                         n_classes=4 if loss is cross_entropy else None)
        return fit_network(Mean, data, ONE_STEP, loss=loss, seed=3).network

    weighted, twice, once = trained(np.arange(N), times.astype(float)), trained(np.repeat(np.arange(N), times), None), \
        trained(np.arange(N), None)
    plain = Sequences([x.reshape(-1, 3)], [STEPS] * N)
    said, expected, other = (predict_network(network, plain) for network in (weighted, twice, once))
    torch.testing.assert_close(said, expected, rtol=0, atol=1e-6)
    assert (other - expected).abs().max() > 1e-3
