"""What LSTMSANClassifier does, beyond what every estimator promises."""

import pytest
import torch

from tests.classification.conftest import classifier, frame, series
from tsattn.classification import LSTMSANClassifier
from tsattn.nn import ChannelsLast
from tsattn.nn.glimpse import GlimpseLSTM
from tsattn.nn.recurrent import LSTM, BidirectionalLSTM


def recurrent(**options):
    return classifier(LSTMSANClassifier, **{"proportions": 0, **options})


def body_of(fitted):
    return fitted.network_.body.body


@pytest.mark.parametrize(("placement", "attended"), [("full", [0, 1, 2, 3]), ("bottleneck", [1, 3])])
def test_the_published_form(placement, attended):
    made = LSTMSANClassifier.paper(placement, epochs=3, random_state=0)
    made.fit(frame(series(1, [13, 17, 19, 23])), [0, 1, 0, 1])
    layers = body_of(made).layers
    assert [i for i, layer in enumerate(layers) if isinstance(layer, ChannelsLast)] == attended
    cells = [layer.layer.cell if i in attended else layer.cell for i, layer in enumerate(layers)]
    assert [(type(cell), cell.input_size, cell.hidden_size) for cell in cells] == [
        (torch.nn.LSTM, inputs, 64) for inputs in (3, 64, 64, 64)]
    assert {layers[i].block.smoothing.dilation for i in attended} == {(1,)}
    assert made.inputs_.saliency is None
    assert made.network_.trunk is None
    assert made.network_.pooling(torch.arange(12.0).view(1, 4, 3), torch.tensor([2])).tolist() == [[3, 4, 5]]
    assert set(made.history_["lr"]) == {1e-3}
    assert len(made.history_) == 3


def test_the_published_competitor_and_baseline():
    X, y = frame(series(1, [13, 17, 19, 23])), [0, 1, 0, 1]
    for module, kinds in [("ran", [GlimpseLSTM] * 4), (None, [LSTM] * 4)]:
        made = LSTMSANClassifier.paper(attention_module=module, epochs=1, random_state=0).fit(X, y)
        assert [type(layer) for layer in body_of(made).layers] == kinds


@pytest.mark.parametrize("switch", ["absolute", "channel_alignment", "extrema", "smoothing"])
def test_each_switch_reaches_every_mask(switch, ragged):
    made = recurrent(placement="bottleneck", n_layers=4, bidirectional=False, dilation=2, **{switch: False})
    blocks = [layer.block for layer in body_of(made.fit(ragged.X, ragged.y)).layers[1::2]]
    for block in blocks:
        found = {"absolute": block.absolute, "channel_alignment": block.channel_alignment, "extrema": block.extrema,
                 "smoothing": block.smoothing is not None}
        assert found == {name: name != switch for name in found}
        assert block.smoothing is None or block.smoothing.dilation == (2,)


def test_the_series_and_its_bands_are_read_side_by_side(ragged):
    made = recurrent().fit(ragged.X, ragged.y)
    assert made.inputs_.widths == (3, 15)
    first = body_of(made).layers[0].layer
    assert isinstance(first, BidirectionalLSTM)
    assert first.forwards.cell.input_size == 18


def test_a_module_may_be_a_callable(ragged):
    made = recurrent(attention_module=GlimpseLSTM, bidirectional=False).fit(ragged.X, ragged.y)
    named = recurrent(attention_module="ran", bidirectional=False).fit(ragged.X, ragged.y)
    assert (made.predict_proba(ragged.X) == named.predict_proba(ragged.X)).all()


@pytest.mark.parametrize(("options", "said"), [
    ({"attention_module": "eca"}, "unknown attention_module 'eca'; choose one of 'san', 'ran', 'se', 'cbam', 'bam'"),
    ({"placement": "top"}, "unknown placement 'top'; choose one of 'full', 'bottleneck'"),
    ({"placement": "bottleneck", "n_layers": 1}, "and 1 layer has none; use placement='full'"),
    ({"channel_alignment": False}, "without channel_alignment both layers must have as many channels, got 8 after 18"),
    ({"dilation": 0}, "dilation must be an integer of at least 1, got 0"),
    ({"n_layers": 0}, "n_layers must be an integer of at least 1, got 0"),
    ({"hidden_size": 0}, "hidden_size must be an integer of at least 1, got 0"),
    ({"hidden_size": 7}, "n_features must be even, half for each direction, got 7"),
    ({"pooling": "first"}, "unknown pooling 'first'; choose one of 'last', 'mean-max', 'attention', 'flatten'"),
    ({"trunk": "oak"}, "unknown trunk 'oak'; choose one of 'residual'"),
])
def test_nonsense_is_refused_in_fit(options, said, ragged):
    with pytest.raises(ValueError, match=said):
        recurrent(**options).fit(ragged.X, ragged.y)


@pytest.mark.parametrize("name", ["absolute", "channel_alignment", "extrema", "smoothing", "bidirectional"])
def test_switches_are_true_or_false(name, ragged):
    with pytest.raises(TypeError, match=f"{name} must be True or False, got 1"):
        recurrent(**{name: 1}).fit(ragged.X, ragged.y)
