"""Who writes to the shop and what was said so far: the state that newcomers see first.

The shop is Juniper & Clay: handmade mugs, window boxes, and clay classes at the weekend.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a story; ago as in "2d 3h 5m"; by is "us" or a person's number."""

    ago: str
    by: str
    text: str = ""
    picture: str = ""
    style: str = ""
    failed: bool = False
    place: bool = False
    replies_to: int | None = None  # position of an earlier message in the story


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a phone; in_contacts says whether the account has saved them."""

    number: str
    first_name: str = ""
    last_name: str = ""
    company_name: str = ""
    service: str = "iMessage"
    tags: tuple[str, ...] = ()
    about: dict[str, str] = field(default_factory=dict)
    in_contacts: bool = True
    later: tuple[str, ...] = ()  # what they may write next, unprompted


@dataclass(frozen=True, slots=True)
class Story:
    """A conversation on one of the lines, with one person or a named group."""

    line: int
    people: tuple[Person, ...]
    said: tuple[Said, ...]
    group_name: str = ""


MAYA, TOMAS, INGRID = "+15105550112", "+14155550118", "+12065550124"
LEILA, BEN, WALTER = "+16285550131", "+14155550133", "+13125550137"
PRIYA, DEREK, AIKO = "+16505550142", "+17185550146", "+14155550149"
SAMUEL, CHLOE, NOOR = "+15105550153", "+16465550157", "+19175550162"
GRACE, STRANGER = "+14155550166", "+17075550171"
US = "us"


def _with(person: Person, line: int, *said: Said) -> Story:
    return Story(line, (person,), said)


STORIES: tuple[Story, ...] = (
    _with(
        Person(
            MAYA,
            "Maya",
            "Okafor",
            tags=("birthday order",),
            about={"order": "JC-2291", "city": "Oakland"},
            later=(
                "Just checked the mailbox, nothing yet. Fingers crossed for this afternoon!",
                "IT CAME. Zora is going to cry, they're perfect 😭",
            ),
        ),
        0,
        Said("6d 4h 10m", MAYA, "Hi! Do you still have the speckled mugs in green? I'd like four."),
        Said("6d 4h 2m", US, "Hi Maya! We do, exactly five left. Shall I put four aside for you?"),
        Said("6d 3h 58m", MAYA, "Yes please!! They're for my sister's 30th 🎉"),
        Said("6d 3h 51m", US, "Happy early birthday to her! Order JC-2291 is in your email."),
        Said("1d 2h", MAYA, "Hey, the tracking hasn't moved since Tuesday. Should I worry?"),
        Said(
            "1d 1h 48m",
            US,
            "I asked the courier just now. It missed a scan in Sacramento but it is on the truck.",
        ),
        Said("1d 1h 46m", MAYA, "Ok phew, thank you for checking"),
        Said("26m", MAYA, "Morning! Party is tomorrow and still no parcel. Any news?"),
        Said("24m", MAYA, "I could also pick something up at the shop if that's easier"),
    ),
    _with(
        Person(
            TOMAS,
            "Tomás",
            "Herrera",
            tags=("class",),
            about={"class": "Wheel throwing, Thursday"},
            later=("Do I need to bring an apron, or do you have some there?",),
        ),
        1,
        Said("3d 5h", TOMAS, "Hello, I booked the wheel throwing class for Thursday at 6"),
        Said("3d 4h 55m", TOMAS, "Something came up at work. Any chance I can move it?"),
        Said("3d 4h 40m", US, "Of course, Tomás. The week after has two places, same time. Good?"),
        Said("3d 4h 32m", TOMAS, "That works great"),
        Said("3d 4h 30m", US, "Moved! You'll get a reminder the day before.", style="confetti"),
        Said("3d 4h 29m", TOMAS, "Loved “Moved! You'll get a reminder the day before.”"),
        Said("2h 15m", TOMAS, "One more thing: can I bring my daughter? She's 11 and very curious"),
        Said("2h 2m", US, "We'd love that. Under 12 is half price, and she gets her own wheel."),
        Said("1h 57m", TOMAS, "She just screamed. Book her in please 😄"),
    ),
    _with(
        Person(
            INGRID,
            "Ingrid",
            "Solberg",
            tags=("damaged",),
            about={"order": "JC-2304", "city": "Seattle"},
            later=("Take your time. The bowls inside feel fine, it's only the corner.",),
        ),
        0,
        Said(
            "5h 20m",
            INGRID,
            "Hi there. My parcel came today and the box looks like it lost a fight",
        ),
        Said("5h 19m", INGRID, picture="parcel.jpg"),
        Said("5h 6m", US, "Oh no, I'm sorry! Is anything inside broken?"),
        Said("4h 58m", INGRID, "Two of the small plates are cracked. The rest is ok I think"),
        Said(
            "4h 50m", US, "I'll send two new ones today, no need to return anything.", replies_to=3
        ),
        Said("4h 44m", INGRID, "Wow, that was easy. Thank you so much"),
        Said("41m", INGRID, "Could you use a bigger box this time? 🙈"),
    ),
    Story(
        1,
        (
            Person(LEILA, "Leila", "Haddad", tags=("class", "parents")),
            Person(BEN, "Ben", "Whitaker", tags=("class", "parents")),
        ),
        (
            Said("2d 6h", LEILA, "Hi! Ben and I are organising Saturday clay for the kids' class"),
            Said("2d 5h 57m", BEN, "We'd be nine kids and three parents"),
            Said("2d 5h 40m", US, "Lovely, that fits the big table. 10 to 12 on Saturday?"),
            Said(
                "2d 5h 36m", LEILA, "Perfect. One of the kids has a nut allergy, just so you know"
            ),
            Said("2d 5h 30m", US, "Noted, thank you. We'll bring fruit instead of the cookies."),
            Said("7h 5m", BEN, "Do they need old clothes?"),
            Said("6h 58m", US, "Yes! Clay washes out, the blue glaze really doesn't."),
            Said(
                "6h 52m", LEILA, "Laughed at “Yes! Clay washes out, the blue glaze really doesn't.”"
            ),
        ),
        "Saturday clay class",
    ),
    _with(
        Person(
            WALTER,
            "Walter",
            "Brandt",
            service="SMS",
            about={"phone": "flip phone, texts only"},
            later=("I forgot to say, the side door is best for deliveries. Walter",),
        ),
        0,
        Said(
            "4d 3h", WALTER, "Good morning. This is Walter Brandt. Do you repair planters? Walter"
        ),
        Said("4d 2h 30m", US, "Good morning Walter! We do, if the crack is above the soil line."),
        Said(
            "4d 1h",
            WALTER,
            "It is near the rim. My late wife made it in your class of 1998 so I would like to "
            "keep it going. No hurry at all. Walter",
        ),
        Said(
            "4d 45m",
            US,
            "Then we will take very good care of it. Bring it before five and ask for June.",
        ),
        Said("1d 20h", WALTER, "Delivered it today. June was very kind. Thank you. Walter"),
        Said("1d 19h 40m", US, "It is on the bench already. We'll write when the glaze has set."),
    ),
    _with(
        Person(
            PRIYA,
            "Priya",
            "Raman",
            service="RCS",
            tags=("regular",),
            about={"balcony": "faces south"},
            later=("Is it normal that one of the yellow ones leans? It looks a bit tired",),
        ),
        0,
        Said("8d 2h", PRIYA, "Which of your window boxes would survive a very sunny balcony?"),
        Said("8d 1h 50m", US, "The terracotta one, with tulips now and thyme from June on."),
        Said("8d 1h 46m", PRIYA, "Sold. Delivery on Friday?"),
        Said("8d 1h 40m", US, "Friday between 2 and 4, you're on the list."),
        Said("9h 30m", PRIYA, "Look at them now! 🌷", picture="window-box.jpg"),
        Said(
            "9h 12m", US, "This just made everyone in the shop smile. May we hang it on our wall?"
        ),
        Said("9h 5m", PRIYA, "Please do!"),
    ),
    _with(
        Person(DEREK, "Derek", "Nowak", tags=("newsletter",)),
        0,
        Said(
            "12d 1h", US, "Hi Derek, the spring glazes are out and you asked us to tell you first."
        ),
        Said("12d 20m", DEREK, "Stop"),
    ),
    _with(
        Person(
            AIKO,
            "Aiko",
            "Tanaka",
            tags=("gift",),
            about={"ships to": "Kyoto"},
            later=("My mother wrote back. She says the crane looks like the one from her garden.",),
        ),
        0,
        Said("3d 9h", AIKO, "Do you ship to Japan? It would be a gift for my mother in Kyoto"),
        Said("3d 8h 48m", US, "We do! About 9 days, and the customs form is on us."),
        Said("3d 8h 40m", AIKO, "Wonderful. Could you add a handwritten note?"),
        Said("3d 8h 36m", US, "With pleasure. What should it say?"),
        Said("3d 8h 20m", AIKO, "“Tea tastes better when I think of you. Come visit in autumn.”"),
        Said(
            "3d 8h 12m",
            US,
            "That is beautiful. Written, and wrapped with a paper crane.",
            style="love",
        ),
        Said(
            "3d 8h 11m", AIKO, "Loved “That is beautiful. Written, and wrapped with a paper crane.”"
        ),
        Said("14h", US, "A small update: it cleared customs in Osaka this morning."),
        Said("13h 40m", AIKO, "So fast! Thank you for telling me", replies_to=7),
    ),
    _with(
        Person(
            SAMUEL,
            "Samuel",
            "Adeyemi",
            company_name="Harbor Street Coffee",
            tags=("wholesale", "vip"),
            about={"order": "W-118", "cups": "60"},
            later=("Also, my partner asks if the saucers stack. I said yes. Was I right?",),
        ),
        1,
        Said(
            "9d 3h",
            SAMUEL,
            "Samuel from Harbor Street Coffee. We need 60 cups, can you do it by May?",
        ),
        Said("9d 2h 30m", US, "60 in the sand glaze, ready in five weeks. Logo on the bottom?"),
        Said("9d 2h 12m", SAMUEL, "Bottom is perfect. What's the price at that number?"),
        Said("9d 1h 50m", US, "14.50 each with the logo, 12 without. Half now, half on delivery."),
        Said("9d 1h 20m", SAMUEL, "Deal. Send me the invoice"),
        Said("1d 5h", US, "Your first test cup came out of the kiln, Samuel.", picture="mug.jpg"),
        Said("1d 4h 51m", SAMUEL, "Love the colour. Is the pale spot going to be on all of them?"),
        Said("1d 4h 30m", US, "No, that one is the reason we fire a test cup first 😅"),
        Said("1d 4h 26m", SAMUEL, "Ha! Fair enough. Carry on"),
    ),
    _with(
        Person(CHLOE, "Chloé", "Laurent", tags=("refund",), about={"order": "JC-2260"}),
        0,
        Said(
            "2d 1h 30m", CHLOE, "Hello, I returned the blue vase ten days ago. When is my refund?"
        ),
        Said("2d 1h 10m", US, "It arrived on Monday, Chloé. The 68 dollars went out this morning."),
        Said("2d 1h 2m", CHLOE, "Thanks! My bank says 3 to 5 days, is that what you see too?"),
        Said(
            "2d 55m", US, "Yes, by Friday at the latest. Write me if it isn't there.", failed=True
        ),
    ),
    _with(
        Person(
            NOOR,
            "Noor",
            "Rahimi",
            later=("Asking because my toddler eats everything off everything 😅",),
        ),
        0,
        Said("9m", NOOR, "Hi! Are your glazes food safe? Especially the matte black one"),
    ),
    _with(
        Person(GRACE, "Grace", "Kim", tags=("pick-up",), about={"order": "JC-2311"}),
        1,
        Said("1h 32m", GRACE, "I'm here to pick up JC-2311 but I can't find your door"),
        Said("1h 31m", GRACE, place=True),
        Said("1h 28m", US, "You're so close! Blue gate, right beside the bakery. I'll wave."),
        Said("1h 21m", GRACE, "Found you. Thanks for the warm welcome, see you next week 💛"),
        Said("1h 20m", US, "See you Thursday, Grace!"),
    ),
    _with(
        Person(STRANGER, in_contacts=False),
        0,
        Said(
            "3h 12m", STRANGER, "Hey is this the pottery place on Valencia? Are you open on Sundays"
        ),
    ),
)

SEATS = (
    ("June", "Park", "june@juniperandclay.example"),
    ("Robin", "Ellis", "robin@juniperandclay.example"),
)

PLACE: dict[str, Any] = {
    "latitude": 37.7605,
    "longitude": -122.4214,
    "accuracy": 9.0,
    "altitude": 18.0,
    "duration": "1 hour",
}
