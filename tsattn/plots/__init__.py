"""Pictures. Nothing global is touched: no backend is chosen, no style set, and pyplot is never imported."""

from tsattn.plots.architecture import plot_architecture
from tsattn.plots.entropies import plot_entropies
from tsattn.plots.events import plot_events
from tsattn.plots.forecast import plot_forecast
from tsattn.plots.keypoints import plot_keypoints
from tsattn.plots.masks import plot_masks

__all__ = ["plot_architecture", "plot_entropies", "plot_events", "plot_forecast", "plot_keypoints", "plot_masks"]
