"""A child process that decodes one untrusted picture and writes what is safe to show of it.

Run by path, as `sanitise.py FORMAT PICTURE_FD THUMBNAIL_FD` with the picture on standard input; a
JSON object on standard output tells the result. It imports nothing of ours, inherits no
environment, and once it has its limits it can open no file and no socket any more, whatever a
decoder is tricked into.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
import warnings
from typing import Any

import pillow_heif
from PIL import GifImagePlugin, Image, ImageCms, ImageSequence, PngImagePlugin

MEMORY = 275_000_000  # bytes of its own: with the code of the libraries below 300 MB resident
SECONDS = 20  # of processor time
LARGEST_FILE = 64_000_000

MOST_PIXELS = 50_000_000  # as every header tells before anything is decoded
# What the other formats need: four bytes a pixel, and several copies for WEBP.
MOST_PIXELS_OF = {"PNG": 30_000_000, "TIFF": 30_000_000, "BMP": 30_000_000, "WEBP": 12_500_000}
MOST_WEBP_PIXELS = 6_000_000  # its encoder is as hungry as its decoder
MOST_FRAMES = 300
MOST_FRAME_PIXELS = 30_000_000  # of all frames together; beyond it an animation stands still
LONGEST_SIDE = 4096
LONGEST_THUMBNAIL_SIDE = 640
MOST_THUMBNAIL_BYTES = 40_000
MOST_PROFILE_BYTES = 1_000_000
STRIP_ROWS = 64

_MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 88, "progressive": True},
    "PNG": {"compress_level": 6},
    "WEBP": {"quality": 88, "method": 3},
    "GIF": {},
}


class TooManyPixels(Exception):
    """The picture's header asks for more than we decode."""


def main(picture_format: str, picture_fd: int, thumbnail_fd: int) -> None:
    """Decode standard input, write both pictures, report."""
    limit_memory_and_time()
    with open(picture_fd, "wb") as picture, open(thumbnail_fd, "wb") as thumbnail:
        prepare_decoders()
        memory = open_memory()
        forbid_opening()
        try:
            report = sanitise(sys.stdin.buffer, picture_format, picture, thumbnail)
        except TooManyPixels:
            report = {"error": "too many pixels"}
        except MemoryError:
            report = {"error": "too much memory"}
        except Exception as error:
            report = {"error": f"cannot be read: {type(error).__name__}"}
    sys.stdout.write(json.dumps(report | {"peak_kb": peak_kb(memory)}))


def open_memory() -> int | None:
    """Where the kernel tells how much memory we took; None for one that does not."""
    with contextlib.suppress(OSError):
        return os.open("/proc/self/status", os.O_RDONLY)
    return None


def peak_kb(memory: int | None) -> int:
    """The most that was resident; 0 where nobody tells. The usage that a parent is told of a child
    begins with the parent's own size, and is no measure."""
    lines = os.pread(memory, 8192, 0).splitlines() if memory is not None else []
    peaks = [int(line.split()[1]) for line in lines if line.startswith(b"VmHWM:")]
    return peaks[0] if peaks else 0


def limit_memory_and_time() -> None:
    """Set the limits that need no file to be opened."""
    for kind, most in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_AS, 4 * MEMORY),  # libraries map much more than they use
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def prepare_decoders() -> None:
    """Load what would otherwise be loaded at the first use."""
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    Image.init()
    PngImagePlugin.MAX_TEXT_MEMORY = 1_000_000
    GifImagePlugin.LOADING_STRATEGY = (
        GifImagePlugin.LoadingStrategy.RGB_AFTER_DIFFERENT_PALETTE_ONLY
    )
    pillow_heif.options.DECODE_THREADS = 1
    ImageCms.createProfile("sRGB")


def forbid_opening() -> None:
    """From here on every attempt to open a file or a socket fails."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def sanitise(source: Any, picture_format: str, picture: Any, thumbnail: Any) -> dict[str, Any]:
    """Write the picture without what its camera knew, and a small one. Returns what it is."""
    if picture_format == "HEIF":
        image = decode_heif(source)
    else:
        image = Image.open(source, formats=[picture_format])
        check_pixels(image)
        frames = getattr(image, "n_frames", 1) if picture_format in {"GIF", "WEBP"} else 1
        if frames > 1 and can_move(image, frames):
            return write_animation(image, frames, picture, thumbnail)
        image = decode(image)
    image = without_profile(image)
    written_as = format_for(image, picture_format)
    strip(image).save(picture, written_as, **_OPTIONS[written_as])
    write_thumbnail(image, thumbnail)
    return told(image.size, written_as, frames=1)


def format_for(image: Image.Image, picture_format: str) -> str:
    """The format to write: the same where browsers show it, or else what fits."""
    large = image.width * image.height > MOST_WEBP_PIXELS
    if picture_format in {"JPEG", "PNG"} or (picture_format == "WEBP" and not large):
        return picture_format
    if picture_format == "GIF":
        return "GIF" if image.mode == "P" else "PNG"
    return "PNG" if has_alpha(image) else "JPEG"


def check_pixels(image: Image.Image) -> None:
    """Raise TooManyPixels before anything is decoded."""
    width, height = image.size
    if width * height > MOST_PIXELS_OF.get(image.format or "", MOST_PIXELS):
        raise TooManyPixels


def decode(image: Image.Image) -> Image.Image:
    """The upright first picture, no longer than LONGEST_SIDE, in a mode that can be written."""
    profile = image.info.get("icc_profile")
    if max(image.size) > LONGEST_SIDE and image.format == "JPEG":
        image.draft(None, (LONGEST_SIDE // 2 + 1, LONGEST_SIDE // 2 + 1))
    image.load()
    orientation = image.getexif().get(0x0112, 1)
    upright = image
    if max(image.size) > LONGEST_SIDE:
        upright = image.reduce(-(-max(image.size) // LONGEST_SIDE))
        image.close()
    if orientation in range(2, 9):
        upright = upright.transpose(_TURNS[orientation])
    if upright.mode.startswith("I;16"):
        upright = upright.convert("I").point([n / 256 for n in range(65536)], "L")
    if upright.mode == "P" and image.format != "GIF":
        upright = upright.convert("RGBA" if "transparency" in upright.info else "RGB")
    if upright.mode not in {"RGB", "RGBA", "L", "LA", "P", "1"}:
        upright = upright.convert("RGBA" if upright.mode in {"PA", "La", "RGBa"} else "RGB")
    upright.info["icc_profile"] = profile
    return upright


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode_heif(source: Any) -> Image.Image:
    """The main picture, which libheif has turned upright; shrunk in strips while it is copied."""
    container = pillow_heif.open_heif(source, convert_hdr_to_8bit=True)
    main_picture = container[container.primary_index]
    width, height = main_picture.size
    if width * height > MOST_PIXELS:
        raise TooManyPixels
    mode, stride, data = main_picture.mode, main_picture.stride, main_picture.data
    by = -(-max(width, height) // LONGEST_SIDE)
    size = (-(-width // by), -(-height // by))
    image = Image.new(mode, size)
    rows = STRIP_ROWS * by
    for top in range(0, height, rows):
        count = min(rows, height - top)
        part: Any = memoryview(data)[top * stride : (top + count) * stride]  # not copied
        strip_image = Image.frombuffer(mode, (width, count), part, "raw", mode, stride, 1)
        image.paste(strip_image.reduce(by) if by > 1 else strip_image, (0, top // by))
    image.info["icc_profile"] = main_picture.info.get("icc_profile")
    return image


def without_profile(image: Image.Image) -> Image.Image:
    """The same colours in sRGB, which is what a picture without a profile has."""
    profile = image.info.pop("icc_profile", None)
    if not profile or len(profile) > MOST_PROFILE_BYTES or image.mode not in {"RGB", "RGBA"}:
        return image
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
        ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), _SRGB, inPlace=True
        )
    return image


_SRGB = ImageCms.createProfile("sRGB")


def strip(image: Image.Image) -> Image.Image:
    """The pixels alone: writers copy what they find in `info`."""
    image.info = {key: image.info[key] for key in ("transparency",) if key in image.info}
    return image


def has_alpha(image: Image.Image) -> bool:
    """Whether anything shines through."""
    return image.mode in {"RGBA", "LA"} or "transparency" in image.info


def can_move(image: Image.Image, frames: int) -> bool:
    """Whether an animation is small enough to be written as one."""
    width, height = image.size
    return frames <= MOST_FRAMES and frames * width * height <= MOST_FRAME_PIXELS


def write_animation(
    image: Image.Image, frames: int, picture: Any, thumbnail: Any
) -> dict[str, Any]:
    """Write every frame again, and the first one small."""
    written_as = image.format or "GIF"
    loop = image.info.get("loop", 0 if written_as == "WEBP" else 1)
    moving, durations = [], []
    for frame in ImageSequence.Iterator(image):
        durations.append(max(20, min(int(frame.info.get("duration") or 100), 60_000)))
        moving.append(strip(frame.copy()))
    first, *rest = moving
    first.save(
        picture,
        written_as,
        save_all=True,
        append_images=rest,
        duration=durations,
        loop=min(int(loop), 1000),
        **_OPTIONS[written_as],
    )
    write_thumbnail(first, thumbnail)
    return told(image.size, written_as, frames=frames)


def write_thumbnail(image: Image.Image, thumbnail: Any) -> None:
    """A WebP of at most 40 kB, whatever it takes."""
    small = image.convert("RGBA" if has_alpha(image) else "RGB")
    for side, quality in ((LONGEST_THUMBNAIL_SIDE, 78), (560, 66), (480, 54), (320, 44), (160, 30)):
        small.thumbnail((side, side), reducing_gap=2.0)
        written = io.BytesIO()
        small.save(written, "WEBP", quality=quality, method=4)
        if written.tell() <= MOST_THUMBNAIL_BYTES:
            break
    thumbnail.write(written.getvalue())


def told(size: tuple[int, int], written_as: str, *, frames: int) -> dict[str, Any]:
    """The report of a success."""
    return {"width": size[0], "height": size[1], "mime": _MIMES[written_as], "frames": frames}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.flush()
    os._exit(0)  # no library gets to tidy up under these limits
