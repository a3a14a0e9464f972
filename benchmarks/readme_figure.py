"""Draw the README's picture: a test recording that SDMA classifies right, with its events, saliency and attention."""

from pathlib import Path

from sktime.datasets import load_basic_motions

from tsattn.classification import SDMAClassifier
from tsattn.plots import plot_events
from tsattn.transformations import UVTFSaliency

PICTURE = Path(__file__).parents[1] / "docs" / "events.png"
COLUMNS = ["acceleration x", "acceleration y", "acceleration z", "rotation x", "rotation y", "rotation z"]


def main() -> None:
    X, y = load_basic_motions(split="train", return_type="pd-multiindex")
    X_test, y_test = load_basic_motions(split="test", return_type="pd-multiindex")
    X.columns = X_test.columns = COLUMNS
    model = SDMAClassifier(random_state=0).fit(X, y)
    predicted = model.predict(X_test)
    number = int(((predicted == y_test) & (y_test == "badminton")).argmax())
    instance = X_test.index.get_level_values(0).unique()[number]
    one = X_test.loc[[instance]]
    uvtf = UVTFSaliency(sigma0=0.5, contrast=0.1).fit(X)  # spikes of one step count, ripples do not
    shown = COLUMNS[:2]
    events, saliency, attention = uvtf.events(one), uvtf.transform(one), model.attention(one)
    axes = plot_events(one.loc[instance], events, saliency.loc[instance], attention.loc[instance], columns=shown)
    PICTURE.parent.mkdir(exist_ok=True)
    axes[0].figure.savefig(PICTURE, dpi=130)


if __name__ == "__main__":
    main()
