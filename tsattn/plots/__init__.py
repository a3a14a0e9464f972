"""Pictures. Nothing global is touched: no backend is chosen, no style set, and pyplot is never imported."""

from tsattn.plots.events import plot_events
from tsattn.plots.forecast import plot_forecast

__all__ = ["plot_events", "plot_forecast"]
