"""Voice notes of iPhones for every browser: Opus moved from a CAF file into an Ogg file.

Not a sample is decoded: the packets stay as they are and get another envelope (Apple's Core Audio
Format specification; RFC 3533 for Ogg, RFC 7845 for Opus in it, RFC 6716 for an Opus packet).
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 24_000_000  # hours of speech
MOST_PACKETS = 500_000
_MOST_PACKET = 61_440  # RFC 7845, section 6: more is not to be believed
_MOST_CHUNKS = 100
_RATE = 48_000  # of every clock in an Ogg Opus file
_USUAL_PRIMING = 312
_SERIAL = 0x53420001
_FIRST, _LAST = 2, 4
_PAGE_PACKETS = 50  # a second of speech
_MOST_SEGMENTS = 255
_VENDOR = b"sendblue-inbox"


class NotOpus(Exception):
    """No CAF file with one or two channels of Opus, or a damaged one."""


@dataclass
class _Caf:
    rate: float = 0
    channels: int = 0
    sizes: list[int] = field(default_factory=list)
    priming: int = _USUAL_PRIMING
    remainder: int = 0
    data_at: int = 0


def to_ogg(source: IO[bytes], into: IO[bytes]) -> float:
    """Write the CAF file `source` as Ogg Opus; returns its seconds. Raises NotOpus."""
    try:
        caf = _read_caf(source)
    except (struct.error, IndexError, OverflowError) as error:
        raise NotOpus("the file is damaged") from error
    if not caf.sizes or not caf.data_at:
        raise NotOpus("the file holds no packets")
    scale = _RATE / caf.rate
    skip = min(max(round(caf.priming * scale), 0), 65_535)
    pages = _Pages(into)
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, caf.channels, skip, int(caf.rate), 0, 0)
    pages.write([head], 0, _FIRST)
    pages.write([struct.pack("<8sI", b"OpusTags", len(_VENDOR)) + _VENDOR + bytes(4)], 0, 0)
    batch: list[bytes] = []
    samples = segments = 0
    for packet in _packets(source, caf):
        needed = len(packet) // 255 + 1
        if len(batch) == _PAGE_PACKETS or segments + needed > _MOST_SEGMENTS:
            pages.write(batch, samples, 0)
            segments, batch = 0, []
        batch.append(packet)
        segments += needed
        samples += _samples(packet)
    # What the encoder added to fill its last packet is not played.
    samples = max(samples - max(round(caf.remainder * scale), 0), skip)
    pages.write(batch, samples, _LAST)
    return max(samples - skip, 0) / _RATE


def _read_caf(source: IO[bytes]) -> _Caf:
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    if size > MOST_BYTES or source.read(6) != b"caff\0\x01":
        raise NotOpus("no CAF file, or too large a one")
    caf, table, at = _Caf(), b"", 8
    for _chunk in range(_MOST_CHUNKS):
        source.seek(at)
        header = source.read(12)
        if len(header) < 12:
            break
        name, length = struct.unpack(">4sq", header)
        at += 12
        if name == b"data" and length == -1:  # up to the end of the file
            length = size - at
        if not 0 <= length <= size - at:
            raise NotOpus("a chunk is longer than the file")
        if name == b"desc":
            caf.rate, codec, _flags, _bytes, _frames, caf.channels = struct.unpack(
                ">d4sIIII", source.read(28)
            )
            if codec != b"opus" or caf.channels not in {1, 2} or not 8_000 <= caf.rate <= 48_000:
                raise NotOpus("not Opus in one or two channels")
        elif name == b"pakt":
            table = source.read(length)
        elif name == b"data":
            caf.data_at = at + 4  # behind the count of edits
        at += length
    if not caf.rate or len(table) < 24:
        raise NotOpus("no description of the packets")
    count, _valid, caf.priming, caf.remainder = struct.unpack(">qqii", table[:24])
    if not 0 < count <= MOST_PACKETS:
        raise NotOpus("an impossible number of packets")
    caf.sizes = list(_numbers(table, count))
    if any(not 0 < packet <= _MOST_PACKET for packet in caf.sizes):
        raise NotOpus("an impossible packet")
    return caf


def _numbers(table: bytes, count: int) -> Iterator[int]:
    """The sizes of the packets: seven bits a byte, the highest bit says that more follow."""
    at = 24
    for _packet in range(count):
        number = 0
        for _byte in range(4):
            number = number << 7 | table[at] & 0x7F
            at += 1
            if not table[at - 1] & 0x80:
                break
        yield number


def _packets(source: IO[bytes], caf: _Caf) -> Iterator[bytes]:
    source.seek(caf.data_at)
    for size in caf.sizes:
        packet = source.read(size)
        if len(packet) < size:
            raise NotOpus("the file is cut")
        yield packet


def _samples(packet: bytes) -> int:
    """How long a packet plays, at 48 kHz (RFC 6716, section 3.1)."""
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        frame = (480, 960)[config & 1]
    else:
        frame = (120, 240, 480, 960)[config & 3]
    if code < 3:
        return frame * (1, 2, 2)[code]
    if len(packet) < 2:
        raise NotOpus("an impossible packet")
    return min(frame * (packet[1] & 0x3F), 5_760)


class _Pages:
    """Writes Ogg pages one after the other."""

    def __init__(self, into: IO[bytes]) -> None:
        self._into = into
        self._number = 0

    def write(self, packets: list[bytes], position: int, flags: int) -> None:
        """One page of whole packets, the last of which ends at sample `position`."""
        lacing = b"".join(
            b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets
        )
        head = struct.pack(
            "<4sBBqIIIB", b"OggS", 0, flags, position, _SERIAL, self._number, 0, len(lacing)
        )
        page = bytearray(head + lacing + b"".join(packets))
        struct.pack_into("<I", page, 22, _checksum(page))
        self._into.write(page)
        self._number += 1


def _table() -> tuple[int, ...]:
    table = []
    for n in range(256):
        rest = n << 24
        for _bit in range(8):
            rest = (rest << 1) ^ (0x04C11DB7 if rest & 0x8000_0000 else 0)
        table.append(rest & 0xFFFF_FFFF)
    return tuple(table)


_CRC = _table()


def _checksum(page: bytes | bytearray) -> int:
    """Ogg's CRC-32: the usual polynomial, unreflected, from zero."""
    rest = 0
    for byte in page:
        rest = (rest << 8 & 0xFFFF_FFFF) ^ _CRC[rest >> 24 ^ byte]
    return rest
