"""What people say in made-up conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

FIRST_NAMES = (
    *("Ada", "Amara", "Anna", "Ben", "Björn", "Carla", "Chidi", "Dana", "Dmitri", "Elif", "Emma"),
    *("Farid", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jamal", "João", "Kai", "Keiko", "Lena"),
    *("Liam", "Lucía", "Maya", "Mei", "Mia", "Noah", "Nora", "Olga", "Omar", "Priya", "Quentin"),
    *("Rosa", "Ruth", "Samir", "Sofia", "Tariq", "Thandi", "Uma", "Vera", "Wei", "Yusuf", "Zoë"),
)
LAST_NAMES = (
    *(
        "Abebe",
        "Adler",
        "Baker",
        "Becker",
        "Chen",
        "Costa",
        "Diaz",
        "Dubois",
        "Eriksson",
        "Fischer",
    ),
    *("García", "Haddad", "Ito", "Jensen", "Kaya", "Kim", "Kowalski", "Larsen", "Lopez", "Martin"),
    *(
        "Mbeki",
        "Nguyen",
        "Novak",
        "O'Brien",
        "Okafor",
        "Patel",
        "Pereira",
        "Rossi",
        "Sato",
        "Silva",
    ),
    *("Singh", "Smith", "Suzuki", "Tanaka", "Tran", "Walker", "Weber", "Wong", "Yılmaz", "Zhang"),
)
COMPANIES = (
    *("Blue Door Bakery", "Cedar Dental", "Northside Cycles", "Harbor Flowers", "Kite & Co."),
    *("Lakeview Storage", "Maple Street Yoga", "Oak Hill Vets", "Pine Tax Office", "Tidy Homes"),
)
THINGS = (
    *("order", "appointment", "invoice", "delivery", "refund", "booking", "parcel", "quote"),
    *("subscription", "table for two", "repair", "estimate", "gift card", "key", "receipt"),
)
TIMES = ("today", "tomorrow", "on Friday", "at 3", "next week", "this afternoon", "by noon")
FROM_PEOPLE = (
    "Hi, where is my {thing}?",
    "Could we move the {thing} to {time}?",
    "Is the {thing} ready {time}?",
    "Thanks a lot {face}",
    "I still have not heard about the {thing}.",
    "That works for me {time}",
    "Can you send me the {thing} again please?",
    "Sorry, wrong number on the {thing}",
    "Perfect {face}{face}",
    "How much would the {thing} be?",
    "ok",
    "I am outside now",
    "Does that include the {thing}? My sister paid less {time}, and I would like to know why.",
)
FROM_US = (
    "Hi {name}, your {thing} is on its way.",
    "We can do {time}. Does that suit you?",
    "Your {thing} will be ready {time} {face}",
    "I have looked it up: the {thing} is confirmed for {time}.",
    "You are welcome, {name}!",
    "Let me check with the team and come back to you {time}.",
    "We have refunded the {thing}. It takes two to three days to arrive.",
    "Could you send us a photo of the {thing}?",
    "We are open until six {time}.",
    "Here is the link to change your {thing}: https://shop.example.test/change",
)
FACES = ("🙂", "👍", "🎉", "🙏🏽", "❤️", "😅", "", "", "", "", "")


def line_of_talk(dice: random.Random, *, name: str, is_outbound: bool) -> str:
    """One message between a shop and its customer."""
    pattern = dice.choice(FROM_US if is_outbound else FROM_PEOPLE)
    if "{" not in pattern:
        return pattern
    return pattern.format(
        name=name, thing=dice.choice(THINGS), time=dice.choice(TIMES), face=dice.choice(FACES)
    ).strip()
