"""The parts of one running simulator, held together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .courier import Courier
from .events import Events
from .faults import Faults
from .journal import Journal
from .options import profile
from .people import People
from .seed import sow
from .state import Settings, World

if TYPE_CHECKING:
    from collections.abc import Mapping


class Simulation:
    """The account's state, its webhooks and events, the faults to come, the people, the ledger."""

    def __init__(self, settings: Settings) -> None:
        self.world = World(settings)
        self.courier = Courier(self.world)
        self.events = Events(self.world)
        self.faults = Faults()
        self.ledger = Journal()
        self.people = People(self)
        sow(self.world, {})
        if settings.people:
            # What is said from now on must not bear the handles of what was said before a restart:
            # an inbox remembers those.
            self.world.random.seed()

    def reset(self, wishes: Mapping[str, Any]) -> None:
        """Back to the seeded state; ValueError when a wish makes no sense."""
        options = wishes.get("options", {})
        profile(self.world.settings.profile).apply(options)  # complain before anything is lost
        self.world.empty(int(wishes.get("seed", self.world.settings.seed)))
        self.world.options.apply(options)
        if "webhooks" in wishes:
            kinds = dict(wishes["webhooks"])
            self.world.global_secret = kinds.pop("globalSecret", None)
            self.world.webhooks = kinds
        self.courier.reset()
        self.faults.clear()
        self.ledger.clear()
        self.people.reset()
        sow(self.world, wishes)
        self.people.wake()
