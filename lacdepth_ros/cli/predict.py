# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth predict`: depth files, colour pictures and clouds of single images."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, error, warn

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lacdepth_ros.cli.cameras import CameraSource
    from lacdepth_ros.models.predictor import DepthPredictor

HELP = 'predict the depth of images'
FEW_IMAGES = 50
"""Up to so many, PyTorch as it is has answered before a faster engine is compiled."""
DESCRIPTION = f"""\
Predict metric depth. For every image are written, under --output:

  <stem>_depth.png   uint16, metres x 256, 0 = invalid
  <stem>_color.png   near warm, far cold, on a fixed scale of 2 .. 80 m; invalid black
  <stem>.ply         with --ply: the coloured cloud, metres, x right, y down, z forward
  <stem>_rectified.png  where the lens distorts: the image that the depth belongs to

Both pictures have the size of the image. Depth above --max-depth is beyond range, as on the
node's topics: 0 in the PNG, black, and no point of the cloud.
A bad image is reported on stderr and the others go on (exit code 1; 2 when all are bad). Without
the camera's intrinsics the metres assume the field of view that the checkpoint was trained for.
Intrinsics that no camera has (a field of view below 5 or above 150 degrees) are refused.

Up to {FEW_IMAGES} images are run by PyTorch itself; for more, --engine auto compiles first.
"""
EPILOG = """\
examples:
  lacdepth predict street.png --output out --intrinsics 721.5 721.5 609.6 172.9
  lacdepth predict frames/ --output out --camera-info front.yaml --ply
"""
IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg')
OTHER_PICTURES = ('.heic', '.heif', '.webp', '.bmp', '.tif', '.tiff', '.avif', '.dng')
"""Pictures that are not read."""
MAX_DEPTH = 80.0
"""Depth [m] beyond which nothing is reported; the default of the node's parameter max_depth."""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'predict', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument(
        'images', nargs='+', type=Path, metavar='IMAGE', help='PNG, JPEG, or folder'
    )
    parser.add_argument(
        '--output', required=True, type=Path, metavar='DIR', help='folder, made when missing'
    )
    options.add_camera_options(
        parser,
        intrinsics='focal lengths and principal point in pixels of the images (no distortion)',
        file='YAML or INI of camera_calibration, YAML of Kalibr, or YAML or JSON of a CameraInfo '
        'message; images of a lens with distortion are rectified first',
    )
    parser.add_argument(
        '--max-depth',
        type=float,
        default=MAX_DEPTH,
        metavar='M',
        help=f'depth above is beyond range, metres (default: {MAX_DEPTH:g}, as the node)',
    )
    outputs.add_overwrite(parser)
    parser.add_argument('--ply', action='store_true', help='write <stem>.ply too')
    options.add_camera_height(parser, default="the checkpoint's, with a warning")
    options.add_predictor_options(parser)


def run(args: argparse.Namespace) -> int:
    """Predict every image; 1 when one of them failed, 2 when no file could be used."""
    from lacdepth_ros.core.runtime import tune_process

    tune_process()
    from lacdepth_ros.cli.cameras import AssumedCamera

    if not 0 < args.max_depth < float('inf'):
        raise UsageError(f'--max-depth {args.max_depth:g}: metres above 0 are needed')
    args.images = [image for path in args.images for image in _images_of(path)]
    if not any(path.is_file() for path in args.images):
        raise UsageError(f'{args.images[0]}: no such file')
    source = _given_camera(args)
    taken = {path.absolute() for path in args.images}
    files = [file for path in args.images for file in _outputs(path, args).values()]
    mine = [file for file in files if file.absolute() not in taken]
    outputs.claim_folder(args, '--output', args.output, mine)
    _choose_engine(args)
    predictor = options.load_predictor(args)
    source = source or AssumedCamera(predictor.assumed_camera)
    if args.camera_height is None:
        warn(
            f"THE CAMERA'S HEIGHT IS UNKNOWN: metres assume {predictor.camera_height:g} m "
            'above the ground, as in the training; at another height every depth is wrong by a '
            'common factor. Give --camera-height.'
        )
    tried = [_try(path, args, taken, source, predictor) for path in args.images]
    failed = [failure for failure in tried if failure is not None]
    if failed:
        error(f'{len(failed)} of {len(args.images)} images failed')
    unusable = [failure for failure in failed if isinstance(failure, (OSError, ValueError))]
    return 2 if len(unusable) == len(args.images) else int(bool(failed))


def _choose_engine(args: argparse.Namespace) -> None:
    """Spare a few images the compilation; an Intel GPU ('xpu') has no other engine."""
    free = args.engine == args.precision == 'auto' and args.device != 'xpu'
    if free and len(args.images) <= FEW_IMAGES:
        args.engine = 'eager'


def _images_of(path: Path) -> list[Path]:
    """The file itself, or the images of a folder by name; UsageError when it holds none."""
    if not path.is_dir():
        return [path]
    there = sorted(path.iterdir())
    found = [file for file in there if file.suffix.lower() in IMAGE_SUFFIXES]
    if not found:
        raise UsageError(f'{path} holds no image ({", ".join(IMAGE_SUFFIXES)})')
    folders = sum(file.is_dir() for file in there)
    others = Counter(f.suffix.lower() for f in there if f not in found and f.is_file())
    if pictures := [f'{n} x {kind}' for kind, n in others.items() if kind in OTHER_PICTURES]:
        warn(f'{path}: left out {", ".join(pictures)}: convert them to PNG or JPEG')
    if folders:
        warn(f'{path}: {folders} folders in it are not read')
    return found


def _try(
    path: Path,
    args: argparse.Namespace,
    taken: set[Path],
    source: CameraSource,
    predictor: DepthPredictor,
) -> Exception | None:
    """Predict one image; whatever is wrong with it is returned, as it must not stop the others."""
    try:
        targets = _outputs(path, args)
        _check_free(path, targets, taken)
        print(_predict(path, targets, source, predictor, args), flush=True)
    except Exception as failure:
        if args.debug:
            raise
        text = str(failure) or type(failure).__name__
        error(text if str(path) in text else f'{path}: {text}')
        return failure
    taken.update(target.absolute() for target in targets.values())
    return None


def _given_camera(args: argparse.Namespace) -> CameraSource | None:
    """The camera that the options give; None without."""
    from lacdepth_ros.cli.cameras import CalibrationFile, GivenIntrinsics

    if args.intrinsics is not None:
        given = GivenIntrinsics(*args.intrinsics)
        given.check_images(args.images)
        return given
    if args.camera_info is not None:
        return CalibrationFile(args.camera_info)
    return None


def _outputs(path: Path, args: argparse.Namespace) -> dict[str, Path]:
    """Files that an image may get."""
    names = {'depth': '_depth.png', 'color': '_color.png', 'rectified': '_rectified.png'}
    if args.ply:
        names['cloud'] = '.ply'
    return {kind: args.output / f'{path.stem}{ending}' for kind, ending in names.items()}


def _check_free(path: Path, targets: dict[str, Path], taken: set[Path]) -> None:
    """ValueError where a file would replace an input or an output of this run."""
    for target in targets.values():
        if target.absolute() in taken:
            raise ValueError(
                f'{target} is an input or the output of another image; rename {path} or choose '
                'another --output'
            )


def _predict(
    path: Path,
    targets: dict[str, Path],
    source: CameraSource,
    predictor: DepthPredictor,
    args: argparse.Namespace,
) -> str:
    """Predict one image and write its files; returns a line about it."""
    from lacdepth_ros.cli.cameras import AssumedCamera
    from lacdepth_ros.core.camera import doubt_of_axis
    from lacdepth_ros.core.geometry import depth_to_points
    from lacdepth_ros.data.files import read_image, write_depth_png, write_image
    from lacdepth_ros.viz.colors import FAR, NEAR, colorize_depth
    from lacdepth_ros.viz.ply import write_ply

    # Where nothing says which pixels the intrinsics are of, the picture is as it is to be shown.
    view = source.view(read_image(path, upright=isinstance(source, AssumedCamera)))
    for doubt in (predictor.doubt(view.camera), doubt_of_axis(view.camera)):
        if doubt:
            warn(f'{path}: {doubt}')
    prediction = predictor.predict(view.image, view.camera, camera_height=args.camera_height)
    depth = view.without_outside(prediction.limited(max_depth=args.max_depth))
    if view.outside is not None:
        write_image(targets['rectified'], view.image)
    write_depth_png(targets['depth'], depth)
    farthest = min(args.max_depth, prediction.farthest)
    picture = colorize_depth(depth)
    write_image(targets['color'], picture)
    if 'cloud' in targets:
        write_ply(targets['cloud'], depth_to_points(depth, view.camera), view.image)
    facts = f'{view.camera.width}x{view.camera.height}, {_describe(depth, farthest)}'
    scale = f'{NEAR:g} .. {FAR:g} m'
    rectified = f' of {targets["rectified"]}' if view.outside is not None else ''
    return (
        f'{path}: {facts} -> {targets["depth"]}{rectified}; colours {scale} in {targets["color"]}'
    )


def _describe(depth: npt.NDArray[np.float32], farthest: float) -> str:
    """The typical depth [m] of a prediction with +Inf beyond farthest, and how much is that."""
    import numpy as np

    valid = depth[np.isfinite(depth)]
    middle = f'median {np.median(valid):.1f} m' if valid.size else 'nowhere valid'
    beyond = float(np.mean(depth == np.inf))
    return f'{middle}, {beyond:.1%} beyond {farthest:.3g} m' if beyond else middle
