"""Write example.csv and example_truth.csv beside this file: `python datasets/planted_events/make.py`."""

from pathlib import Path

from tsattn.datasets import make_planted_events


def tables() -> dict[str, str]:
    """The text of each file, by name."""
    X, y, truth = make_planted_events(20, 61, 2, n_distractors=1, random_state=7)
    series = X.reset_index()
    series.insert(2, "class", [y[int(instance[1:])] for instance in series["instance"]])
    return {
        "example.csv": series.to_csv(index=False, float_format="%.4f", lineterminator="\n"),
        "example_truth.csv": truth.to_csv(index=False, float_format="%.4f", lineterminator="\n"),
    }


if __name__ == "__main__":
    for name, text in tables().items():
        (Path(__file__).parent / name).write_text(text, encoding="utf-8", newline="\n")
