"""A network's features, pooled over time, through one linear layer: what a class or a number is read from."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn.nn.dropout import Dropout
from tsattn.nn.pooling import Last, Pooling
from tsattn.nn.residual import Trunk


class Pooled(nn.Module):
    """Body, trunk if wanted, pooling, dropout, linear.

    Parameters
    ----------
    body : nn.Module
        `body(*inputs, lengths)` returns (batch, time, n_features) features; one that leaves fewer steps, such as
        `tsattn.models.LSTMSAN`, returns them and the lengths there.
    n_features, n_outputs : int
        Features of the body; outputs (classes: their logits; targets: their values).
    pooling : callable, default=Last
        `pooling(n_features)` builds the layer that makes one vector of a sequence.
    trunk : callable, optional
        `trunk(n_features)` builds a layer between body and pooling: (features, lengths) to features of the same width
        and their lengths, which may be other ones; `tsattn.nn.residual.ResidualTrunk`, say.
    dropout : float, default=0.0
        Chance that a pooled feature is dropped in training.

    Examples
    --------
    >>> import torch
    >>> from tsattn.models.sdma import SDMA
    >>> network = Pooled(SDMA(3, 3), 6, 5)
    >>> network(torch.zeros(2, 11, 3), torch.zeros(2, 11, 3), lengths=torch.tensor([11, 4])).shape
    torch.Size([2, 5])
    """

    def __init__(
        self, body: nn.Module, n_features: int, n_outputs: int, *, pooling: Pooling = Last, trunk: Trunk | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.body = body
        self.trunk = None if trunk is None else trunk(n_features)
        self.pooling = pooling(n_features)
        self.dropout = Dropout(dropout)
        width = self.pooling.n_features
        assert isinstance(width, int)
        self.head = nn.Linear(width, n_outputs)

    def forward(self, *inputs: Float[Tensor, "b t _"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b k"]:
        """Return (batch, n_outputs)."""
        found = self.body(*inputs, lengths)
        features, lengths = found if isinstance(found, tuple) else (found, lengths)
        if self.trunk is not None:
            features, lengths = self.trunk(features, lengths)
        outputs: Tensor = self.head(self.dropout(self.pooling(features, lengths)))
        return outputs
