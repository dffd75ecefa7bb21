"""Files that strangers may send: what they claim to be, and what they are."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import Any

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()

ALERT = "alert(document.domain)"
SCRIPT = f"<script>{ALERT}</script>"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{ALERT}">{SCRIPT}</svg>'
HTML = f"<!DOCTYPE html><html><body onload={ALERT}>{SCRIPT}</body></html>"
MHTML = (
    "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://x.test/\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n'
    f"{HTML}\r\n--b--\r\n"
)
MIME_VERSION = f"MIME-Version: 1.0\nContent-Type: text/html\n\n{HTML}"
XML = f'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><a>{SCRIPT}</a>'
XXE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>'
VCARD_SCRIPT = (
    f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{SCRIPT}\r\nTEL:javascript:{ALERT}\r\n"
    f'EMAIL:"onmouseover={ALERT}\r\nURL:javascript:{ALERT}\r\nPHOTO;ENCODING=b:PHN2Zz4=\r\n'
    "ORG:\u202egnp.exe\r\nEND:VCARD\r\n"
)


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as bytes."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@cache
def plain(kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    """An honest picture of that format."""
    return written(Image.linear_gradient("L").resize(size).convert("RGB"), kind)


def chunk(name: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *between: bytes, bits: int = 8, colour: int = 2) -> bytes:
    """A PNG of zeros whose header says whatever it is told to."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(between)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def huge_png(side: int) -> bytes:
    """A whole, valid, black picture of side × side in one bit."""
    row = b"\0" * (1 + (side + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _row in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def gif_of(frames: int, side: int = 1, screen: int = 1) -> bytes:
    """A GIF of that many one-colour frames."""
    head = b"GIF89a" + struct.pack("<HHBBB", screen, screen, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = (
        b"\x21\xf9\x04\x00\x01\x00\x00\x00\x2c"
        + struct.pack("<HHHHB", 0, 0, side, side, 0)
        + b"\x02\x02\x44\x01\x00"
    )
    return head + frame * frames + b"\x3b"


def jpeg_with(*segments: tuple[int, bytes]) -> bytes:
    """An honest JPEG with more segments in it."""
    extra = b"".join(
        b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data
        for marker, data in segments
    )
    body = plain("JPEG")
    return body[:2] + extra + body[2:]


def jpeg_sized(width: int, height: int) -> bytes:
    """A JPEG whose frame header lies about the size."""
    body = bytearray(plain("JPEG"))
    at = body.index(b"\xff\xc0")
    body[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(body)


def heif_sized(width: int, height: int) -> bytes:
    """A HEIC whose box for the size lies."""
    body = bytearray(plain("HEIF"))
    at = body.index(b"ispe")
    body[at + 8 : at + 16] = struct.pack(">II", width, height)
    return bytes(body)


def box(name: bytes, data: bytes = b"") -> bytes:
    """One box of an ISO media file."""
    return struct.pack(">I", 8 + len(data)) + name + data


@cache
def corpus() -> dict[str, bytes]:
    """Every hostile file by the name that it comes with."""
    jpeg, gif, image_png, webp, heic = map(plain, ("JPEG", "GIF", "PNG", "WEBP", "HEIF"))
    bmp, tiff = plain("BMP"), plain("TIFF")
    zipped = b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(60) + b"PK\x05\x06" + bytes(18)
    bomb = zlib.compress(bytes(60_000_000), 9)
    profile = b"evil" * 15_000
    icc = [(0xE2, b"ICC_PROFILE\0" + bytes([n, 200]) + profile) for n in range(1, 200)]
    exif_loop = b"Exif\0\0II*\0\x08\0\0\0" + b"\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0" * 900
    exif_big = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x0f\x01\x02\0\xff\xff\xff\x7f\0\0\0\0" * 5000
    files: dict[str, bytes | str] = {
        # Pages and scripts under innocent names.
        "picture.svg": SVG,
        "picture.png": SVG,
        "photo.jpg": HTML,
        "photo.jpg.html": HTML,
        "photo.html": " \n\n" + HTML,
        "bom.txt": "\ufeff" + HTML,
        "utf16.txt": ("\ufeff" + HTML).encode("utf-16-le"),
        "utf16be.txt": ("\ufeff" + HTML).encode("utf-16-be"),
        "utf7.txt": "+ADw-script+AD4-" + ALERT + "+ADw-/script+AD4-",
        "comment.txt": f"<!-- -->{SCRIPT}",
        "late.txt": "words " * 200 + SCRIPT,
        "page.mhtml": MHTML,
        "page.mht": MIME_VERSION,
        "feed.xml": XML,
        "entity.svg": XXE,
        "app.hta": f"<hta:application>{SCRIPT}",
        "macro.js": f"{ALERT};",
        "style.css": f"*{{background:url(javascript:{ALERT})}}",
        "run.bat": "@echo off\r\nformat c:",
        "run.sh": "#!/bin/sh\nrm -rf /",
        "pdf.htm": b"%PDF-1.7\n" + HTML.encode(),
        "card.vcf": VCARD_SCRIPT,
        "cards.vcf": VCARD_SCRIPT * 5000,
        "endless.vcf": "BEGIN:VCARD\nFN:" + "a" * 900_000,
        "folds.vcf": "BEGIN:VCARD\nFN:" + "a\n " * 200_000 + "\nEND:VCARD",
        "printable.vcf": "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:" + "=41=\n" * 90_000,
        # Two things at once.
        "gifar.gif": gif + zipped,
        "jar.jpg": jpeg + zipped,
        "script.gif": b"GIF89a/*" + bytes(20) + f"*/=1;{ALERT};".encode(),
        "html.gif": gif + HTML.encode(),
        "html.jpg": jpeg_with((0xFE, HTML.encode())),
        "html.png": png(1, 1, chunk(b"tEXt", b"Comment\0" + HTML.encode())),
        "php.jpg": jpeg + b"<?php system($_GET[0]); ?>",
        "html.bmp": b"BM/*" + HTML.encode(),
        "html.webp": webp[:12] + HTML.encode(),
        "html.mp4": box(b"ftyp", b"isom\0\0\0\0isom") + HTML.encode(),
        "html.mp3": b"ID3\x03\0\0\0\0\0\0" + HTML.encode(),
        "html.ogg": b"OggS" + HTML.encode(),
        "pdf.jpg": jpeg_with((0xFE, b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript>>>>")),
        # Other things under the names of pictures.
        "zip.jpg": zipped,
        "setup.exe": b"MZ" + bytes(500),
        "invoice.pdf.exe": b"MZ" + bytes(500),
        "elf.png": b"\x7fELF" + bytes(500),
        "postscript.jpg": "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run",
        "word.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
        "link.lnk": b"L\0\0\0\x01\x14\x02\0" + bytes(500),
        "empty.jpg": b"",
        "one.jpg": b"\xff",
        # Bombs.
        "50000.png": huge_png(50_000),
        "claims.png": png(2**31 - 1, 2**31 - 1),
        "wide.png": png(2**31 - 1, 1),
        "deep.png": png(5400, 5400, bits=16, colour=6),
        "text.png": png(1, 1, *(chunk(b"zTXt", b"a\0\0" + bomb) for _n in range(3))),
        "itxt.png": png(1, 1, chunk(b"iTXt", b"a\0\x01\0\0\0" + bomb)),
        "icc.png": png(1, 1, chunk(b"iCCP", b"a\0\0" + bomb)),
        "chunks.png": png(1, 1, *[chunk(b"tEXt", b"a\0b")] * 200_000),
        "claims.jpg": jpeg_sized(65_500, 65_500),
        "lies.jpg": jpeg_sized(7_000, 7_000),
        "icc.jpg": jpeg_with(*icc),
        "exif.jpg": jpeg_with((0xE1, exif_loop)),
        "exif-long.jpg": jpeg_with((0xE1, exif_big[:60_000])),
        "segments.jpg": jpeg_with(*[(0xE1, b"x" * 60_000)] * 300),
        "frames.gif": gif_of(100_000),
        "frames-large.gif": gif_of(2000, 1, 3000),
        "screen.gif": gif_of(3, 65_535, 65_535),
        "claims.heic": heif_sized(60_000, 60_000),
        "lies.heic": heif_sized(7_000, 7_000),
        "claims.webp": webp[:26] + b"\xff\x3f\xff\x3f" + webp[30:],
        "claims.bmp": bmp[:18] + struct.pack("<ii", 60_000, 60_000) + bmp[26:],
        "bits.bmp": bmp[:18] + struct.pack("<ii", 5_400, 5_400) + bmp[26:],
        "loop.tiff": tiff[:4] + struct.pack("<I", 8) + b"\x01\0" + bytes(12) + b"\x08\0\0\0",
        "moov.mp4": box(b"ftyp", b"isom\0\0\0\0isom") + b"\xff\xff\xff\xffmoov" + bytes(99),
        "lies.caf": b"caff\0\x01\0\0desc" + struct.pack(">q", 2**62),
        "packets.caf": caf_claiming(2**60),
        "sizes.caf": caf_claiming(3, table=b"\xff\xff\xff\xff\x7f" * 3),
        "no-table.caf": b"caff\0\x01\0\0" + CAF_DESCRIPTION,
    }
    for name, whole in {
        "cut.jpg": jpeg,
        "cut.png": image_png,
        "cut.gif": gif,
        "cut.webp": webp,
        "cut.heic": heic,
        "cut.bmp": bmp,
        "cut.tiff": tiff,
    }.items():
        files[name] = whole[: len(whole) * 2 // 3]
        files[f"head-{name}"] = whole[:40]
    return {name: data.encode() if isinstance(data, str) else data for name, data in files.items()}


CAF_DESCRIPTION = b"desc" + struct.pack(">qd4sIIIII", 32, 24_000.0, b"opus", 0, 0, 480, 1, 0)


def caf_claiming(count: int, table: bytes = b"\x03" * 3) -> bytes:
    """A CAF file whose table says what it is told to."""
    packets = struct.pack(">qqii", count, 0, 312, 0) + table
    return (
        b"caff\0\x01\0\0"
        + CAF_DESCRIPTION
        + b"pakt"
        + struct.pack(">q", len(packets))
        + packets
        + b"data"
        + struct.pack(">qI", 4 + 9, 0)
        + b"\xf8\xff\xfe" * 3
    )


def voice_note(seconds: float) -> bytes:
    """Silence as an iPhone would record it: Opus packets of 20 ms in a CAF file."""
    count = round(seconds * 50)
    table = struct.pack(">qqii", count, count * 480, 0, 0) + b"\x03" * count
    return (
        b"caff\0\x01\0\0"
        + CAF_DESCRIPTION
        + b"pakt"
        + struct.pack(">q", len(table))
        + table
        + b"data"
        + struct.pack(">qI", 4 + 3 * count, 0)
        + b"\xf8\xff\xfe" * count
    )
