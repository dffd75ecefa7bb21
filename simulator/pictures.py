"""A few pictures, drawn when first asked for, that people send as photos."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZE = (960, 720)
_CARDBOARD, _SHADE, _TAPE = (196, 152, 102), (166, 124, 80), (226, 202, 160)


@functools.lru_cache(maxsize=16)
def picture(name: str) -> bytes | None:
    """The JPEG of this name, None when there is none."""
    draw = _PICTURES.get(name)
    if draw is None:
        return None
    image = Image.new("RGB", _SIZE)
    draw(image, ImageDraw.Draw(image))
    out = io.BytesIO()
    image.filter(ImageFilter.SMOOTH).save(out, "JPEG", quality=86)
    return out.getvalue()


def _ground(image: Image.Image, top: tuple[int, ...], bottom: tuple[int, ...]) -> None:
    """A soft vertical gradient."""
    height = image.height
    column = Image.new("RGB", (1, height))
    for y in range(height):
        share = y / height
        mixed = tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
        column.putpixel((0, y), mixed)
    image.paste(column.resize(image.size))


def _parcel(image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    """A parcel on a doorstep with a crushed corner."""
    _ground(image, (206, 214, 222), (150, 138, 126))
    pen.rectangle((0, 520, 960, 720), fill=(124, 112, 102))
    pen.polygon([(210, 250), (600, 210), (800, 300), (410, 350)], fill=_TAPE)
    pen.polygon([(210, 250), (410, 350), (410, 620), (210, 500)], fill=_SHADE)
    pen.polygon([(410, 350), (800, 300), (790, 470), (690, 560), (410, 620)], fill=_CARDBOARD)
    pen.polygon([(800, 300), (760, 400), (790, 470), (720, 440)], fill=(120, 86, 54))
    pen.polygon([(690, 560), (720, 440), (790, 470), (740, 530)], fill=(146, 106, 68))
    pen.line([(720, 440), (640, 400), (660, 470), (590, 500)], fill=(88, 62, 40), width=7)
    pen.polygon([(380, 232), (430, 228), (640, 322), (585, 329)], fill=(236, 222, 192))
    pen.rectangle((470, 440, 590, 530), fill=(248, 246, 240))
    for y in (458, 476, 494, 512):
        pen.line([(484, y), (576 - (y % 40), y)], fill=(120, 120, 120), width=4)


def _mug(image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    """A mug in a glaze that came out wrong, beside its saucer."""
    _ground(image, (240, 232, 220), (214, 196, 172))
    pen.ellipse((180, 520, 780, 660), fill=(198, 178, 154))
    pen.ellipse((230, 500, 730, 620), fill=(246, 242, 236))
    pen.ellipse((590, 300, 760, 500), outline=(58, 110, 118), width=34)
    pen.rounded_rectangle((300, 230, 650, 560), 70, fill=(70, 128, 136))
    pen.ellipse((300, 190, 650, 280), fill=(52, 98, 106))
    pen.ellipse((330, 204, 620, 266), fill=(92, 58, 40))
    pen.polygon([(360, 300), (430, 288), (470, 380), (420, 460), (372, 410)], fill=(222, 210, 190))


def _garden(image: Image.Image, pen: ImageDraw.ImageDraw) -> None:
    """Tulips in a window box on a bright day."""
    _ground(image, (156, 204, 240), (222, 240, 250))
    pen.ellipse((740, 70, 860, 190), fill=(255, 226, 130))
    pen.rectangle((90, 540, 870, 690), fill=(150, 92, 62))
    pen.rectangle((90, 540, 870, 570), fill=(174, 112, 78))
    colours = [(226, 84, 96), (250, 176, 72), (196, 104, 190), (240, 120, 140), (252, 210, 90)]
    for n in range(9):
        x, y = 150 + n * 82, 330 + (n * 53) % 90
        pen.line([(x, y), (x + 6, 545)], fill=(74, 136, 82), width=9)
        pen.polygon([(x, 500), (x + 44, 430), (x + 12, 540)], fill=(96, 158, 98))
        pen.pieslice((x - 34, y - 64, x + 34, y + 30), 0, 180, fill=colours[n % 5])
        pen.polygon([(x - 34, y - 18), (x - 20, y - 74), (x, y - 20)], fill=colours[n % 5])
        pen.polygon([(x - 14, y - 18), (x, y - 84), (x + 14, y - 20)], fill=colours[n % 5])
        pen.polygon([(x + 34, y - 18), (x + 20, y - 74), (x, y - 20)], fill=colours[n % 5])


_PICTURES: dict[str, Callable[[Image.Image, ImageDraw.ImageDraw], None]] = {
    "parcel.jpg": _parcel,
    "mug.jpg": _mug,
    "window-box.jpg": _garden,
}
