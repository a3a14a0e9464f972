"""The shape of a convolutional network as a plain value: racks of layers, kernels of each, and what stands between.

The notation is that of Garg & Candan, "RACKNet", ICMR 2019, table 1: r racks, c_i layers in rack i, k_ij kernels of
edge e_ij in each layer. Racks are separated by a pooling of 2.
"""

from dataclasses import asdict, dataclass
from typing import Any

from tsattn._checks import check_fraction, check_int, check_one_of

RACK_POOLINGS = ("average", "max")
RANKS = (1, 2)
MOST_LAYERS = 1000


@dataclass(frozen=True)
class Layer:
    """A layer of convolutions.

    Attributes
    ----------
    kernels : int
        Its features.
    edge : int, default=3
        Samples that a kernel spans along each axis, an odd number.

    Examples
    --------
    >>> Layer(8), Layer(77, edge=5).edge
    (Layer(kernels=8, edge=3), 5)
    """

    kernels: int
    edge: int = 3

    def __post_init__(self) -> None:
        for name in ("kernels", "edge"):  # NumPy's integers too, which JSON has not
            object.__setattr__(self, name, check_int(name, getattr(self, name)))
        if self.edge % 2 == 0:
            raise ValueError(f"edge must be odd, so that the size stays, got {self.edge}")


@dataclass(frozen=True)
class Architecture:
    """Racks of layers, with a pooling of 2 between one rack and the next.

    Attributes
    ----------
    racks : tuple of tuples of Layer
    pooling : {"average", "max"}, default="average"
        Between racks. The source's "maxout" is described there as a layer of max-pooling, which "max" is.
    dropout : float, default=0.25
        Chance that a kernel is left out in training, after each rack.
    ndim : {1, 2}, default=2
        Axes of space: series or images.

    Raises
    ------
    TypeError, ValueError
        There is no rack, or one without layers; an unknown pooling or rank; a dropout outside [0, 1).

    Examples
    --------
    One that the source prints (table 3.2, COIL-20, its first two racks):

    >>> made = Architecture(((Layer(8), Layer(77)), (Layer(44), Layer(29), Layer(44), Layer(44, edge=5))))
    >>> print(made)
    2-4 layers of (8,77-44,29,44,44) kernels, edges (3,3-3,3,3,5), 2-D, average pooling, dropout 0.25
    >>> made.budget, made.n_layers
    (246, 6)
    >>> Architecture.from_dict(made.to_dict()) == made
    True
    """

    racks: tuple[tuple[Layer, ...], ...]
    pooling: str = "average"
    dropout: float = 0.25
    ndim: int = 2

    def __post_init__(self) -> None:
        well_formed = isinstance(self.racks, tuple) and all(
            isinstance(rack, tuple) and rack and all(isinstance(layer, Layer) for layer in rack) for rack in self.racks)
        if not well_formed or not self.racks:
            raise TypeError(f"racks must be a tuple of one or more racks, each a tuple of one or more Layers, got "
                            f"{self.racks!r}")
        if self.n_layers > MOST_LAYERS:
            raise ValueError(f"racks must have at most {MOST_LAYERS} layers in all, got {self.n_layers}")
        check_one_of("pooling", self.pooling, RACK_POOLINGS)
        object.__setattr__(self, "dropout", float(check_fraction("dropout", self.dropout)))
        object.__setattr__(self, "ndim", int(check_one_of("ndim", self.ndim, RANKS)))

    def __str__(self) -> str:
        kernels, edges = ("-".join(",".join(str(getattr(layer, part)) for layer in rack) for rack in self.racks)
                          for part in ("kernels", "edge"))
        layers = "-".join(str(len(rack)) for rack in self.racks)
        return (f"{layers} layers of ({kernels}) kernels, edges ({edges}), {self.ndim}-D, {self.pooling} pooling, "
                f"dropout {self.dropout:g}")

    @property
    def n_layers(self) -> int:
        """Layers of all racks."""
        return sum(len(rack) for rack in self.racks)

    @property
    def budget(self) -> int:
        """Kernels of all layers."""
        return sum(layer.kernels for rack in self.racks for layer in rack)

    def to_dict(self) -> dict[str, Any]:
        """Return the value as plain dicts, lists, numbers and text, for JSON."""
        return {**asdict(self), "racks": [[asdict(layer) for layer in rack] for rack in self.racks]}

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> "Architecture":
        """Return the architecture that `to_dict` made this of.

        Raises
        ------
        TypeError, ValueError
            A key is missing or unknown, or a value makes no sense.
        """
        if "racks" not in value:
            raise ValueError(f"an architecture must have racks, got {value!r}")
        racks = tuple(tuple(Layer(**layer) for layer in rack) for rack in value["racks"])
        return cls(**{**value, "racks": racks})
