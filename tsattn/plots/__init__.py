"""Pictures. Nothing global is touched: no backend is chosen, no style set, and pyplot is never imported."""

from tsattn.plots.events import plot_events

__all__ = ["plot_events"]
