"""The server put together: routes of the API, keys, ledger, faults, control door."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
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
from .wire import Refusal, answer_refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from .state import Settings

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
        lifespan=_life,
    )
    api.state.sim = sim
    control = Control(sim)
    front = Front(KeyCheck(api, sim.world), control_app(control), sim)
    control.listener = listener(front, host, port)
    return control.listener


@asynccontextmanager
async def _life(api: Starlette) -> AsyncIterator[None]:
    sim: Simulation = api.state.sim
    sim.people.wake()
    yield
    await sim.courier.close()


async def _answer_unknown(request: Request, error: Exception) -> Response:
    """Express's page for a path that does not exist (contract 1.1)."""
    text = f"<pre>Cannot {request.method} {request.url.path}</pre>"
    return HTMLResponse(f"<!DOCTYPE html><html><body>{text}</body></html>", status_code=404)
