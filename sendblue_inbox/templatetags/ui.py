"""Template tags and filters that every page may use."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from sendblue_inbox import icons, phone
from sendblue_inbox.clock import now

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.utils.safestring import SafeString

register = template.Library()

ADDRESS = re.compile(r"(https?://[^\s<>\"]+)", re.IGNORECASE)
# What ends a sentence, not an address.
AFTER_ADDRESS = ".,;:!?)]}’'”»"
TINTS = 8
MOST_UNREAD_SHOWN = 99

register.filter("national", phone.national)
register.filter("international", phone.international)


@register.simple_tag
def icon_sprite() -> SafeString:
    """All icons, once in a page."""
    return icons.sprite()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon beside words, or inside something that has a name of its own."""
    if name not in icons.ICONS:
        raise template.TemplateSyntaxError(f"There is no icon {name}: see sendblue_inbox/icons.py.")
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="#icon-{}"></use></svg>', name
    )


@register.filter
def linked(text: str) -> SafeString:
    """Somebody's words with their http and https addresses as links, everything else escaped."""
    pieces = []
    for at, piece in enumerate(ADDRESS.split(text)):
        if at % 2 == 0:
            pieces.append(format_html("{}", piece))
            continue
        address = piece.rstrip(AFTER_ADDRESS)
        # A closing bracket belongs to the address where that opened one.
        if piece[len(address) :].startswith(")") and "(" in address:
            address += ")"
        link = format_html(
            '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>{}',
            address,
            address,
            piece[len(address) :],
        )
        pieces.append(link)
    return format_html_join("", "{}", ((piece,) for piece in pieces))


@register.filter
def ago(moment: datetime) -> str:
    """How long ago, as short as a list needs it: now, 4 min, 14:02, Tue, 3 Mar, 3 Mar 2024."""
    at, here = timezone.localtime(moment), timezone.localtime(now())
    passed = here - at
    if passed < timedelta(minutes=1):
        return "now"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min"
    if at.date() == here.date():
        return f"{at:%H:%M}"
    if here.date() - at.date() < timedelta(days=7):
        return f"{at:%a}"
    return day_and_month(at.date(), here.date())


@register.filter
def since(moment: datetime) -> str:
    """How long ago, at the end of a sentence: just now, 4 min ago, Tue, 3 Mar 2026, 14:02."""
    short = ago(moment)
    if short == "now":
        return "just now"
    return f"{short} ago" if short.endswith("min") else exactly(moment)


@register.filter
def until(moment: datetime) -> str:
    """How far off a moment is: now, in 4 min, in 5 h, in 6 d."""
    left = moment - now()
    if left < timedelta(minutes=1):
        return "now"
    if left < timedelta(hours=1):
        return f"in {left // timedelta(minutes=1)} min"
    if left < timedelta(days=2):
        return f"in {left // timedelta(hours=1)} h"
    return f"in {left.days} d"


@register.filter
def thousands(count: int) -> str:
    """A count with its thousands apart: 1,204."""
    return f"{count:,}"


@register.filter
def exactly(moment: datetime) -> str:
    """A moment for people, to the minute: Tue, 3 Mar 2026, 14:02."""
    at = timezone.localtime(moment)
    return f"{at:%a}, {at.day} {at:%b %Y, %H:%M}"


@register.filter
def to_the_second(moment: datetime) -> str:
    """A moment for people who compare, to the second: Tue, 3 Mar 2026, 14:02:11."""
    at = timezone.localtime(moment)
    return f"{at:%a}, {at.day} {at:%b %Y, %H:%M:%S}"


@register.filter
def second_after(moment: datetime, earlier: datetime) -> str:
    """The time of the day to the second, with its day where that is not the earlier moment's."""
    at, day = timezone.localtime(moment), timezone.localtime(earlier).date()
    return f"{at:%H:%M:%S}" if at.date() == day else f"{at:%a} {at.day} {at:%b, %H:%M:%S}"


@register.filter
def clock_time(moment: datetime) -> str:
    """The time of the day, 14:02."""
    return f"{timezone.localtime(moment):%H:%M}"


@register.filter
def time_after(moment: datetime, earlier: datetime) -> str:
    """The time of the day, with its day where that is another than the earlier moment's."""
    at, day = timezone.localtime(moment), timezone.localtime(earlier).date()
    if at.date() == day:
        return f"{at:%H:%M}"
    return f"{at:%a} {at.day} {at:%b, %H:%M}"


@register.filter
def day_name(day: date) -> str:
    """A day as a heading: Today, Yesterday, Tuesday, Tue 3 Mar."""
    today = timezone.localdate()
    days = (today - day).days
    if days in (0, 1):
        return ("Today", "Yesterday")[days]
    if 1 < days < 7:
        return f"{day:%A}"
    return f"{day:%a} {day_and_month(day, today)}"


def day_and_month(day: date, today: date) -> str:
    """3 Mar, with the year where it is not this one."""
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


@register.filter
def tint(pk: int | None) -> str:
    """The class of a stable colour for a person."""
    return f"tint-{(pk or 0) % TINTS}"


@register.filter
def capped(count: int) -> str:
    """A count for a small badge: 99+ where it is more."""
    return f"{MOST_UNREAD_SHOWN}+" if count > MOST_UNREAD_SHOWN else str(count)
