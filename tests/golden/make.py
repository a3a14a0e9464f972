"""Write the outputs of small networks of fixed weights on fixed inputs: `python -m tests.golden.make`.

Made anew only where a network is meant to compute something else, and the changelog says so.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import torch

from tsattn.classification import SDMAClassifier
from tsattn.nn.initialise import build

FILE = Path(__file__).with_name("sdma.json")
FORMS = {
    "best": SDMAClassifier(hidden_size=6),
    "published": SDMAClassifier.paper(),
    "published, type 1": SDMAClassifier.paper("type1"),
    "published, type 2": SDMAClassifier.paper("type2"),
}
COLUMNS, WIDTHS, CLASSES, LENGTHS = ["a", "b", "c"], (3, 5), 4, (29, 17, 11)


def outputs(form: str) -> torch.Tensor:
    """Logits (3, classes) of three series of unequal lengths."""
    inputs = SimpleNamespace(columns=COLUMNS, widths=WIDTHS)
    network = build(lambda: FORMS[form]._network(inputs, CLASSES), torch.Generator().manual_seed(7)).eval()
    steps = torch.arange(max(LENGTHS))
    valid = steps < torch.tensor(LENGTHS)[:, None]
    series = [torch.sin(0.3 * steps[:, None] * torch.arange(1, width + 1) + torch.arange(3)[:, None, None])
              for width in WIDTHS]
    with torch.no_grad():
        return network(*(one * valid[..., None] for one in series), lengths=torch.tensor(LENGTHS))


if __name__ == "__main__":
    FILE.write_text(json.dumps({form: outputs(form).tolist() for form in FORMS}, indent=1) + "\n")
