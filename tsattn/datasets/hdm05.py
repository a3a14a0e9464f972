"""Motion capture HDM05, eleven classes of cut clips at 120 frames a second.

Müller, Röder, Clausen, Eberhardt, Krüger & Weber, "Documentation Mocap Database HDM05", technical report CG-2007-2,
Universität Bonn, 2007. The eleven classes, and the actors of each part, are those of Ofli, Chaudhry, Kurillo, Vidal &
Bajcsy, "Sequence of the most informative joints (SMIJ)", J. Visual Communication and Image Representation 25, 2014.
"""

from pathlib import PurePosixPath
from typing import Any

import numpy as np

from tsattn._checks import check_int, check_one_of
from tsattn.datasets._amc import COLUMNS, N_ROOT, parse_amc
from tsattn.datasets._containers import SPLITS, Labelled
from tsattn.datasets._sources import Source, locate, members

SOURCE = Source(
    path="hdm05/hdm05_11.tar",
    publisher="https://resources.mpi-inf.mpg.de/HDM05/",
    note="its publisher offers no archive of these eleven classes (the folders train/<class> and test/<class> of "
         "AMC files are made from the cut clips)",
)
RATE = 120  # frames a second
TURN = 360.0  # degrees
NOISE = 1e-9  # degrees; the clavicles read 1e-13 and less, every other angle is given to 1e-6


def load_hdm05(split: str | None = None, return_X_y: bool = True, return_type: str | None = None, *,
               unwrap: bool = True, resample: int | str | None = None, angles: str = "degrees",
               root: str = "position") -> Any:
    """Load eleven motion classes of HDM05: 288 series, 62 variates, 56 to 901 frames of 1/120 s.

    Parameters
    ----------
    split : {None, "train", "test"}, default=None
        "train" is the actors bd, bk, dg (189 series), "test" the actors mm, tr (99), None both. Do not split at
        random: 72 pairs of clips share frames, always of one actor.
    return_X_y : bool, default=True
        Whether to return `(X, y)`; otherwise X alone, with the labels in its column "class_val".
    return_type : {"pd-multiindex", "df-list", "nested_univ"}, default="pd-multiindex"
        Container of X. The lengths are unequal: "numpy3D" raises.
    unwrap : bool, default=True
        Whether to take whole turns off the angles, so that none jumps by more than 180 degrees from frame to frame and
        each has its clip's median in [-180, 180). As published, they stand up to eight turns apart from clip to clip.
        156 flips of 90 to 180 degrees remain, of hips, wrists, thumbs and feet: the published orientation itself turns
        by half a turn there, so sine and cosine keep them too.
    resample : None, int or str, default=None
        An integer k keeps every k-th frame; a rate such as "30Hz" interpolates linearly at that rate, after unwrapping
        (without it an angle is interpolated across its jump). No low-pass filter is applied.
    angles : {"degrees", "sincos"}, default="degrees"
        "sincos" replaces each of the 59 angles by two columns, its sine and its cosine (118 columns and the root's 3).
    root : {"position", "velocity"}, default="position"
        The root's translation is its place in the room, which tells where the actor stood. "velocity" replaces it by
        its change a second (a backward difference of the 120 Hz frames; 0 at the first).

    Returns
    -------
    X : container of `return_type`
        Columns are "bone_dof": `root_tx`, `root_ty`, `root_tz` in the skeleton's units (0.45 inch^-1, i.e. 56.4 mm),
        angles in degrees. Six are constant throughout: `[lr]clavicle_ry`, `[lr]clavicle_rz`, `[lr]fingers_rx`. Angles
        below 1e-9 degrees, the rounding noise of the publisher's clavicles, are 0 here, lest a scaler magnify them.
        Ids are "actor/class/number", sorted, training actors first.
    y : ndarray of str, shape (n,)
        The class, such as "jogLeftCircle4StepsRstart".

    Raises
    ------
    DatasetNotFoundError
        The file is not on this machine; it is not downloaded.
    ValueError
        An argument is unknown, or a file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_hdm05
    >>> X, y = load_hdm05("test", resample=4, angles="sincos", root="velocity")
    >>> X.shape[1], len(y)
    (121, 99)
    """
    check_one_of("split", split, SPLITS)
    check_one_of("angles", angles, ("degrees", "sincos"))
    check_one_of("root", root, ("position", "velocity"))
    step = _step(resample)
    path = locate(SOURCE)
    clips = {}
    for name, content in members(path, ".amc"):
        file = PurePosixPath(name)
        if split is None or split in file.parts[:-1]:
            clips[_clip_id(file, str(path))] = parse_amc(content, f"{path}: {name}")
    ids = sorted(clips)
    blocks = [_prepare(clips[instance], unwrap, step, angles, root) for instance in ids]
    labels = [instance.split("/")[1] for instance in ids]
    return Labelled.join(ids, blocks, _columns(angles, root), labels).deliver(return_X_y, return_type)


def _clip_id(file: PurePosixPath, where: str) -> str:
    """HDM_bd_depositFloorR_001_120.amc is bd/depositFloorR/001."""
    parts = file.stem.split("_")
    if len(parts) != 5 or parts[0] != "HDM":
        raise ValueError(f"{where}: a clip's name must be HDM_actor_class_number_rate, got {file.name!r}")
    return "/".join(parts[1:4])


def _step(resample: int | str | None) -> float:
    """Frames of the recording from one kept to the next."""
    if resample is None:
        return 1.0
    if not isinstance(resample, str):
        return float(check_int("resample", resample))
    number, unit = resample[:-2], resample[-2:]
    try:
        rate = float(number)
    except ValueError:
        rate = -1.0
    if unit != "Hz" or not 0 < rate <= RATE:
        raise ValueError(f"resample must be a step or a rate of at most {RATE} such as '30Hz', got {resample!r}")
    return RATE / rate


def _prepare(frames: np.ndarray, unwrap: bool, step: float, angles: str, root: str) -> np.ndarray:
    place, turns = frames[:, :N_ROOT], frames[:, N_ROOT:]
    if root == "velocity":
        place = np.diff(place, axis=0, prepend=place[:1]) * RATE
    turns = np.where(np.abs(turns) < NOISE, 0.0, turns)
    if unwrap:
        turns = np.unwrap(turns, axis=0, period=TURN)
        turns -= TURN * np.floor(np.median(turns, axis=0) / TURN + 0.5)
    block = _resample(np.hstack([place, turns]), step)
    if angles == "degrees":
        return block
    radians = np.deg2rad(block[:, N_ROOT:])
    pairs = np.stack([np.sin(radians), np.cos(radians)], axis=-1).reshape(len(block), -1)
    return np.hstack([block[:, :N_ROOT], pairs])


def _resample(block: np.ndarray, step: float) -> np.ndarray:
    if step == int(step):
        return block[:: int(step)]
    times = np.arange(0, len(block) - 1 + 1e-9, step)  # the last frame counts where the rate meets it
    before = np.minimum(times.astype(int), len(block) - 2) if len(block) > 1 else np.zeros(len(times), dtype=int)
    share = (times - before)[:, None]
    after = np.minimum(before + 1, len(block) - 1)
    return block[before] * (1 - share) + block[after] * share


def _columns(angles: str, root: str) -> list[str]:
    place = COLUMNS[:N_ROOT] if root == "position" else [f"root_v{axis}" for axis in "xyz"]
    if angles == "degrees":
        return place + COLUMNS[N_ROOT:]
    return place + [f"{column}_{part}" for column in COLUMNS[N_ROOT:] for part in ("sin", "cos")]
