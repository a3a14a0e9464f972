"""A network of images as the training loop calls it: an image is a series of one step."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from tsattn.nn.dropout import Dropout


class OfImages(nn.Module):
    """Body, dropout, linear.

    Parameters
    ----------
    body : nn.Module
        From (batch, channel, height, width) to (batch, body.n_features).
    n_outputs : int
        Classes: their logits.
    dropout : float, default=0.0
        Chance that a feature is dropped in training.

    Examples
    --------
    >>> import torch
    >>> from tsattn.image import LeNet5
    >>> OfImages(LeNet5(1), 10)(torch.zeros(2, 1, 1, 28, 28), lengths=torch.tensor([1, 1])).shape
    torch.Size([2, 10])
    """

    def __init__(self, body: nn.Module, n_outputs: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.body = body
        self.dropout = Dropout(dropout)
        width = body.n_features
        assert isinstance(width, int)
        self.head = nn.Linear(width, n_outputs)

    def forward(self, x: Float[Tensor, "b 1 c h w"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b k"]:  # noqa: ARG002 - all are 1
        """Return (batch, n_outputs)."""
        outputs: Tensor = self.head(self.dropout(self.body(x[:, 0])))
        return outputs


class Flattened(nn.Module):
    """A network of images that is given each as one row, channel by channel.

    Parameters
    ----------
    network : nn.Module
        Called with (batch, 1, channel, height, width) and lengths.
    shape : (int, int, int)
        Channels, height and width.

    Examples
    --------
    >>> import torch
    >>> from tsattn.image import LeNet5
    >>> network = Flattened(OfImages(LeNet5(1), 10), (1, 28, 28))
    >>> network(torch.zeros(2, 1, 784), lengths=torch.tensor([1, 1])).shape
    torch.Size([2, 10])
    """

    def __init__(self, network: nn.Module, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.network = network
        self.shape = shape

    def forward(self, x: Float[Tensor, "b 1 p"], lengths: Int[Tensor, " b"]) -> Float[Tensor, "b k"]:
        """Return what the network does."""
        outputs: Tensor = self.network(x.unflatten(2, self.shape), lengths=lengths)
        return outputs
