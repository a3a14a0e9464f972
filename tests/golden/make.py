"""Write the outputs of small networks of fixed weights on fixed inputs: `python -m tests.golden.make NAME...`.

Made anew only where a network is meant to compute something else, and the changelog says so.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch

from tsattn.classification import LSTMSANClassifier, ScaleSpaceRidgeClassifier, SDMAClassifier, XM2AClassifier
from tsattn.nn.initialise import build
from tsattn.nn.ridge_head import ProportionRidge, RidgeHead
from tsattn.regression import LSTMSANRegressor, SDMARegressor, XM2ARegressor

FORMS = {  # a file each
    "sdma": {
        "best": SDMAClassifier(hidden_size=6),
        "published": SDMAClassifier.paper(),
        "published, type 1": SDMAClassifier.paper("type1"),
        "published, type 2": SDMAClassifier.paper("type2"),
    },
    "lstm_san": {
        "best": LSTMSANClassifier(hidden_size=6),
        "published": LSTMSANClassifier.paper(),
        "bottleneck, dilated": LSTMSANClassifier.paper("bottleneck", dilation=2),
        "recurrent attention": LSTMSANClassifier.paper(attention_module="ran"),
        "without attention": LSTMSANClassifier.paper(attention_module=None),
        "difference alone": LSTMSANClassifier.paper("bottleneck", absolute=False, channel_alignment=False,
                                                    extrema=False, smoothing=False),
    },
    "xm2a": {
        "best": XM2AClassifier(hidden_size=6, n_heads=8, n_units=5),
        "published": XM2AClassifier.paper(),
        "hybrid": XM2AClassifier.paper("hybrid"),
        "input to scale": XM2AClassifier.paper(talk="input", norm="batch"),
        "self": XM2AClassifier.paper("exp-pool", talk="self", norm="none", descriptor="max"),
        "over units": XM2AClassifier(softmax_axis="units", rescale=False, separate_values=True, n_heads=3, n_units=5,
                                     hidden_size=64),
    },
    "scale_space_ridge": {
        "best": ScaleSpaceRidgeClassifier(),
        "few": ScaleSpaceRidgeClassifier(proportions=7),
    },
    "regressors": {
        "sdma": SDMARegressor(hidden_size=6),
        "sdma, published": SDMARegressor.paper(),
        "xm2a": XM2ARegressor(hidden_size=6, n_heads=8, n_units=5),
        "xm2a, published": XM2ARegressor.paper(),
        "lstm_san": LSTMSANRegressor(hidden_size=6),
        "lstm_san, published": LSTMSANRegressor.paper(),
    },
}
COLUMNS, WIDTHS, CLASSES, LENGTHS = ["a", "b", "c"], (3, 5), 4, (29, 17, 11)


def file_of(name: str) -> Path:
    """Where the outputs of a model's forms are kept."""
    return Path(__file__).with_name(f"{name}.json")


def width_of(name: str) -> int:
    """Outputs of a model."""
    return 1 if name == "regressors" else CLASSES


def outputs(name: str, form: str) -> torch.Tensor:
    """Logits (3, classes), or values (3, 1), of three series of unequal lengths."""
    inputs = SimpleNamespace(columns=COLUMNS, widths=WIDTHS)
    network = build(lambda: FORMS[name][form]._network(inputs, width_of(name)), torch.Generator().manual_seed(7)).eval()
    steps = torch.arange(max(LENGTHS))
    valid = steps < torch.tensor(LENGTHS)[:, None]
    series = [torch.sin(0.3 * steps[:, None] * torch.arange(1, width + 1) + torch.arange(3)[:, None, None])
              for width in WIDTHS]
    for layer in network.modules():
        if isinstance(layer, RidgeHead):
            fix(layer, series[-1][valid])
    with torch.no_grad():
        return network(*(one * valid[..., None] for one in series), lengths=torch.tensor(LENGTHS))


def fix(layer: RidgeHead, steps: torch.Tensor) -> None:
    """Thresholds of these steps, and weights that are drawn, as if they had been solved for."""
    if isinstance(layer, ProportionRidge):
        layer.proportions.settle(steps)
    weight = torch.randn(layer.head.weight.shape, generator=torch.Generator().manual_seed(11))
    with torch.no_grad():
        layer.head.weight.copy_(weight / layer.head.in_features**0.5)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        kept = {form: outputs(name, form).tolist() for form in FORMS[name]}
        file_of(name).write_text(json.dumps(kept, indent=1) + "\n")
