"""What people really send comes through: upright, playable, without where it was taken."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import tempfile
from typing import IO, Any

import pytest
from PIL import Image, ImageCms
from playwright.sync_api import sync_playwright

from inbox.media.contact_cards import ContactCard, Way, read_cards
from inbox.media.names import name_in_url
from inbox.media.safe_copy import SafeCopy, make_safe
from inbox.media.sniffing import sniff
from inbox.media.voice_notes import to_ogg
from tests.e2e.conftest import CHROMIUM, NO_CHROMIUM

from .hostile import box, gif_of, plain, voice_note, written

RED, GREEN, BLUE = (220, 20, 20), (20, 200, 20), (20, 20, 220)
CAMERA = b"Canary Camera 9000"


def as_file(data: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115
    file.write(data)
    file.seek(0)
    return file


def kept(copy: SafeCopy) -> bytes:
    copy.content.seek(0)
    return copy.content.read()


def corners() -> Image.Image:
    """160 × 80: red at the top left, green at the top right, blue below."""
    image = Image.new("RGB", (160, 80), BLUE)
    image.paste(RED, (0, 0, 80, 40))
    image.paste(GREEN, (80, 0, 160, 40))
    return image


def place_and_camera(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = CAMERA.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return exif


def near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(pixel[:3], colour, strict=True))


PICTURES = [
    ("a.jpg", "JPEG", "image/jpeg"),
    ("a.png", "PNG", "image/png"),
    ("a.webp", "WEBP", "image/webp"),
    ("a.heic", "HEIF", "image/jpeg"),
    ("a.tiff", "TIFF", "image/jpeg"),
    ("a.bmp", "BMP", "image/jpeg"),
    ("a.gif", "GIF", "image/gif"),
]


@pytest.mark.parametrize(("name", "kind", "mime"), PICTURES)
def test_a_picture_stays_the_picture_that_it_was(name: str, kind: str, mime: str) -> None:
    image = corners().quantize(8) if kind == "GIF" else corners()
    options = {"exif": place_and_camera()} if kind in {"JPEG", "PNG", "WEBP", "HEIF"} else {}
    sent = written(image, kind, **options)
    assert not options or CAMERA in sent
    with as_file(sent) as source, make_safe(source, name=name) as copy:
        assert (copy.content_type, copy.width, copy.height) == (mime, 160, 80)
        again = Image.open(io.BytesIO(kept(copy)))
        assert CAMERA not in kept(copy)
        assert not dict(again.getexif())
        assert not again.info.keys() & {"exif", "icc_profile", "xmp", "comment"}
        shown = again.convert("RGB")
        assert near(shown.getpixel((20, 15)), RED)
        assert near(shown.getpixel((140, 15)), GREEN)
        assert near(shown.getpixel((80, 70)), BLUE)
        copy.preview.seek(0)
        assert Image.open(copy.preview).size == (160, 80)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF"])
def test_a_turned_picture_is_upright(kind: str, orientation: int) -> None:
    """The camera wrote the pixels as its sensor lay, and beside them how it was held."""
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # how to lay the pixels as that camera would
    image = corners()
    if orientation > 1:
        image = image.transpose(Image.Transpose(back[orientation]))
    sent = written(image, kind, exif=place_and_camera(orientation))
    with as_file(sent) as source, make_safe(source, name="a.jpg") as copy:
        assert (copy.width, copy.height) == (160, 80)
        shown = Image.open(io.BytesIO(kept(copy))).convert("RGB")
        assert near(shown.getpixel((20, 15)), RED)
        assert near(shown.getpixel((140, 15)), GREEN)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_every_mode_of_pixels_can_be_shown(mode: str) -> None:
    grey = Image.linear_gradient("L").resize((40, 40))
    if mode == "I;16":
        image = Image.frombytes(
            "I;16", (40, 40), b"".join(b"\0" + bytes([v]) for v in grey.tobytes())
        )
    else:
        image = grey.convert("LA").convert(mode) if mode == "PA" else grey.convert(mode)
    kind = "TIFF" if mode in {"CMYK", "F", "PA"} else "PNG"
    with as_file(written(image, kind)) as source, make_safe(source, name="a.png") as copy:
        assert copy.content_type in {"image/png", "image/jpeg"}
        shown = Image.open(io.BytesIO(kept(copy))).convert("L")
        if mode not in {"1", "F", "P", "PA"}:
            assert shown.getpixel((20, 3)) < 60 < 190 < shown.getpixel((20, 36))


def test_what_shines_through_still_does() -> None:
    image = Image.new("RGBA", (30, 30), (255, 0, 0, 0))
    for kind in ("PNG", "WEBP", "TIFF"):
        with as_file(written(image, kind)) as source, make_safe(source, name="a") as copy:
            for file in (copy.content, copy.preview):
                file.seek(0)
                assert Image.open(file).convert("RGBA").getpixel((3, 3))[3] == 0  # type: ignore[index]


def test_colours_of_another_profile_become_plain_ones() -> None:
    """iPhones write Display P3; without its profile such a red would look dull."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    sent = written(corners(), "JPEG", icc_profile=profile)
    with as_file(sent) as source, make_safe(source, name="a.jpg") as copy:
        assert copy.content_type == "image/jpeg"
        assert b"ICC_PROFILE" not in kept(copy)


def test_animations_still_move() -> None:
    frames = [Image.new("RGB", (60, 40), (n * 20, 80, 200 - n * 15)) for n in range(12)]
    for kind in ("GIF", "WEBP"):
        options = {"save_all": True, "append_images": frames[1:], "duration": 70, "loop": 0}
        with (
            as_file(written(frames[0], kind, **options)) as source,
            make_safe(source, name=f"a.{kind}") as copy,
        ):
            moving = Image.open(io.BytesIO(kept(copy)))
            assert moving.n_frames == 12
            assert copy.details == {"frames": 12}
            assert moving.info["loop"] == 0


def test_an_animation_beyond_bounds_stands_still() -> None:
    with as_file(gif_of(400)) as source, make_safe(source, name="a.gif") as copy:
        assert Image.open(io.BytesIO(kept(copy))).n_frames == 1


@pytest.mark.parametrize(
    ("kind", "size", "shown"),
    [("JPEG", (8064, 6048), (4032, 3024)), ("PNG", (5000, 3000), (2500, 1500))],
)
def test_photos_of_48_megapixels_fit(
    kind: str, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    # Made by another process: its memory would count as that of our child.
    code = (
        "import sys; from PIL import Image; Image.linear_gradient('L').convert('RGB')"
        f".resize({size}).save(sys.stdout.buffer, {kind!r})"
    )
    with tempfile.TemporaryFile() as source:
        subprocess.run([sys.executable, "-c", code], stdout=source, check=True)
        with make_safe(source, name="a.jpg") as copy:
            assert (copy.width, copy.height) == shown


BRANDS = {
    "video/mp4": [b"isom", b"mp42", b"iso5", b"M4V ", b"avc1"],
    "video/quicktime": [b"qt  "],
    "video/3gpp": [b"3gp4", b"3gp5"],
    "audio/mp4": [b"M4A ", b"M4B "],
    "image/heic": [b"heic", b"heix", b"mif1", b"msf1"],
}
MAGIC = {
    "audio/mpeg": [b"ID3\x04\0", b"\xff\xfb\x90\x64"],
    "audio/aac": [b"\xff\xf1\x50\x80", b"\xff\xf9\x50\x80"],
    "audio/amr": [b"#!AMR\n\x3c", b"#!AMR-WB\n"],
    "audio/wav": [b"RIFF\0\0\0\0WAVEfmt "],
    "audio/ogg": [b"OggS\0\x02"],
    "audio/x-caf": [b"caff\0\x01\0\0"],
    "application/pdf": [b"%PDF-1.7\n"],
    "text/vcard": [b"BEGIN:VCARD\r\n", b"\xef\xbb\xbfbegin:vcard\n"],
    "text/plain": [b"Hello", "Grüße an <3".encode(), "\ufeffx".encode("utf-16-le"), b"a;b\n1;2\n"],
    "application/octet-stream": [b"", b"\x00\x01", b"PK\x03\x04", b"Gruesse \xe4"],
}


def test_every_kind_is_recognised() -> None:
    for mime, brands in BRANDS.items():
        for brand in brands:
            assert (
                sniff(box(b"ftyp", brand + b"\0\0\0\0" + brand + b"mp41") + bytes(40)).mime == mime
            )
    for mime, heads in MAGIC.items():
        for head in heads:
            assert (
                sniff(head + (b"" if mime.startswith(("text", "appl")) else bytes(60))).mime == mime
            )
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "HEIF"):
        assert sniff(plain(kind)[:8192]).shape == "picture"


def test_sniffing_never_fails() -> None:
    for size in (*range(64), 8191, 8192):
        for byte in (0, 0x42, 0x66, 0xFF):
            assert sniff(bytes([byte]) * size)
    assert sniff(b"\xff\xff\xff\xffftypisom" + bytes(8180))


def ogg_pages(data: bytes) -> list[tuple[int, int, int, bytes]]:
    """(flags, position, number, body) of each page, checked against its sum."""
    pages, at = [], 0
    while at < len(data):
        _s, _v, flags, position, _serial, number, crc, count = struct.unpack_from(
            "<4sBBqIIIB", data, at
        )
        lengths = data[at + 27 : at + 27 + count]
        end = at + 27 + count + sum(lengths)
        page = bytearray(data[at:end])
        page[22:26] = bytes(4)
        rest = 0
        for byte in page:
            rest ^= byte << 24
            for _bit in range(8):
                rest = (rest << 1) ^ (0x04C11DB7 if rest & 0x80000000 else 0)
            rest &= 0xFFFFFFFF
        assert crc == rest
        pages.append((flags, position, number, data[at + 27 + count : end]))
        at = end
    return pages


def test_a_voice_note_becomes_ogg_opus() -> None:
    out = io.BytesIO()
    assert to_ogg(io.BytesIO(voice_note(2.5)), out) == pytest.approx(2.5)
    head, tags, *sound = ogg_pages(out.getvalue())
    assert head[0] == 2
    assert head[3][:9] == b"OpusHead\x01"
    assert tags[3].startswith(b"OpusTags")
    assert [number for _f, _p, number, _b in sound] == list(range(2, 2 + len(sound)))
    assert [position for _f, position, _n, _b in sound] == [48_000, 96_000, 120_000]
    assert sound[-1][0] == 4


def test_a_caf_file_with_other_sound_is_for_downloading() -> None:
    other = voice_note(1).replace(b"opus", b"aac ")
    with as_file(other) as source, make_safe(source, name="a.caf") as copy:
        assert (copy.content_type, copy.name) == ("audio/x-caf", "a.caf")


@pytest.mark.skipif(not CHROMIUM, reason=NO_CHROMIUM)
def test_a_voice_note_plays_in_a_browser(tmp_path: Any) -> None:
    with as_file(voice_note(3)) as source, make_safe(source, name="Audio.caf") as copy:
        assert (copy.content_type, copy.name) == ("audio/x-caf", "Audio.caf")
        assert copy.details == {"seconds": 3.0}
        copy.preview.seek(0)
        (tmp_path / "note.ogg").write_bytes(copy.preview.read())
    (tmp_path / "page.html").write_text("<audio src=note.ogg preload=auto muted></audio>")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"file://{tmp_path}/page.html")
        length = page.locator("audio").evaluate(
            """async (audio) => {
              await audio.play();
              audio.currentTime = 2.5;
              await new Promise((done) => audio.addEventListener("ended", done));
              return audio.duration;
            }"""
        )
        browser.close()
    assert length == pytest.approx(3.0, abs=0.05)


def test_contact_cards_of_all_versions_are_read() -> None:
    cards = read_cards(
        io.BytesIO(
            b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lovelace;Ada;;;\r\nFN:Ada\r\n  Lovelace\r\n"
            b"ORG:Engine\\, Ltd;Notes\r\nitem1.TEL;type=CELL;type=VOICE:+1 (415) 555-0100\r\n"
            b"item1.X-ABLabel:x\r\nEMAIL;type=INTERNET;type=WORK:ada@example.com\r\n"
            b"PHOTO;ENCODING=b:aaaa\r\n bbbb\r\nEND:VCARD\r\n"
            b"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=\n"
            b"=C3=B6rg\nTEL;HOME:030 123\nEND:VCARD\n"
            b"BEGIN:VCARD\nVERSION:4.0\nFN:Only a name\nTEL;TYPE=work;VALUE=uri:tel:+49-30-1\n"
            b"END:VCARD\nBEGIN:VCARD\nEND:VCARD\n"
        )
    )
    assert cards == [
        ContactCard(
            "Ada Lovelace",
            "Engine, Ltd, Notes",
            (Way("+1 (415) 555-0100", "mobile"),),
            (Way("ada@example.com", "work"),),
        ),
        ContactCard("Jörg Müller", "", (Way("030 123", "home"),), ()),
        ContactCard("Only a name", "", (Way("+49-30-1", "work"),), ()),
    ]


def test_names_in_addresses_are_those_that_people_gave() -> None:
    assert name_in_url("https://x.test/a/IMG_0042.HEIC?x=1") == "IMG_0042.HEIC"
    assert name_in_url("https://x.test/Q3%20report.pdf") == "Q3 report.pdf"
    assert name_in_url("https://x.test/MO_3f2a9c1e-77aa-4b0d-9c55-7a6a4c0b9e11.jpg") == ""
    assert name_in_url("https://x.test/") == ""


def test_what_is_no_picture_stays_as_it_is(tmp_path: Any) -> None:
    for data, name, mime in (
        (b"%PDF-1.7 words", "Q3.pdf", "application/pdf"),
        (b"PK\x03\x04 words", "sheet.xlsx", "application/octet-stream"),
        (box(b"ftyp", b"qt  \0\0\0\0qt  ") + bytes(99), "IMG_1.MOV", "video/quicktime"),
    ):
        with as_file(data) as source, make_safe(source, name=name) as copy:
            assert (kept(copy), copy.content_type) == (data, mime)
            assert copy.name.lower() == name.lower()
