"""Knowing our lines: which there are, how they are doing, what they may send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction

from inbox.models import Line
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring
from sendblue_inbox.sendblue.errors import BadCredentials, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sendblue_inbox.sendblue.payloads.lines import LineState, LineUsage, UsageWindow

    from .slices import Slice

Answer = TypeVar("Answer")
# What is new with every look and wakes no screen.
SAMPLED = {"usage", "usage_sampled_at"}


def pull_lines(work: Slice) -> bool:
    """Record the account's lines. One that is no longer listed stays, with its threads."""
    listed = work.client.list_lines()
    states = _if_offered(work.client.line_states)
    usage = _if_offered(work.client.line_usage)
    state_of = {state.sendblue_number: state for state in states.lines} if states else {}
    usage_of = {line.number: line for line in usage.lines} if usage else {}
    is_enforced = usage.enabled if usage else None
    ours = {*listed, *state_of} - {""}
    with transaction.atomic():
        Line.objects.bulk_create(
            [Line(number=number) for number in sorted(ours)], ignore_conflicts=True
        )
        lines = list(Line.objects.select_for_update().order_by("pk"))
        changed = [
            _update(
                line,
                is_ours=line.number in ours,
                state=state_of.get(line.number),
                usage=usage_of.get(line.number),
                is_enforced=is_enforced,
            )
            for line in lines
        ]
        if any(names - SAMPLED for names in changed):
            live.notify("threads", "account", "lines")
            ring("sending")
    work.save(rows_seen=work.state.rows_seen + len(ours))
    return True


def _update(
    line: Line,
    *,
    is_ours: bool,
    state: LineState | None,
    usage: LineUsage | None,
    is_enforced: bool | None,
) -> set[str]:
    """Take over what Sendblue says of a line; the columns that changed. Null is not zero."""
    told: dict[str, object] = {"is_ours": is_ours}
    if state:
        told["status"] = state.status if state.status in Line.Status else Line.Status.UNKNOWN
        told["status_changed_at"] = state.status_changed_at or line.status_changed_at
        told["assignment"] = state.assignment[:16]
        if _is_back(line, state):
            told["blocked_at"] = None
    if usage and usage.hourly.limit is not None:
        told["new_contacts_per_hour"] = max(usage.hourly.limit, 0)
    if usage and usage.daily.limit is not None:
        told["new_contacts_per_day"] = max(usage.daily.limit, 0)
    if usage:
        told["usage"] = _usage(usage, is_enforced)
        told["usage_sampled_at"] = usage.sampled_at or now()
        if line.new_contacts_after and (usage.hourly.remaining or 0) > 0 < (
            usage.daily.remaining or 0
        ):
            # Sendblue has room again: what a refusal said before no longer holds.
            told["new_contacts_after"] = None
    changed = {name: value for name, value in told.items() if getattr(line, name) != value}
    for name, value in changed.items():
        setattr(line, name, value)
    if changed:
        line.save(update_fields=list(changed))
    return set(changed)


def _usage(usage: LineUsage, is_enforced: bool | None) -> dict[str, Any]:
    """What is kept of a sample: new contacts written to, left, and when there is room again."""
    return {
        "enabled": is_enforced,
        "state": usage.state,
        "hourly": _window(usage.hourly),
        "daily": _window(usage.daily),
        "available_at": _written(usage.available_at),
        "lookback_days": usage.new_contact_lookback_days,
    }


def _window(window: UsageWindow) -> dict[str, Any]:
    return {
        "used": window.used,
        "limit": window.limit,
        "remaining": window.remaining,
        "next_slot_at": _written(window.next_slot_at),
        "resets_at": _written(window.resets_at),
    }


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _is_back(line: Line, state: LineState) -> bool:
    """Whether a blocked line has come online since; no webhook tells of it."""
    since = state.status_changed_at
    return bool(
        line.blocked_at and state.status == Line.Status.ONLINE and since and since > line.blocked_at
    )


def _if_offered(read: Callable[[], Answer]) -> Answer | None:
    """The answer, or None from a server or plan that does not have this (403, 404)."""
    try:
        return read()
    except (Rejected, BadCredentials) as error:
        if error.status in {403, 404}:
            return None
        raise
