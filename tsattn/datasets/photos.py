"""Photographs: pairs of one scene with their homographies, and single ones, one with reference keypoints.

Mikolajczyk et al., "A comparison of affine region detectors", IJCV 65, 2005 (the scenes). The single photographs are
test images of OpenCV, scikit-image and VLFeat; the keypoints are those that came with the last: Lowe's own program's.
"""

from collections.abc import Callable

import numpy as np

from tsattn._checks import check_bool, check_one_of
from tsattn.datasets._images import parse_png, parse_pnm, to_grey
from tsattn.datasets._sources import Source, locate, read
from tsattn.datasets._text import check_line, parse_table, split_lines

OXFORD_PAGE = "https://www.robots.ox.ac.uk/~vgg/research/affine/"
SUFFIXES = {"boat": "pgm", "graf": "ppm"}
OXFORD = {  # checksums of four images, then of the homographies from the first to each other
    "boat": ("431d9399d98e47af324cc20207544159611f27f6dea1a07427a3b7e833e91c71",
             "1a5f58c4715f4c65c5e5eaa15aae0a49d3815d62e0b885d92cda7bbd50a4da8a",
             "c99b1709357e521d43e7451aa6b23df6d0915ad217f01b4ff0c05a457ed174da",
             "5cd1c1649cae3d90397831448d7d46325ad3dbfa48d351d41471836786b5900c",
             "3370434236b5adda8ffa5eca0c943157c1887fd948637dda89f74123b95f96a9",
             "c5b6201a53b4a4565170c37c3ca0faa0f69d3b7f02dac2271f3892ff88380089",
             "1015f83749af117c8126ca56b7393c1864caf3eb50627a2d8f4295327b476813"),
    "graf": ("8d53092ffa5b27f5138ec458302f35e7c72a9f35d1f94078ca35944c4b3626dd",
             "d2938d6df7c15e8e032c90f9abb5f4cb5def5acbfff98cc90f9b5f259453b6a2",
             "188ef2abda166a50ee44f023a7ef9c87d4ca349d972db1d9a3abeb2714d4021c",
             "6b4717b18b92d6d6b69cb3c91a800067b220d0bbbf6880f2878dbcb28108f76a",
             "da5bbc066c175ce7c4a4c7737e7280ec1a2dc961e5eac52e7ac1f8bf14d60838",
             "9142503a1ffcd2457cb20cd883d819a486e2fa730118781fdb213d657b674421",
             "b05c90145964f7973e77ff9b2d200fc1823b0b46b9c4e1494c8ccc7079e994e7"),
}
OPENCV = ("https://github.com/opencv/opencv", "https://raw.githubusercontent.com/opencv/opencv/4.x/samples/data")
SKIMAGE = ("https://github.com/scikit-image/scikit-image",
           "https://raw.githubusercontent.com/scikit-image/scikit-image/main/skimage/data")
VLFEAT = ("https://github.com/vlfeat/vlfeat", "https://raw.githubusercontent.com/vlfeat/vlfeat/master/data")


def _photo(file: str, whose: tuple[str, str], sha256: str) -> Source:
    page, folder = whose
    return Source(f"photos/{file}", page, sha256, f"{folder}/{file.partition('_')[2]}")


PHOTOS = {
    "opencv_box": _photo("opencv_box.png", OPENCV, "1094629c1e2ebbc8a9ae2c9c63e18c1dff0f5f1481146e02f3b11a3d30feb20a"),
    "opencv_box_in_scene": _photo("opencv_box_in_scene.png", OPENCV,
                                  "d3233ffa40ab3e3c7c4632ee0faf787162e1d2933f1d79c2ec015a8c1d10ed03"),
    "skimage_camera": _photo("skimage_camera.png", SKIMAGE,
                             "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a"),
    "skimage_coins": _photo("skimage_coins.png", SKIMAGE,
                            "f8d773fc9cfa6f4d8e5942dc34d0a0788fcaed2a4fefbbed0aef5398d7ef4cba"),
    "vlfeat_box": _photo("vlfeat_box.pgm", VLFEAT, "4b52ff70880872c880d4354867170a699af1606db5f0393c1c0f4217a5270b90"),
}
KEYPOINTS = _photo("vlfeat_box.sift", VLFEAT, "06710531f2e5580c58cace195407350c89c37021aa529c4dca637f40f952ebdd")
PARSERS: dict[str, Callable[[bytes, str], np.ndarray]] = {".png": parse_png, ".pgm": parse_pnm, ".ppm": parse_pnm}
N_PLACE, N_DESCRIPTOR = 4, 128  # numbers of a keypoint in Lowe's format


def load_oxford_affine(name: str, grey: bool = True) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Load four views of one scene, and the homographies from the first to each of the others.

    Parameters
    ----------
    name : {"boat", "graf"}
        "boat" is turned and zoomed, 680 x 850; "graf", a flat wall, is seen from other sides, 640 x 800.
    grey : bool, default=True
        Colours to grey (0.299 red + 0.587 green + 0.114 blue); otherwise "graf" has (height, width, 3).

    Returns
    -------
    images : list of 4 ndarrays of uint8, (height, width)
    homographies : list of 3 ndarrays of float64, (3, 3)
        `homographies[k]` takes the homogeneous coordinates (x, y, 1) of a point of `images[0]`, x along the columns, to
        those of the same point of `images[k + 1]`.

    Raises
    ------
    DatasetNotFoundError
        A file is not on this machine; these are not downloaded.
    ValueError
        The name is unknown, or a file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_oxford_affine
    >>> images, homographies = load_oxford_affine("graf")
    >>> [image.shape for image in images], len(homographies)
    ([(640, 800), (640, 800), (640, 800), (640, 800)], 3)
    """
    check_one_of("name", name, OXFORD)
    check_bool("grey", grey)
    sources = oxford_sources(name)
    images = [_image(source) for source in sources[:4]]
    paths = [locate(source) for source in sources[4:]]
    return ([to_grey(image) if grey else image for image in images],
            [parse_homography(read(path), str(path)) for path in paths])


def oxford_sources(name: str) -> list[Source]:
    """The files of a scene: four images, then three homographies."""
    files = [*(f"img{k}.{SUFFIXES[name]}" for k in range(1, 5)), *(f"H1to{k}p" for k in range(2, 5))]
    note = f"it is one file of the publisher's archive {name}.tar.gz, which is not unpacked here"
    return [Source(f"oxford_affine/{name}/{file}", OXFORD_PAGE, sha256, note=note)
            for file, sha256 in zip(files, OXFORD[name], strict=True)]


def load_photo(name: str, grey: bool = True) -> np.ndarray:
    """Load a photograph.

    Parameters
    ----------
    name : {"opencv_box", "opencv_box_in_scene", "skimage_camera", "skimage_coins", "vlfeat_box"}
        All but "opencv_box_in_scene", which shows the box of "opencv_box" among other things, are grey.
    grey : bool, default=True
        Colours to grey (0.299 red + 0.587 green + 0.114 blue).

    Returns
    -------
    ndarray of uint8, (height, width), or (height, width, 3)

    Raises
    ------
    DatasetNotFoundError
        The file is not on this machine and cannot be downloaded.
    ValueError
        The name is unknown, or the file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_photo
    >>> load_photo("vlfeat_box").shape
    (223, 324)
    """
    check_one_of("name", name, PHOTOS)
    check_bool("grey", grey)
    image = _image(PHOTOS[name])
    return to_grey(image) if grey else image


def load_sift_keypoints() -> tuple[np.ndarray, np.ndarray]:
    """Load the 638 keypoints that Lowe's program finds in the photograph "vlfeat_box".

    Returns
    -------
    places : ndarray of float64, (638, 4)
        Row and column of the keypoint, in pixels from the first; its scale sigma; its orientation, in
        (-pi, pi], counter-clockwise as the image is seen.
    descriptors : ndarray of uint8, (638, 128)
        In Lowe's order: by row and column of the 4 x 4 fields, then by direction, 8 each.

    Raises
    ------
    DatasetNotFoundError
        The file is not on this machine and cannot be downloaded.
    ValueError
        The file is malformed.

    Examples
    --------
    >>> from tsattn.datasets import load_sift_keypoints
    >>> places, descriptors = load_sift_keypoints()
    >>> places[0].tolist(), descriptors.shape
    ([133.92, 135.88, 14.38, -2.732], (638, 128))
    """
    path = locate(KEYPOINTS)
    return parse_sift(read(path), str(path))


def parse_homography(content: bytes, where: str) -> np.ndarray:
    """Three lines of three numbers; a matrix that can be inverted."""
    lines = split_lines(content)
    filled = [(line, number) for number, line in enumerate(lines, 1) if line.strip()]
    matrix = parse_table([line for line, _ in filled], [number for _, number in filled], 3, where)
    if matrix.shape != (3, 3) or not np.abs(np.linalg.det(matrix)) > 0:
        raise ValueError(f"{where}, line {len(filled)}: a homography has three lines, and a determinant other than 0, "
                         f"got {matrix.tolist()}")
    return matrix


def parse_sift(content: bytes, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints in Lowe's format: their number and 128, then for each 4 numbers and 128 from 0 to 255, on any lines."""
    lines = split_lines(content)
    check_line(lines[0], 1, 2, where)
    n, size = (int(field) if field.isdigit() and len(field) < 8 else 0 for field in lines[0].split())
    fields = " ".join(lines[1:]).split()
    if size != N_DESCRIPTOR or n == 0 or len(fields) != n * (N_PLACE + size):
        raise ValueError(f"{where}, line 1: must be a number of keypoints and {N_DESCRIPTOR}, and as many follow, "
                         f"got {lines[0][:40]!r} and {len(fields)} fields")
    for number, line in enumerate(lines[1:], 2):
        check_line(line, number, len(line.split()), where)
    table = np.array(fields, dtype=np.float64).reshape(n, -1)
    places, descriptors = table[:, :N_PLACE], table[:, N_PLACE:]
    if not ((descriptors >= 0) & (descriptors <= 255) & (descriptors == descriptors.round())).all():
        raise ValueError(f"{where}, line 1 and on: a descriptor holds whole numbers from 0 to 255")
    return places, descriptors.astype(np.uint8)


def _image(source: Source) -> np.ndarray:
    path = locate(source)
    suffix = next(end for end in PARSERS if source.path.endswith(end))
    return PARSERS[suffix](read(path), str(path))
