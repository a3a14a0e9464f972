"""Each attention beside the same network without it: what the attention itself adds. No ridge stands beside either."""

from typing import Any

from tsattn.benchmark.our_forms import RECIPES, recipe, sdma_network, sdma_sum
from tsattn.benchmark.suite import Entry, Info


def xm2a_network(seed: int, info: Info) -> Any:
    """What is trained of XM2A at its best, alone."""
    from tsattn.classification import XM2AClassifier

    return XM2AClassifier(proportions=0, training=recipe(info), random_state=seed)


def xm2a_even(seed: int, info: Info) -> Any:
    """The same with masks that weigh all steps of a series alike: nobody talks, and nothing else changes."""
    from tsattn.classification import XM2AClassifier
    from tsattn.nn.talk import Talk

    return XM2AClassifier(talk=Talk(_even_masks), proportions=0, training=recipe(info), random_state=seed)


def _even_masks(heads: Any, value: Any, axis: Any, lengths: Any) -> Any:
    """Masks that queries of 0 make, whatever the keys: one weight for all."""
    return axis.masks(heads.query * 0, value.key, lengths)


def lstm_san_network(seed: int, info: Info) -> Any:
    """What is trained of LSTM-SAN at its best, alone."""
    from tsattn.classification import LSTMSANClassifier

    return LSTMSANClassifier(proportions=0, training=recipe(info), random_state=seed)


def lstm_stack(seed: int, info: Info) -> Any:
    """The same layers without attention."""
    from tsattn.classification import LSTMSANClassifier

    return LSTMSANClassifier(attention_module=None, proportions=0, training=recipe(info), random_state=seed)


PAIRS = {  # with attention, and without
    "sdma": (Entry("sdma-network", sdma_network, ours=True, notes=RECIPES),
             Entry("sdma-sum", sdma_sum, ours=True, notes=RECIPES, note="branches added, no gate")),
    "xm2a": (Entry("xm2a-network", xm2a_network, ours=True, notes=RECIPES),
             Entry("xm2a-even", xm2a_even, ours=True, notes=RECIPES, note="masks that weigh all steps alike")),
    "san": (Entry("lstm-san-network", lstm_san_network, ours=True, notes=RECIPES),
            Entry("lstm-stack", lstm_stack, ours=True, notes=RECIPES, note="no attention between layers")),
}
