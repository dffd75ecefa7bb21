"""What a line may still send (contract 1.6), counted on the simulated clock."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .clock import DAY, HOUR, SECOND, iso
from .store import Pair
from .wire import Refusal, refuse

if TYPE_CHECKING:
    from .state import Line, World

NEW_YORK = ZoneInfo("America/New_York")
_RESET_HOUR = 3


def send_refusal(
    world: World,
    code: int,
    message: str,
    *,
    status: int = 400,
    key: str | None = None,
    reason: str | None = None,
    detail: str | None = None,
    available_at: str | None = None,
) -> Refusal:
    """The refusal of a send: message-like, as contract 1.2 describes it."""
    body: dict[str, Any] = {
        "status": "ERROR",
        "message": message,
        "error_code": str(code) if world.options.error_code_as_text else code,
        "error_message": message,
        "error_key": key,
        "error_reason": reason,
        "error_detail": detail,
    }
    if available_at:
        body["availableAt"] = available_at
    return Refusal(world.options.send_status if world.options.refusal_in_2xx else status, body)


def check_request_rate(world: World, family: str) -> None:
    """429 above 100 requests in 10 s (contract 1.6: message list, contacts)."""
    most, now = world.options.requests_per_10_s, world.clock.now()
    times = world.request_times.setdefault(family, deque())
    while times and times[0] <= now - 10 * SECOND:
        times.popleft()
    if most and len(times) >= most:
        error = refuse(429, "Too many requests, please try again later", 4001)
        error.headers["retry-after"] = str(max(1, (times[0] + 10 * SECOND - now) // SECOND))
        raise error
    times.append(now)


def check_send(world: World, line: Line, number: str, *, override: bool = False) -> None:
    """Raise the refusal that a message to this number meets now, or count it as sent."""
    options, now = world.options, world.clock.now()
    pair = world.messages.pairs.get((line.number, number)) or Pair()
    _check_line(world, line, now)
    new = is_new_contact(world, line, number)
    if new:
        _check_new_contacts(world, line, now)
    pre_reply = options.pre_reply_messages
    if pre_reply and not pair.last_inbound and pair.outbound_since_reply >= pre_reply:
        last_override = line.overrides.get(number, 0)
        if not override or last_override >= day_start(now):
            raise send_refusal(
                world,
                4000,
                f"The contact has not replied to {pre_reply} messages",
                key="PRE_REPLY_LIMIT_REACHED",
            )
        line.overrides[number] = now
    follow_up = bool(pair.last_inbound) and pair.last_inbound < now - DAY
    if follow_up and options.follow_ups_per_day:
        today = {who for at, who in line.follow_ups if at >= day_start(now)}
        if number not in today and len(today) >= options.follow_ups_per_day:
            raise send_refusal(
                world,
                5509,
                "Rate limit window exceeded",
                detail=f"{options.follow_ups_per_day} follow-ups per day",
            )
    line.sends.append(now)
    if new:
        line.new_contacts.append((now, number))
    if follow_up:
        line.follow_ups.append((now, number))


def is_new_contact(world: World, line: Line, number: str) -> bool:
    """Contract 1.6: nothing either way on this line within the look-back, and not saved."""
    if number in world.contacts:
        return False
    pair = world.messages.pairs.get((line.number, number)) or Pair()
    since = world.clock.now() - world.options.new_contact_lookback_days * DAY
    return max(pair.last_inbound, pair.last_outbound) < since


def _check_line(world: World, line: Line, now: int) -> None:
    options = world.options
    if line.blocked:
        raise send_refusal(world, 4000, "This line is blocked", status=403)
    if line.status == "OFFLINE":
        raise send_refusal(world, 5503, "Sender unavailable", status=503)
    if options.queue_size and line.queued >= options.queue_size:
        raise send_refusal(world, 4001, "The queue of this line is full", status=429)
    recent = sum(1 for at in reversed(line.sends) if at > now - SECOND)
    if options.burst_per_s and recent >= options.burst_per_s:
        raise send_refusal(world, 4001, "Rate limit exceeded", status=429)


def _check_new_contacts(world: World, line: Line, now: int) -> None:
    for window in ("hourly", "daily"):
        figures = _window(world, line, window, now)
        if figures["remaining"] == 0:
            raise send_refusal(
                world,
                429,
                f"The {window} limit for new contacts is reached",
                key=f"LINE_{window.upper()}_LIMIT_REACHED",
                available_at=figures["nextSlotAt"],
            )


def usage(world: World, line: Line) -> dict[str, Any]:
    """One line of GET /api/v2/lines/usage."""
    now, options = world.clock.now(), world.options
    hourly, daily = (_window(world, line, window, now) for window in ("hourly", "daily"))
    waits = [w["nextSlotAt"] for w in (hourly, daily) if w["remaining"] == 0]
    state = "limited" if waits else "available"
    if line.blocked or line.status == "OFFLINE":
        state = "unavailable"
    return {
        "phone": line.number,
        "state": state,
        "sampledAt": iso(now),
        "newContactLookbackDays": options.new_contact_lookback_days,
        "hourly": hourly,
        "daily": daily,
        "availableAt": max(waits) if waits else None,
        **line.usage,
    }


def _window(world: World, line: Line, window: str, now: int) -> dict[str, Any]:
    options = world.options
    if window == "hourly":
        limit, since = options.new_contacts_per_hour, now - HOUR + 1
    else:
        limit, since = options.new_contacts_per_day, day_start(now)
    times = [at for at, _ in line.new_contacts if at >= since]
    overlay = line.usage.get(window, {})
    used, limit = overlay.get("used", len(times)), overlay.get("limit", limit)
    full = bool(limit) and used >= limit
    resets = day_start(now) + _day_length(now)
    figures: dict[str, Any] = {
        "used": used,
        "limit": limit or None,
        "remaining": max(limit - used, 0) if limit else None,
        "nextSlotAt": None,
    }
    if full and window == "hourly":
        figures["nextSlotAt"] = iso((times[-limit] if len(times) >= limit else now) + HOUR)
    elif full:
        figures["nextSlotAt"] = iso(resets)
    if window == "daily":
        figures["resetsAt"] = iso(resets)
    return {**figures, **overlay}


def day_start(now: int) -> int:
    """The last 3 AM in New York, where the daily counts begin again."""
    local = datetime.fromtimestamp(now / SECOND, UTC).astimezone(NEW_YORK)
    start = local.replace(hour=_RESET_HOUR, minute=0, second=0, microsecond=0)
    if local < start:
        start -= timedelta(days=1)
    return int(start.timestamp()) * SECOND


def _day_length(now: int) -> int:
    start = datetime.fromtimestamp(day_start(now) / SECOND, UTC).astimezone(NEW_YORK)
    return int((start + timedelta(days=1)).timestamp()) * SECOND - day_start(now)
