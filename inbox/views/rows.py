"""Rows of the list that changed, drawn once for all the screens that ask in the same moment.

Every screen asks for a row when anything happens in its thread, and drawing is most of what an
answer costs. A drawing is kept for the second in which it was made, under everything that it
depends on: the versions of the database rows behind it, and how this screen wants it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils import timezone

from inbox.access import lines_of, threads_of
from inbox.forms import FilterForm
from inbox.queries import row_versions, threads_with_row

from .panes import MOST_ROWS, kept_query

if TYPE_CHECKING:
    from sendblue_inbox.login import AgentRequest

# Stands in a kept drawing for the nonce of the page that gets it; no HTML contains it.
NONCE = "\0"


class Drawings:
    """What was drawn in this second."""

    def __init__(self) -> None:
        self.second = 0
        self.kept: dict[tuple[Any, ...], str] = {}

    def now(self) -> dict[tuple[Any, ...], str]:
        """The drawings of this second, to look in and to add to. Relative times go on by then."""
        second = int(time.time())
        if second != self.second:
            self.second, self.kept = second, {}
        return self.kept


drawings = Drawings()


def changed_rows(request: AgentRequest, *, selected: int | None) -> str:
    """The named rows that the filter in the address shows, each as a fragment."""
    threads, user = threads_of(request.user), request.user
    filters = FilterForm(request.GET).filters()
    versions = row_versions(threads, asked_rows(request), user=user, filters=filters)
    query = kept_query(request)
    # Rows name their line where there is more than one.
    lines = list(lines_of(user).values_list("pk")[:2])
    likes = (query, len(lines), timezone.get_current_timezone_name())
    keys = {version: (version, version.pk == selected, *likes) for version in versions}
    kept, nonce = drawings.now(), str(request.csp_nonce)  # type: ignore[attr-defined]
    missing = {version.pk: version for version, key in keys.items() if key not in kept}
    if missing:
        for thread in threads_with_row(threads, list(missing)):
            version = missing[thread.pk]
            thread.unread = version.unread  # type: ignore[attr-defined]
            context = {
                "thread": thread,
                "lines": lines,
                "kept_query": query,
                "selected": selected,
            }
            drawn = render_to_string("inbox/_changed_row.html", context, request)
            kept[keys[version]] = drawn.replace(nonce, NONCE)
    return "".join(kept[key] for key in keys.values() if key in kept).replace(NONCE, nonce)


def asked_rows(request: AgentRequest) -> list[int]:
    """The threads whose rows a screen asks for, at most MOST_ROWS."""
    words = request.GET.get("rows", "").split(",")[:MOST_ROWS]
    return [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19]
