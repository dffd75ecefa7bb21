"""Uploaded files, and which service reaches a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from ..terms import normalize_service
from .reading import first, mapping, number, text


@dataclass(frozen=True, slots=True)
class UploadedMedia:
    """A file that Sendblue holds. Sends take the `media_url`; the object id has no known use."""

    media_url: str
    media_object_id: str

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            media_url=text(first(found, "media_url", "mediaUrl")),
            media_object_id=text(first(found, "mediaObjectId", "media_object_id")),
        )


@dataclass(frozen=True, slots=True)
class EvaluatedService:
    """iMessage or SMS; for an e-mail address SMS means that no iMessage was found."""

    number: str = field(repr=False)
    service: str

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            number=number(found.get("number")),
            service=normalize_service(text(found.get("service"))),
        )
