"""The control door under /_sim/: JSON in and out, no key, from this machine only."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from .contacts import as_contact
from .inbound import Words, group_of, receive, tapback, typing
from .lifecycle import move
from .limits import usage
from .lines import change_line, state_of
from .render import as_webhook
from .state import WEBHOOK_TYPES
from .webhooks import as_listed
from .wire import Json, Refusal, answer_refusal, json_of, refuse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from .listener import Listener
    from .simulation import Simulation


class Control:
    """The calls of the control door."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.listener: Listener | None = None  # set once the server exists

    async def reset(self, request: Request) -> Json:
        """Back to the seeded state; the webhook registrations of the other side stay."""
        wishes = await json_of(request)
        self.sim.reset(wishes)
        return Json({"status": "OK", "seed": self.sim.world.seed})

    async def state(self, request: Request) -> Json:
        """The account as it is."""
        world = self.sim.world
        lines = [
            {
                **state_of(line),
                "number": line.number,
                "blocked": line.blocked,
                "queued": line.queued,
                "usage": usage(world, line),
            }
            for line in world.lines.values()
        ]
        groups = [
            {
                "group_id": group.group_id,
                "line": group.line,
                "numbers": group.numbers,
                "name": group.name,
                "photo": group.photo,
            }
            for group in world.groups.values()
        ]
        return Json(
            {
                "lines": lines,
                "contacts": [as_contact(world, contact) for contact in world.contacts.values()],
                "messages": len(world.messages),
                "groups": groups,
                "webhooks": as_listed(world),
                "totp_secrets": [secret.label for secret in world.totp_secrets.values()],
                "people": self.sim.people.as_list(),
                "clock": {"now": world.clock.seconds(), "rate": world.clock.rate},
                "options": world.options.as_dict(),
                "deliveries": self.sim.courier.travel.as_dict(),
                "faults": [fault.as_dict() for fault in self.sim.faults.waiting],
            }
        )

    async def options(self, request: Request) -> Json:
        """Turn switches; answers with all of them."""
        self.sim.world.options.apply(await json_of(request))
        return Json(self.sim.world.options.as_dict())

    async def ledger(self, request: Request) -> Json:
        """Every API request taken, in order; the path may hold wildcards."""
        entries = self.sim.ledger.since(_since(request))
        if path := request.query_params.get("path"):
            entries = [entry for entry in entries if fnmatch.fnmatchcase(entry["path"], path)]
        return Json({"entries": entries})

    async def inbound(self, request: Request) -> Json:
        """A person writes, reacts or shares; "{n}" in the content counts within a batch."""
        body = await json_of(request)
        sim, world = self.sim, self.sim.world
        sender, line = str(body.get("from") or ""), str(body.get("to") or "")
        if not sender:
            raise refuse(400, "'from' is missing")
        group_id = str(body.get("group_id") or "")
        if not line:
            known = world.groups.get(group_id)
            line = known.line if known else next(iter(world.lines))
        if line not in world.lines:
            raise refuse(404, "'to' is not one of the lines")
        if group_id or body.get("participants"):
            people = [sender, *body.get("participants", [])]
            group = group_of(world, group_id, line, people)
            group_id = group.group_id
            if sender not in group.numbers:
                group.numbers.append(sender)
        content = str(body.get("content") or "")
        if reaction := body.get("reaction"):
            content = tapback(world, reaction["to"], reaction["kind"])
        reply_to = body.get("reply_to")
        if isinstance(reply_to, str):
            reply_to = {"message_handle": reply_to}
        count = int(body.get("count") or 1)
        extra = {name: body[name] for name in ("location", "app_card") if body.get(name)}
        handles = []
        for n in range(1, count + 1):
            words = Words(
                sender=sender,
                line=line,
                content=content.replace("{n}", str(n)),
                media_url=str(body.get("media_url") or ""),
                service=str(body.get("service") or ""),
                group_id=group_id,
                reply_to=reply_to,
                extra=extra,
            )
            handles.append(receive(sim, words, backlog=count - n).handle)
        return Json({"handles": handles, "group_id": group_id or None})

    async def typing(self, request: Request) -> Json:
        """Somebody types or stops typing."""
        body = await json_of(request)
        typing(self.sim, body["from"], body["to"], is_typing=bool(body.get("is_typing", True)))
        return Json({"status": "OK"})

    async def event(self, request: Request) -> Json:
        """Any webhook kind with any payload."""
        body = await json_of(request)
        if body.get("kind") not in WEBHOOK_TYPES:
            raise refuse(400, f"'kind' must be one of: {', '.join(WEBHOOK_TYPES)}")
        self.sim.courier.announce(body["kind"], body.get("payload") or {})
        return Json({"status": "OK"})

    async def status(self, request: Request) -> Json:
        """Move a message on; any further field goes into it."""
        body = await json_of(request)
        message = self.sim.world.messages.by_handle.get(str(body.pop("message_handle", "")))
        if message is None:
            raise refuse(404, "Message not found")
        move(self.sim, message, str(body.pop("status", message.status)), **body)
        return Json(as_webhook(self.sim.world, message))

    async def deliveries(self, request: Request) -> Json:
        """GET every webhook attempt; POST how webhooks travel from now on."""
        courier = self.sim.courier
        if request.method == "GET":
            return Json({"entries": courier.journal.since(_since(request))})
        courier.set_travel(await json_of(request))
        return Json(courier.travel.as_dict())

    async def faults(self, request: Request) -> Json:
        """POST a fault, GET those that wait, DELETE clears."""
        faults = self.sim.faults
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            fault = faults.add(await json_of(request))
            if fault.mode == "refuse" and self.listener is not None:
                seconds = 2.0 if fault.delay_s is None else fault.delay_s
                self.listener.refuse_for(seconds)
        return Json({"faults": [fault.as_dict() for fault in faults.waiting]})

    async def line(self, request: Request) -> Json:
        """Change a line and say so as Sendblue would."""
        body, sim = await json_of(request), self.sim
        line = sim.world.lines.get(request.path_params["number"])
        if line is None:
            raise refuse(404, "Line not found")
        if "usage" in body:
            line.usage = body["usage"] or {}
        if "status" in body:
            change_line(sim.world, line, str(body["status"]))
            state = state_of(line)
            event_id = f"line:{state['worker_id']}:status:{line.status}:{line.status_changed}"
            sim.events.publish("line.status.changed", event_id, state)
        if "blocked" in body and bool(body["blocked"]) != line.blocked:
            line.blocked = bool(body["blocked"])
            payload = {
                "number": line.number,
                "sendblue_number": line.number,
                "status": "blocked" if line.blocked else "assigned",
            }
            sim.courier.announce("line_blocked" if line.blocked else "line_assigned", payload)
            kind = "line.blocked" if line.blocked else "line.assigned"
            sim.events.publish(kind, f"{kind}:{line.number}:{sim.world.clock.now()}", payload)
        return Json({**state_of(line), "blocked": line.blocked, "usage": usage(sim.world, line)})

    async def clock(self, request: Request) -> Json:
        """Advance the simulated clock or change its speed."""
        body, clock = await json_of(request), self.sim.world.clock
        if "rate" in body:
            clock.set_rate(float(body["rate"]))
        if "set" in body:
            clock.advance(float(body["set"]) - clock.seconds())
        clock.advance(float(body.get("advance_s", 0)))
        return Json({"now": clock.seconds(), "rate": clock.rate})

    async def people(self, request: Request) -> Json:
        """Let people live or rest."""
        self.sim.people.apply(await json_of(request))
        return Json({"enabled": self.sim.people.enabled, "people": self.sim.people.as_list()})


def control_app(control: Control) -> Starlette:
    """The ASGI application behind /_sim/."""
    calls: list[tuple[str, Callable[[Request], Awaitable[Response]], list[str]]] = [
        ("/_sim/reset", control.reset, ["POST"]),
        ("/_sim/state", control.state, ["GET"]),
        ("/_sim/options", control.options, ["POST", "PATCH"]),
        ("/_sim/ledger", control.ledger, ["GET"]),
        ("/_sim/inbound", control.inbound, ["POST"]),
        ("/_sim/typing", control.typing, ["POST"]),
        ("/_sim/event", control.event, ["POST"]),
        ("/_sim/status", control.status, ["POST"]),
        ("/_sim/deliveries", control.deliveries, ["GET", "POST"]),
        ("/_sim/faults", control.faults, ["GET", "POST", "DELETE"]),
        ("/_sim/lines/{number}", control.line, ["POST"]),
        ("/_sim/clock", control.clock, ["POST"]),
        ("/_sim/people", control.people, ["POST"]),
    ]
    return Starlette(
        routes=[Route(path, endpoint, methods=methods) for path, endpoint, methods in calls],
        exception_handlers={
            Refusal: answer_refusal,
            ValueError: _answer_nonsense,
            KeyError: _answer_nonsense,
            TypeError: _answer_nonsense,
            HTTPException: _answer_http,
        },
    )


async def _answer_nonsense(request: Request, error: Exception) -> Response:
    missing = "missing field " if isinstance(error, KeyError) else ""
    return Json({"error": f"{missing}{error}"}, status_code=400)


async def _answer_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return Json({"error": str(error)}, status_code=status)


def _since(request: Request) -> int:
    return int(request.query_params.get("since") or 0)
