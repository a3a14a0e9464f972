"""Random changes to a batch of images that leave their classes as they are.

Each is called as `change(batch, generator)`, as those of series are, see `tsattn.training.augment`; an image is a
series of one step, (batch, 1, channel, height, width). Both are the usual ones for small images: He, Zhang, Ren & Sun,
"Deep residual learning for image recognition", CVPR 2016, section 4.2. Differs: what is shifted in repeats the edge,
where theirs is zero, for a dark frame around a bright picture tells where it was.
"""

from dataclasses import replace

import torch
from skbase.base import BaseObject
from torch import Tensor

from tsattn._checks import check_fraction, check_int
from tsattn.training.data import Batch


class Flip(BaseObject):
    """Turn images round, left to right.

    Not for those whose class it changes: digits and letters.

    Parameters
    ----------
    p : float, default=0.5
        Chance of each image.

    Examples
    --------
    >>> import torch
    >>> from tsattn.training import Batch, Flip
    >>> batch = Batch((torch.arange(3.0).expand(4, 1, 1, 1, 3),), torch.ones(4, dtype=torch.long))
    >>> Flip()(batch, torch.Generator().manual_seed(0)).inputs[0].flatten(1).tolist()
    [[2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [2.0, 1.0, 0.0], [2.0, 1.0, 0.0]]
    """

    def __init__(self, p: float = 0.5):
        self.p = p
        super().__init__()

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        p = check_fraction("p", self.p, one=True)
        like = batch.inputs[0]
        flipped = torch.rand((len(like), 1, 1, 1, 1), generator=generator, device=like.device,
                             dtype=torch.float32) < p
        return replace(batch, inputs=tuple(torch.where(flipped, x.flip(-1), x) for x in _images(batch)))


class Translate(BaseObject):
    """Move images by whole pixels, each by its own; the edge is repeated where nothing is known.

    Parameters
    ----------
    pixels : int, default=2
        The farthest, up or down and to either side; all places until there are equally likely.

    Examples
    --------
    >>> import torch
    >>> from tsattn.training import Batch, Translate
    >>> batch = Batch((torch.arange(4.0).view(1, 1, 1, 2, 2),), torch.ones(1, dtype=torch.long))
    >>> Translate(1)(batch, torch.Generator().manual_seed(1)).inputs[0][0, 0, 0].tolist()
    [[1.0, 1.0], [3.0, 3.0]]
    """

    def __init__(self, pixels: int = 2):
        self.pixels = pixels
        super().__init__()

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        reach = check_int("pixels", self.pixels, minimum=0)
        like = batch.inputs[0]
        moves = torch.randint(-reach, reach + 1, (2, len(like), 1), generator=generator, device=like.device)
        return replace(batch, inputs=tuple(_moved(x, *moves) for x in _images(batch)))


def _moved(x: Tensor, down: Tensor, aside: Tensor) -> Tensor:
    """Images (batch, 1, channel, height, width), read so far above and beside each pixel; (batch, 1) moves."""
    rows, columns = (_places(size, move) for size, move in zip(x.shape[3:], (down, aside), strict=True))
    image = torch.arange(len(x), device=x.device)[:, None, None]
    return x.permute(0, 3, 4, 1, 2)[image, rows[:, :, None], columns[:, None]].permute(0, 3, 4, 1, 2)


def _places(size: int, move: Tensor) -> Tensor:
    return (torch.arange(size, device=move.device) + move).clamp(0, size - 1)


def _images(batch: Batch) -> tuple[Tensor, ...]:
    wrong = [tuple(x.shape) for x in batch.inputs if x.ndim != 5]
    if wrong:
        raise ValueError(f"images must have shape (batch, 1, channel, height, width), got {wrong[0]}; series are "
                         "changed by the functions of tsattn.training.augment")
    return batch.inputs


IMAGE_RECIPES = {"standard": (Translate(2),), "strong": (Flip(), Translate(4))}  # what these words mean for images
