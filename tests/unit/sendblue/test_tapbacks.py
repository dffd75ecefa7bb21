"""Every form in which a tapback comes as text, and sentences of people that are none."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sendblue_inbox.sendblue.tapbacks import Fit, parse_tapback, tapback_text

ADDED = {
    "Loved {}": "love",
    "Liked {}": "like",
    "Disliked {}": "dislike",
    "Laughed at {}": "laugh",
    "Emphasized {}": "emphasize",
    "Emphasised {}": "emphasize",
    "Questioned {}": "question",
    "Reacted 👀 to {}": "👀",
    "Reacted ❤️ to {}": "❤️",
    "Reacted 👍🏽 to {}": "👍🏽",
    "Reacted 🇩🇪 to {}": "🇩🇪",
    "Reacted 1️⃣ to {}": "1️⃣",
    "Reacted 👩‍💻 to {}": "👩‍💻",
    "Reacted ‼️ to {}": "‼️",
}
REMOVED = {
    "Removed a heart from {}": "love",
    "Removed a like from {}": "like",
    "Removed a dislike from {}": "dislike",
    "Removed a laugh from {}": "laugh",
    "Removed an exclamation from {}": "emphasize",
    "Removed an exclamation mark from {}": "emphasize",
    "Removed a question mark from {}": "question",
    "Removed a 👀 from {}": "👀",
    "Removed 👀 from {}": "👀",
}
FORMS = [
    *((form, reaction, False) for form, reaction in ADDED.items()),
    *((form, reaction, True) for form, reaction in REMOVED.items()),
]
SAID = [
    "It ships today.",
    "Yes",
    "Two lines\nof words\n\nand a third",
    "He said “wait” and “go”",
    'They call it "the shed"',
    '"Quoted" at the start',
    "“All of it”",
    "What do you think? 😄",
    "It’s 5’ long, isn't it",
    "https://example.test/a?b=1",
    "Well…",
    "Wait... what",
    "  spaces   around  ",
]
QUOTES = [("“", "”"), ('"', '"'), ("“", '"'), ("„", "”")]
AROUND = ["{}", "{} ", "  {}\n", "{}\n"]
MEDIA = {
    "an image": "image",
    "a photo": "image",
    "a movie": "video",
    "a video": "video",
    "a voice message": "audio",
    "an audio message": "audio",
    "an attachment": "",
    "“\ufffc”": "",
}


@pytest.mark.parametrize(("form", "reaction", "is_removal"), FORMS)
def test_a_form_is_read_around_all_words(form: str, reaction: str, is_removal: bool) -> None:
    for words, (opens, closes), around in itertools.product(SAID, QUOTES, AROUND):
        text = around.format(form.format(f"{opens}{words}{closes}"))
        found = parse_tapback(text)
        assert found, text
        assert (found.reaction, found.is_removal, found.media) == (reaction, is_removal, None)
        assert found.fits(words) is Fit.WHOLE, text
        assert found.fits(f"{words} and more that nobody reacted to") is not Fit.WHOLE
        assert found.longest_piece in words


@pytest.mark.parametrize(("form", "reaction", "is_removal"), FORMS)
def test_a_cut_quote_fits_what_begins_like_it(form: str, reaction: str, is_removal: bool) -> None:
    words = "The kiln opens on “Friday”,\nand the vases cool until Sunday evening."
    for length, (opens, closes) in itertools.product(range(3, len(words) - 1), QUOTES[:2]):
        start = words[:length]
        for cut in (f"{start}…{closes}", f"{start}...{closes}", f"{start}…"):
            found = parse_tapback(form.format(f"{opens}{cut}"))
            assert found, cut
            assert (found.reaction, found.is_removal, found.is_cut) == (reaction, is_removal, True)
            assert found.fits(words) is Fit.BEGINNING, cut
            assert found.fits("Another message") is Fit.NOT
            assert found.longest_piece in words


@pytest.mark.parametrize("closes", ["”", ""])
def test_a_quote_cut_without_a_mark_must_be_long_enough_to_tell(closes: str) -> None:
    words = "The kiln opens on Friday."
    long, short = (parse_tapback(f"Loved “{start}{closes}") for start in ("The kiln opens", "The"))
    assert long
    assert short
    assert long.fits(words) is Fit.BEGINNING
    # Without a closing quote it is plain that something is missing.
    assert short.fits(words) is (Fit.NOT if closes else Fit.BEGINNING)


@pytest.mark.parametrize(("form", "reaction", "is_removal"), FORMS)
@pytest.mark.parametrize("about", MEDIA)
def test_a_form_is_read_of_files(form: str, reaction: str, is_removal: bool, about: str) -> None:
    found = parse_tapback(form.format(about))
    assert found
    assert (found.reaction, found.is_removal, found.media) == (reaction, is_removal, MEDIA[about])
    assert found.fits("an image") is Fit.NOT


SENTENCES = [
    "Loved the dress",
    "Loved it!",
    "Loved",
    "Loved “",
    "Loved “”",
    "Loved it “so much”",
    "Loved an image of yours",
    "Loved an image, thanks",
    "loved “the dress”",
    "LOVED “the dress”",
    "I Loved “the dress”",
    "Loved: “the dress”",
    "Loved“the dress”",
    "Loved “the dress” so much",
    "Loved “the dress”!",
    "Loved “the dress” and “the hat”",
    'Loved "the dress" and "the hat"',
    'Liked "X" a lot',
    "Liked “X” a lot",
    "Liked the “blue” one",
    "Liked by “everyone”",
    "Liked ‘the blue one’",
    "Liked 'the blue one'",
    "Disliked the smell",
    "Disliked “it”, sorry",
    "Laughed “out loud”",
    "Laughed at the picture",
    "Laughed at “that” for hours",
    "Laughed at a movie last night",
    "Emphasized “twice”: please ring",
    "Emphasized that we close at five",
    "Questioned the invoice",
    "Questioned “why”?",
    "Reacted badly to “the paint”",
    "Reacted to “the paint”",
    "Reacted 3 to “the paint”",
    "Reacted ! to “the paint”",
    "Reacted あ to “the paint”",
    "Reacted 👀 at “the paint”",
    "Reacted 👀 to the paint",
    "Removed a heart from the wall",
    "Removed a stain from “the dress”",
    "Removed “the dress” from the basket",
    "Removed the like from “it”",
    "Removed a like “it”",
    "She wrote: Loved “the dress”",
    "“Loved the dress”",
    "Fwd: Liked “X”",
    "Like “X”",
    "Loves “X”",
    "",
    " ",
    "👀",
    "STOP",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_is_no_tapback(text: str) -> None:
    assert parse_tapback(text) is None
    assert parse_tapback(f"Ana: {text}") is None


@given(st.text(max_size=60), st.sampled_from([*ADDED, *REMOVED]))
def test_nothing_that_people_write_breaks_it(words: str, form: str) -> None:
    parse_tapback(words)
    found = parse_tapback(form.format(f"“{words}”"))
    if found and found.media is None and found.quote == words and not found.is_cut:
        assert found.fits(words) in (Fit.WHOLE, Fit.NOT)


@pytest.mark.parametrize("reaction", [*dict.fromkeys(ADDED.values())])
def test_what_stands_for_our_own_reads_as_one(reaction: str) -> None:
    for quote in ("It ships today.", ""):
        found = parse_tapback(tapback_text(reaction, quote))
        assert found
        assert (found.reaction, found.quote) == (reaction, quote)
