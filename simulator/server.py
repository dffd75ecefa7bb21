"""The server put together: routes of the API, keys, ledger, faults, control door."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from . import (
    account,
    contacts,
    events,
    gestures,
    groups,
    lines,
    location,
    lookup,
    media,
    messages,
    provisioning,
    seats,
    sending,
    tokens,
    totp,
    verification,
    webhooks,
)
from .auth import KeyCheck
from .control import Control, control_app
from .front import Front
from .listener import Listener, listener
from .simulation import Simulation
from .state import Settings
from .wire import Refusal, answer_refusal

_MODULES = (
    messages,
    sending,
    groups,
    gestures,
    media,
    lookup,
    contacts,
    webhooks,
    lines,
    totp,
    seats,
    location,
    events,
    verification,
    tokens,
    account,
    provisioning,
)


def build(settings: Settings, host: str, port: int) -> Listener:
    """A simulator ready to serve()."""
    sim = Simulation(settings)
    api = Starlette(
        routes=[route for module in _MODULES for route in module.routes],
        exception_handlers={Refusal: answer_refusal, HTTPException: _answer_unknown},
    )
    api.state.sim = sim
    control = Control(sim)
    front = Front(KeyCheck(api, sim.world), control_app(control), sim)
    control.listener = listener(front, host, port)
    if settings.people:
        sim.people.enabled = True
    return control.listener


async def _answer_unknown(request: Request, error: Exception) -> Response:
    """Express's page for a path that does not exist (contract 1.1)."""
    text = f"<pre>Cannot {request.method} {request.url.path}</pre>"
    return HTMLResponse(f"<!DOCTYPE html><html><body>{text}</body></html>", status_code=404)
