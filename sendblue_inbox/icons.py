"""The icons of the product: which of Lucide's there are, and the sprite that every page carries."""

from __future__ import annotations

import functools
import re

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

# The name in a template and the file in lucide-static.
ICONS = {
    "add": "plus",
    "archive": "archive",
    "attach": "paperclip",
    "camera": "camera",
    "contact": "contact-round",
    "download": "download",
    "files": "images",
    "next": "chevron-right",
    "previous": "chevron-left",
    "safe": "shield-check",
    "voice": "mic",
    "arrow-down": "arrow-down",
    "assigned": "user-check",
    "assign": "user-plus",
    "back": "arrow-left",
    "blocked": "ban",
    "call": "phone",
    "call-missed": "phone-missed",
    "check": "check",
    "clock": "clock",
    "close": "x",
    "compare": "git-compare",
    "compose": "square-pen",
    "copy": "copy",
    "details": "info",
    "dislike": "thumbs-down",
    "effects": "sparkles",
    "file": "file-text",
    "film": "film",
    "filter": "chevron-down",
    "hide": "eye-off",
    "history": "history",
    "image": "image",
    "inbox": "inbox",
    "info": "circle-alert",
    "key": "key-round",
    "keyboard": "keyboard",
    "app": "layout-grid",
    "laugh": "laugh",
    "like": "thumbs-up",
    "log-out": "log-out",
    "love": "heart",
    "merge": "merge",
    "message": "message-circle",
    "more": "ellipsis",
    "offline": "wifi-off",
    "panel": "panel-right",
    "place": "map-pin",
    "play": "play",
    "qr": "qr-code",
    "reopen": "archive-restore",
    "reply": "reply",
    "retry": "rotate-ccw",
    "search": "search",
    "send": "arrow-up",
    "simulator": "flask-conical",
    "sound": "music",
    "tag": "tag",
    "trash": "trash-2",
    "undo": "undo-2",
    "unread": "mail",
    "upload": "upload",
    "users": "users",
    "video": "video",
    "warning": "triangle-alert",
    "webhook": "webhook",
}
DRAWING = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)


@functools.cache
def sprite() -> SafeString:
    """All icons as one hidden SVG, to be put once into a page; raises OSError without the npm
    package lucide-static."""
    folder = settings.NODE_MODULES / "lucide-static" / "icons"
    symbols = []
    for name, file in ICONS.items():
        found = DRAWING.search((folder / f"{file}.svg").read_text(encoding="utf-8"))
        if found is None:
            raise ValueError(f"{file}.svg is no drawing.")
        shapes = re.sub(r"\s+", " ", found[1]).strip()
        symbols.append(f'<symbol id="icon-{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    return mark_safe(f'<svg class="sprite" aria-hidden="true">{"".join(symbols)}</svg>')  # nosec B308 B703
