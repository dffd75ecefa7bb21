"""Files in a real browser: what people send is shown, what agents drop is sent, nothing runs."""

from __future__ import annotations

import base64
import contextlib
import io
import re
from typing import TYPE_CHECKING

import httpx
import pillow_heif
from PIL import Image
from playwright.sync_api import Error, expect

from inbox.actions.storing import store
from inbox.actions.uploading import add_draft
from inbox.media.names import safe_name
from inbox.media.sniffing import sniff
from inbox.models import MediaFile, Thread
from tests.security.hostile import box, corpus, plain, voice_note, written

from .screen import bubble, composer, meet, without_page_load
from .site import Site, wait_until
from .watch import Watch, axe

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page

    from .conftest import Agent, OpenPage
    from .screen import Person

pillow_heif.register_heif_opener()
CARD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Lovelace\r\nORG:Engines\r\n"
    "TEL;type=CELL:+14155550142\r\nEMAIL:ada@example.com\r\nEND:VCARD\r\n"
)
DROP = """([target, files]) => {
  const data = new DataTransfer();
  for (const { name, type, bytes } of files) {
    const content = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
    data.items.add(new File([content], name, { type }));
  }
  const fire = (kind) => target.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
  return { fire: ["dragover", "drop"].map(fire) };
}"""
PASTE = DROP.replace('["dragover", "drop"]', '["paste"]')


def at_sendblue(site: Site, name: str, content: bytes) -> str:
    """Where Sendblue has a file of somebody's."""
    keys = {"sb-api-key-id": site.simulator.key_id, "sb-api-secret-key": site.simulator.secret_key}
    answer = httpx.post(
        f"{site.simulator.url}/api/upload-file",
        files={"file": (name, content)},
        headers=keys,
        trust_env=False,
    )
    return str(answer.json()["media_url"])


def sends(person: Person, name: str, content: bytes, words: str = "") -> None:
    person.writes(words, media_url=at_sendblue(person.site, name, content))


def picture(red: int, size: tuple[int, int] = (400, 300)) -> bytes:
    return written(Image.new("RGB", size, (red, 90, 120)), "JPEG")


def as_files(*contents: bytes) -> list[dict[str, str]]:
    return [
        {"name": f"IMG_{n}.jpg", "type": "image/jpeg", "bytes": base64.b64encode(content).decode()}
        for n, content in enumerate(contents)
    ]


def drop(page: Page, *contents: bytes, how: str = DROP) -> None:
    target = composer(page).element_handle()
    page.evaluate(how, [target, as_files(*contents)])


def calls(person: Person) -> list[tuple[str, str]]:
    """(path, media_url) of the uploads and sends, as Sendblue took them."""
    taken = []
    for entry in person.site.simulator.ledger():
        body = entry["body"] if isinstance(entry["body"], dict) else {}
        is_send = entry["path"] == "/api/send-message" and body.get("number") == person.number
        if entry["path"] == "/api/upload-file" or is_send:
            taken.append((entry["path"], body.get("media_url", "")))
    return taken


def test_what_people_send_is_shown(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    with without_page_load(page):
        turned = Image.Exif()
        turned[0x0112] = 6
        upright = written(Image.new("RGB", (300, 200)), "JPEG", exif=turned)
        sends(person, "IMG_1.jpg", upright, words="A photo")
        sends(person, "IMG_2.heic", plain("HEIF", (640, 480)))
        sends(person, "IMG_3.mov", box(b"ftyp", b"qt  \0\0\0\0qt  ") + bytes(400))
        sends(person, "Audio Message.caf", voice_note(3))
        sends(person, "Ada.vcf", CARD.encode())
        sends(person, "Prices 2026.pdf", b"%PDF-1.4 prices")
        pictures = page.locator("#messages .picture img")
        expect(pictures).to_have_count(2)
        for image, size in zip(pictures.all(), [(200, 300), (640, 480)], strict=True):
            image.evaluate("(image) => image.decode()")
            small = image.evaluate("(image) => [image.naturalWidth, image.naturalHeight]")
            assert small == list(size)
            assert image.evaluate("(image) => image.clientHeight") > 100
        expect(bubble(page, "A photo").locator("img")).to_be_visible()
        expect(page.locator("#messages video")).to_have_count(1)

        voice = page.locator("#messages .is-audio")
        expect(voice).to_contain_text("Voice note, 0:03")
        length = voice.locator("audio").evaluate(
            """(audio) => new Promise((done) => {
              if (audio.readyState) done(audio.duration);
              audio.addEventListener("loadedmetadata", () => done(audio.duration));
            })"""
        )
        assert 2.9 < length < 3.1

        card = page.locator("#messages .contact-card")
        expect(card).to_contain_text("Ada Lovelace")
        expect(card).to_contain_text("Engines")
        pdf = page.locator("#messages .is-large")
        expect(pdf).to_contain_text("PDF, 15 bytes")
        with page.expect_download() as download:
            pdf.click()
        assert download.value.suggested_filename.endswith(".pdf")
        axe(page)
    card.get_by_role("link", name="+14155550142").click()
    expect(page.locator("#new-thread [name=number][value]").first).to_have_value("+14155550142")


def test_pictures_open_large_and_by_keys(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    for red in (10, 120, 240):
        sends(person, f"IMG_{red}.jpg", picture(red))
    files = MediaFile.objects.filter(thread=person.thread, state=MediaFile.State.SAFE)
    wait_until(lambda: files.count() == 3, "the pictures are copied")
    page = open_page(agents[0], person.path)
    with without_page_load(page):
        links = page.locator("#messages [data-picture]")
        expect(links).to_have_count(3)
        links.nth(1).focus()
        page.keyboard.press("Enter")
        place = page.locator("#viewer-place")
        expect(place).to_have_text("2 of 3")
        large = page.locator("#viewer-picture")
        large.evaluate("(image) => image.decode()")
        assert large.evaluate("(image) => image.naturalWidth") == 400
        page.keyboard.press("ArrowRight")
        expect(place).to_have_text("3 of 3")
        expect(page.locator("#viewer-next")).to_be_disabled()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        expect(place).to_have_text("1 of 3")
        axe(page)
        page.keyboard.press("Escape")
        expect(page.locator("#viewer")).to_be_hidden()
        expect(links.nth(0)).to_be_focused()


def test_dropped_pasted_and_picked_files_are_sent_in_order(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    anas, bens = (open_page(agent, person.path) for agent in agents)
    chips = anas.locator("#draft-files > li")
    before = len(calls(person))
    with without_page_load(anas, bens):
        drop(anas, picture(10), picture(60))
        expect(anas.locator("#draft-files input[name=file]")).to_have_count(2)
        drop(anas, picture(200), how=PASTE)
        expect(anas.locator("#draft-files input[name=file]")).to_have_count(3)
        expect(anas.get_by_label("Send as one carousel")).to_be_visible()
        chips.nth(1).get_by_role("button").click()
        expect(chips).to_have_count(2)
        price = {"name": "Prices.pdf", "mimeType": "", "buffer": b"%PDF-1.4 words"}
        anas.locator("#file-picker").set_input_files(price)
        expect(chips).to_have_count(3)
        expect(chips.nth(2)).to_contain_text("PDF, 14 bytes")
        expect(anas.get_by_label("Send as one carousel")).to_be_hidden()
        axe(anas)
    anas.reload()
    anas.locator("html[data-live=on]").wait_for()
    expect(chips).to_have_count(3)
    expect(bens.locator("#draft-files > li")).to_have_count(0)
    with without_page_load(anas, bens):
        composer(anas).fill("Two photos and our prices")
        composer(anas).press("Enter")
        expect(chips).to_have_count(0)
        for page in (anas, bens):
            expect(bubble(page, "our prices")).to_have_attribute("data-stage", "delivered")
            expect(page.locator("#messages .picture img")).to_have_count(2)
            expect(bubble(page, "our prices").locator(".is-large")).to_contain_text("Prices")
    taken = calls(person)[before:]
    assert [path for path, _url in taken] == ["/api/upload-file"] * 3 + ["/api/send-message"] * 3
    assert all(re.search(r"/MO_.*\.(jpg|pdf)$", url) for _path, url in taken[3:])


def test_a_carousel_and_a_refused_send_keep_their_files(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, watch: Watch
) -> None:
    watch.expect(r"^500 .*/messages/$")
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    chips = page.locator("#draft-files > li")
    with without_page_load(page):
        drop(page, picture(10), picture(60), picture(90))
        expect(page.locator("#draft-files input[name=file]")).to_have_count(3)
        page.get_by_label("Send as one carousel").check()
        page.route("**/messages/", lambda route: route.fulfill(status=500, body=""))
        page.locator("#composer .send").click()
        expect(chips).to_have_count(3)
        expect(page.get_by_label("Send as one carousel")).to_be_checked()
        page.unroute("**/messages/")
        page.locator("#composer .send").click()
        expect(chips).to_have_count(0)
        row = page.locator("#messages .files.is-row")
        expect(row.locator("img")).to_have_count(3)
    wait_until(
        lambda: live_site.simulator.ledger("/api/send-carousel"), "the carousel has been sent"
    )
    (entry,) = live_site.simulator.ledger("/api/send-carousel")
    assert len(entry["body"]["media_urls"]) == 3


def test_what_is_sent_too_early_goes_when_the_files_are_up(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    held: list[object] = []
    page.route("**/files/new/", lambda route: held.append(route))
    drop(page, picture(10))
    bar = page.locator("#draft-files progress")
    expect(bar).to_be_visible()
    composer(page).fill("With a photo")
    composer(page).press("Enter")
    expect(page.locator("#composer-error")).to_have_text("Goes as soon as the files are up.")
    assert composer(page).input_value() == "With a photo"
    held[0].continue_()
    expect(bubble(page, "With a photo").locator("img")).to_be_visible()
    drop(page, picture(20))
    expect(page.locator("#draft-files progress")).to_be_visible()
    page.locator(".draft-remove").click()
    expect(page.locator("#draft-files > li")).to_have_count(0)


def test_hostile_files_run_nothing_when_opened(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, watch: Watch
) -> None:
    """Opened by themselves, as they came: even what is otherwise written anew."""
    # What the browser says when it holds something back, its own page around a picture included.
    watch.expect("Blocked script execution|violates the following Content Security|CORS policy")
    person = meet(live_site)
    page = agents[0].context.new_page()
    ran: list[str] = []

    def answer(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", answer)
    names = [name for name, content in corpus().items() if b"alert(" in content]
    assert len(names) >= 25
    for name in names:
        content = corpus()[name]
        kind = sniff(content)
        file = MediaFile.objects.create(
            thread_id=person.thread,
            stored_as=store(io.BytesIO(content)).name,
            content_type=kind.mime,
            name=safe_name(name, kind),
            state=MediaFile.State.SAFE,
        )
        with contextlib.suppress(Error):  # a download is no page
            page.goto(f"/media/{file.key}/{file.name}", wait_until="commit")
    thread = Thread.objects.get(pk=person.thread)
    card = io.BytesIO(corpus()["card.vcf"])
    add_draft(
        thread,
        uploader=live_site.users["Ana"],
        content=card,
        name="<img src=x onerror=alert(1)>.vcf",
    )
    page = open_page(agents[0], person.path)
    expect(page.locator("#draft-files > li")).to_contain_text("img src_x onerror_alert(1).vcf")
    sends(person, "card.vcf", corpus()["card.vcf"])
    expect(page.locator("#messages .contact-card")).to_contain_text("<script>alert")
    assert ran == []


def test_the_page_of_files_says_what_is_safe(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    sends(person, "IMG_1.jpg", picture(10))
    MediaFile.objects.filter(state=MediaFile.State.WAITING).exclude(thread=person.thread).delete()
    person.writes("Lost", media_url="https://169.254.169.254/lost.jpg")
    page = open_page(agents[0], "/media/")
    expect(page.locator(".vault .note")).to_contain_text("files are safe")
    expect(page.locator(".vault .note")).to_contain_text("1 at risk")
    row = page.locator(".vault tr", has_text="lost.jpg")
    expect(row).to_contain_text("no public machine")
    axe(page)
    row.get_by_role("button", name="Try again").click()
    expect(page.locator(".vault tr", has_text="lost.jpg")).to_be_visible()
