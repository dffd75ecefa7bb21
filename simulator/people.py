"""Simulated people: they read, type, answer, react, fall silent, and now and then opt out."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any

from .inbound import Words, call, receive, tapback, typing
from .phrases import OUT_OF_THE_BLUE, VOICEMAILS, answer_to
from .stories import STORIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .simulation import Simulation
    from .store import Message

_FIRST_WORD_S = 15.0
_BETWEEN_WORDS_S = 80.0
_READING_S = (1.2, 3.5)
_LETTERS_PER_S = 18.0
_SILENT, _TAPBACK, _OPT_OUT = 0.08, 0.12, 0.004
_RINGS_FIRST = 0.12
_ARRIVED = ("SENT", "DELIVERED", "READ")
_GAVE_UP_WAITING_S = 60.0
_LATER = {person.number: person.later for story in STORIES for person in story.people}


class People:
    """Everybody who has a phone; each follows the same habits with chances of their own."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.reset()

    def reset(self) -> None:
        """Everybody as they were when the simulator started."""
        self.enabled = self.sim.world.settings.people
        self.talkativeness = 1.0
        self._chance = Random(self.sim.world.seed)  # repeatable, guards nothing
        self._busy: set[str] = set()
        self._awake = False
        self._told: dict[str, int] = {}

    def apply(self, wishes: Mapping[str, Any]) -> None:
        """Let people live or rest, and say how much they talk; 1.0 is a calm afternoon."""
        talkativeness = float(wishes.get("talkativeness", self.talkativeness))
        if talkativeness < 0:
            raise ValueError("talkativeness must not be negative")
        self.enabled = bool(wishes.get("enabled", self.enabled))
        self.talkativeness = talkativeness
        self.wake()

    def wake(self) -> None:
        """Begin to write unprompted, where people live; needs a running event loop."""
        if self.enabled and not self._awake:
            self._awake = True
            self.sim.world.runs(self._write_unprompted())

    def as_list(self) -> list[dict[str, Any]]:
        """Who has a phone here."""
        contacts = self.sim.world.contacts
        return [
            {
                "number": number,
                "name": f"{c.first_name} {c.last_name}".strip()
                if (c := contacts.get(number))
                else "",
                "service": phone.service,
                "opted_out": phone.opted_out,
                "typing": number in self._busy,
            }
            for number, phone in self.sim.world.phones.items()
        ]

    def notice(self, message: Message) -> None:
        """Our side has sent something: who is not already answering will see to it."""
        if not self.enabled or not self.talkativeness:
            return
        who = message.number
        if message.group_id:
            who = self._chance.choice(self.sim.world.groups[message.group_id].numbers)
        if who not in self._busy:
            self._busy.add(who)
            self.sim.world.runs(self._see_to(message, who))

    async def _see_to(self, message: Message, who: str) -> None:
        try:
            if await self._arrival(message):
                await self._pause(self._chance.uniform(*_READING_S))
                await self._answer(message, who)
        finally:
            self._busy.discard(who)

    async def _answer(self, message: Message, who: str) -> None:
        dice = self._chance.random()
        if dice < _SILENT or self.sim.world.phone(who).opted_out:
            return
        if dice < _SILENT + _TAPBACK and message.service == "iMessage":
            kind = self._chance.choice(("love", "like", "like", "laugh", "emphasize"))
            self._say(message, who, tapback(self.sim.world, message.handle, kind))
        elif dice > 1 - _OPT_OUT:
            self._say(message, who, "Stop")
        else:
            text = answer_to(message.content, self._chance)
            await self._type(who, message.line, text, quiet=bool(message.group_id))
            self._say(message, who, text)

    async def _arrival(self, message: Message) -> bool:
        """Wait until the message is on their phone; False when it never gets there."""
        waited = 0.0
        while message.status not in _ARRIVED:
            if message.status in ("ERROR", "DECLINED") or waited > _GAVE_UP_WAITING_S:
                return False
            await asyncio.sleep(0.25)
            waited += 0.25
        return True

    async def _type(self, who: str, line: str, text: str, *, quiet: bool = False) -> None:
        """Take the time that writing takes; dots show on iMessage outside groups."""
        shows = not quiet and self.sim.world.phone(who).service == "iMessage"
        if shows:
            typing(self.sim, who, line, is_typing=True)
        await self._pause(1.0 + len(text) / _LETTERS_PER_S)
        if shows:
            typing(self.sim, who, line, is_typing=False)

    def _say(self, message: Message, who: str, text: str) -> None:
        receive(
            self.sim,
            Words(sender=who, line=message.line, content=text, group_id=message.group_id),
        )

    async def _write_unprompted(self) -> None:
        await self._pause(_FIRST_WORD_S)
        while True:
            people = self._free_to_write()
            if self.enabled and people:
                who, line = self._chance.choice(people)
                text = self._next_words(who)
                self._busy.add(who)
                try:
                    if self._chance.random() < _RINGS_FIRST:
                        self._ring(who, line)
                    await self._type(who, line, text)
                    receive(self.sim, Words(sender=who, line=line, content=text))
                finally:
                    self._busy.discard(who)
            await self._pause(self._chance.expovariate(1 / _BETWEEN_WORDS_S))

    def _ring(self, who: str, line: str) -> None:
        """Nobody sits at the telephone here: some say to the machine why they call."""
        words = self._chance.choice((*VOICEMAILS, ""))
        call(self.sim, who, line, seconds=0, transcript=words)

    def _free_to_write(self) -> list[tuple[str, str]]:
        """Who could write next, and on which line they know us."""
        world = self.sim.world
        known = {number: line for line, number in world.messages.pairs}
        return [
            (number, line)
            for number, line in known.items()
            if number not in self._busy and not world.phone(number).opted_out
        ]

    def _next_words(self, who: str) -> str:
        """The next line of their story, then whatever comes to mind."""
        later, told = _LATER.get(who, ()), self._told.get(who, 0)
        self._told[who] = told + 1
        return later[told] if told < len(later) else self._chance.choice(OUT_OF_THE_BLUE)

    async def _pause(self, seconds: float) -> None:
        """Wait, the shorter the more talkative people are; nobody moves at 0."""
        while not self.talkativeness:
            await asyncio.sleep(1)
        await asyncio.sleep(seconds / self.talkativeness)
