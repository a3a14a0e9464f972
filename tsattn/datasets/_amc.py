"""Motion capture in the AMC format: a frame is its number, then a line a bone of joint angles.

The channels are those of the skeleton file (ASF) of Acclaim's format, in the order the frames have them. All 55
skeletons of HDM05's eleven classes agree on them.
"""

from itertools import pairwise

import numpy as np

from tsattn.datasets._text import check_line, split_lines

BONES = {
    "root": "tx ty tz rx ry rz",
    "lowerback": "rx ry rz", "upperback": "rx ry rz", "thorax": "rx ry rz",
    "lowerneck": "rx ry rz", "upperneck": "rx ry rz", "head": "rx ry rz",
    "rclavicle": "ry rz", "rhumerus": "rx ry rz", "rradius": "rx", "rwrist": "ry", "rhand": "rx rz",
    "rfingers": "rx", "rthumb": "rx rz",
    "lclavicle": "ry rz", "lhumerus": "rx ry rz", "lradius": "rx", "lwrist": "ry", "lhand": "rx rz",
    "lfingers": "rx", "lthumb": "rx rz",
    "rfemur": "rx ry rz", "rtibia": "rx", "rfoot": "rx rz", "rtoes": "rx",
    "lfemur": "rx ry rz", "ltibia": "rx", "lfoot": "rx rz", "ltoes": "rx",
}  # fmt: skip
COLUMNS = [f"{bone}_{dof}" for bone, dofs in BONES.items() for dof in dofs.split()]
N_ROOT = 3  # the first columns are the root's place in the room, all others are angles in degrees
LINES = 1 + len(BONES)
TOKENS = LINES + len(COLUMNS)
WIDTHS = [len(dofs.split()) for dofs in BONES.values()]
NAME_AT = np.cumsum([1, *[1 + width for width in WIDTHS]])[:-1].tolist()  # of each bone, among a frame's tokens


def parse_amc(content: bytes, where: str) -> np.ndarray:
    """The (frames, 62) values of a file; angles in degrees as they stand.

    Raises
    ------
    ValueError
        A frame is incomplete or out of order, a bone is unknown, or a value is not a finite number; with the line.
    """
    lines = split_lines(content)
    first = next((n for n, line in enumerate(lines) if line.strip() and line.lstrip()[0] not in "#:"), len(lines))
    text = "\n".join(lines[first:])
    values = None if "_" in text else _parse_fast(text.split())  # 1_000 would pass for a number
    if values is None:
        _explain(lines, first, where)
        raise ValueError(f"{where}: not frames of {len(BONES)} bones")
    return values


def _parse_fast(tokens: list[str]) -> np.ndarray | None:
    """The values where every token is in its place; None where one is not, whichever."""
    n_frames = len(tokens) // TOKENS
    if n_frames == 0 or len(tokens) % TOKENS:
        return None
    if any(tokens[at::TOKENS] != [bone] * n_frames for at, bone in zip(NAME_AT, BONES, strict=True)):
        return None
    if tokens[0::TOKENS] != [str(number) for number in range(1, n_frames + 1)]:
        return None
    table = np.empty((n_frames, len(COLUMNS)))
    column = 0
    for at, end in pairwise([*NAME_AT, TOKENS]):
        for token in range(at + 1, end):
            try:
                table[:, column] = tokens[token::TOKENS]
            except ValueError:
                return None
            column += 1
    return table if np.isfinite(table).all() else None


def _explain(lines: list[str], first: int, where: str) -> None:
    """Raise the error of the first line that is not what it should be."""
    expected = list(BONES)
    position, frame = 0, 0
    for number, line in enumerate(lines[first:], first + 1):
        if not line.strip():
            continue
        name, *values = line.split()
        if position == 0:
            frame += 1
            if [name, *values] != [str(frame)]:
                raise ValueError(f"{where}, line {number}: frame {frame} must begin here, got {line[:40]!r}")
        elif name != expected[position - 1]:
            raise ValueError(f"{where}, line {number}: {expected[position - 1]!r} must stand here, got {line[:40]!r}")
        else:
            check_line(" ".join(values), number, WIDTHS[position - 1], where)
        position = (position + 1) % LINES
    if frame == 0 or position:
        raise ValueError(f"{where}, line {len(lines)}: the file ends inside frame {frame}" if frame
                         else f"{where}, line {len(lines)}: the file holds no frames")
