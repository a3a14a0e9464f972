"""Networks shaped by data: how many layers and kernels, said by local features of series or images; no label is read.

    features = series_features(values, lengths)        or image_features(images)
    plan = racknet(features, budget=400, ndim=1)       its architecture, and what led to it
    network = RackNetwork(plan.architecture, 3)        a module of torch
"""

from tsattn.design.allocation import STRATEGIES, allocate
from tsattn.design.designing import OctavePlan, RACKNetPlan, racknet
from tsattn.design.features import Features, image_features, series_features
from tsattn.design.network import ImageRackNetwork, RackNetwork, SeriesRackNetwork
from tsattn.design.observations import Mixture
from tsattn.design.plan import Architecture, Layer

__all__ = ["STRATEGIES", "Architecture", "Features", "ImageRackNetwork", "Layer", "Mixture", "OctavePlan",
           "RACKNetPlan", "RackNetwork", "SeriesRackNetwork", "allocate", "image_features", "racknet",
           "series_features"]
