"""What attention costs in a network of images: one training step of VGG and ResNet with each block, side by side.

Run: python benchmarks/cnn_step_time.py [networks]      (all by default: vgg16 vgg19 resnet18 resnet50)
Prints a row for each network and placement, and appends it to benchmarks/results/cnn_step_time.jsonl: seconds of
processor time a step (forward, loss, backward, AdamW) without attention, and how many times as long it takes with each
block; the least of a few turns that all take one after the other in one process on one thread. Other work on the
machine adds to a turn: on a busy one, no ratio is good to better than a tenth.

Images are noise, 32 x 32 in colour, 16 a step: a step's time does not hang on what is on them. The source (Garg,
"On Feature Saliency and Deep Neural Networks", dissertation, Arizona State University, 2020, figure 5.9) has whole
trainings on a GPU, and no numbers.
"""

import json
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional

from tsattn.image import OfImages
from tsattn.image.backbones import BACKBONES
from tsattn.image.slot import BLOCKS, PLACEMENTS
from tsattn.nn import bind, build

NETWORKS = ("vgg16", "vgg19", "resnet18", "resnet50")
ATTENTIONS = (None, "se", "cbam", "bam", "san-c", "san-d")
SIZE, BATCH, CLASSES, TURNS = (32, 32), 16, 10, 3
RESULTS = Path(__file__).parent / "results" / "cnn_step_time.jsonl"


def stepper(network, attention, placement):
    """A function that takes one step of a fresh network, and returns its seconds."""
    generator = torch.Generator().manual_seed(0)
    block = None if attention is None else BLOCKS[attention]
    made = build(lambda: OfImages(BACKBONES[network].make(3, SIZE, attention=block, placement=placement), CLASSES),
                 generator)
    bind(made, generator)
    x = torch.randn(BATCH, 1, 3, *SIZE, generator=generator)
    target, lengths = torch.arange(BATCH) % CLASSES, torch.ones(BATCH, dtype=torch.long)
    optimizer = torch.optim.AdamW(made.parameters())

    def step():
        began = time.process_time()
        optimizer.zero_grad()
        functional.cross_entropy(made(x, lengths=lengths), target).backward()
        optimizer.step()
        return time.process_time() - began

    return step


def row_of(network, placement):
    """The seconds of a step without attention, and the ratio of each block, the turns of all of them interleaved."""
    steppers = {attention: stepper(network, attention, placement) for attention in ATTENTIONS}
    turns = [{attention: step() for attention, step in steppers.items()} for _ in range(TURNS + 1)][1:]
    least = {attention: min(turn[attention] for turn in turns) for attention in ATTENTIONS}
    ratios = {attention: round(seconds / least[None], 2) for attention, seconds in least.items() if attention}
    return {"network": network, "placement": placement, "step_s": round(least[None], 2), **ratios}


def main():
    torch.set_num_threads(1)
    for network in sys.argv[1:] or NETWORKS:
        for placement in PLACEMENTS:
            row = row_of(network, placement)
            print(row, flush=True)
            with RESULTS.open("a") as file:
                file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
