"""The salient events of one series, in its own time: a table and a picture."""

from pathlib import Path

from sktime.datasets import load_airline

from tsattn.plots import plot_events
from tsattn.transformations import UVTFSaliency

y = load_airline().to_frame()
uvtf = UVTFSaliency(sigma0=1.0).fit(y)
events = uvtf.events(y)
print(events[["t", "sigma", "polarity", "amplitude"]].to_string(index=False))

axes = plot_events(y, events, uvtf.transform(y))
axes[0].figure.savefig("events.png", dpi=150)
print("picture:", Path("events.png").resolve().name)
