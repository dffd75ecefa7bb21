"""What becomes of a message after it is accepted: queue of the line, SENT, DELIVERED or worse."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .phones import Fate, fate_of
from .render import as_webhook
from .store import Message

if TYPE_CHECKING:
    from .simulation import Simulation
    from .state import Line, World

FINAL = ("DECLINED", "ERROR")
_STEPS = ("REGISTERED", "PENDING", "ACCEPTED")


def dispatch(sim: Simulation, message: Message) -> None:
    """Let an accepted message wait for its turn on the line and then travel."""
    line = sim.world.lines[message.line]
    line.queued += 1
    sim.world.runs(_travel(sim, message, line, _wait_for_slot(sim.world, line)))


def move(sim: Simulation, message: Message, status: str, **changes: Any) -> None:
    """Give a message its next status and tell everybody who asked to know.

    Changes may name fields of the message (service, was_downgraded …) or error fields.
    """
    own = {name: value for name, value in changes.items() if name in Message.__slots__}
    rare = {name: value for name, value in changes.items() if name not in own}
    for name, value in own.items():
        setattr(message, name, value)
    if rare:
        message.extra = {**message.extra, **rare}
    message.status = status
    sim.world.messages.touch(message, max(sim.world.clock.now(), message.updated + 1))
    payload = as_webhook(sim.world, message)
    if message.is_outbound:
        sim.courier.announce("outbound", payload)
        if callback := message.extra.get("status_callback"):
            sim.courier.post("status_callback", callback, payload)
    event_id = f"message:{message.handle}:updated:{payload['date_updated']}"
    sim.events.publish("message.updated", event_id, payload)


def _wait_for_slot(world: World, line: Line) -> float:
    """Seconds until the line may send again; takes the slot."""
    rate, now = world.options.throughput_per_s, asyncio.get_running_loop().time()
    slot = max(now, line.next_slot)
    line.next_slot = slot + (1 / rate if rate else 0)
    return slot - now


async def _travel(sim: Simulation, message: Message, line: Line, wait: float) -> None:
    world, options = sim.world, sim.world.options
    fate = _fate(world, message)
    try:
        await asyncio.sleep(wait + _about(world, options.sent_after_s, line))
    finally:
        line.queued -= 1
    if fate.last_status == "QUEUED" or _decided(message):
        return
    if line.status == "OFFLINE":
        move(sim, message, "ERROR", error_code=5503, error_message="Sender unavailable")
        return
    if options.extra_steps and world.random.random() < 0.25:
        move(sim, message, world.random.choice(_STEPS))
        await asyncio.sleep(_about(world, options.sent_after_s / 2, line))
    if fate.last_status in FINAL and fate.error_code != 10002:
        _fail(sim, message, fate)
        return
    texted = message.service == "SMS"
    if not fate.skips_sent and not _decided(message):
        move(sim, message, "SENT", was_downgraded=texted)
    await asyncio.sleep(_about(world, options.delivered_after_s, line))
    if _decided(message):
        return
    if fate.last_status in FINAL:
        _fail(sim, message, fate)
    elif fate.last_status == "DELIVERED" and not texted:
        move(sim, message, "DELIVERED", was_downgraded=False)
        if options.read_receipts:
            await asyncio.sleep(_about(world, options.delivered_after_s, line))
            move(sim, message, "READ")


def _fate(world: World, message: Message) -> Fate:
    """The fate of the number; a group shares that of nobody."""
    return Fate() if message.group_id else fate_of(message.number)


def _decided(message: Message) -> bool:
    """Whether a test moved the message to its end while it travelled."""
    return message.status in (*FINAL, "DELIVERED", "READ")


def _fail(sim: Simulation, message: Message, fate: Fate) -> None:
    move(
        sim,
        message,
        fate.last_status,
        error_code=fate.error_code,
        error_message=fate.error_message,
        error_detail=fate.error_detail,
    )


def _about(world: World, seconds: float, line: Line) -> float:
    """A delay with jitter; a degraded line takes ten times as long."""
    spread = world.options.jitter
    slow = 10 if line.status == "DEGRADED" else 1
    return seconds * slow * world.random.uniform(1 - spread, 1 + spread)
