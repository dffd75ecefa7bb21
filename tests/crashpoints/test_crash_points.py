"""Every named point is hit once by a sudden end; a fresh process finds nothing lost or doubled."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Q

from inbox.actions.touching import TROUBLE
from inbox.actions.uploading import add_draft
from inbox.models import Line, MediaFile, Message, SendState, SyncState, Thread
from sendblue_inbox.clock import now
from tests.chaos.audit import RECOUNT, SEND, about_threads
from tests.factories import ANNA, OUR_LINE, make_agent, make_line, make_thread
from webhooks_admin.models import WebhookEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Simulator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contacts", "inbox", "sendblue_inbox", "webhooks_admin")
NAMED = re.compile(r"\breached\(\"([a-z_.]+)\"\)")
KILLED = 137
MOST_LIVES = 8
POISON = {"path": "/hooks/sendblue/receive/", "body": base64.b64encode(b'{"content": 1}').decode()}
LIFE = ("sending", "events", "resolving")


@dataclass(frozen=True)
class Scene:
    """What happens around the crash: a fault on the way to Sendblue, who reports, which drains."""

    fault: Any = None
    reports: bool = True  # whether Sendblue's webhooks arrive
    poison: bool = False
    drains: tuple[str, ...] = LIFE
    crash_before: str = ""  # a first crash that makes the situation
    minutes: int = 2  # that pass between two lives
    sent: bool = True  # whether the message can have reached Sendblue
    click: bool = True
    files: bool = False  # the person sends a picture and the agent another


ORDINARY = Scene()
UNREPORTED = Scene("reset_after", reports=False)
NEVER_SENT = Scene(crash_before="claiming.after", reports=False, minutes=8, sent=False)
FILES = Scene(drains=("uploading", *LIFE, "fetching"), files=True, minutes=8)
SYNCED = Scene(reports=False, drains=("syncing",), click=False, sent=False)
# What only happens to groups: see test_group_crash_points.py.
GROUP_POINTS = ("joining.inside", "grouping.claimed", "grouping.before", "grouping.after")
# And to contacts: see test_contact_crash_points.py.
CONTACT_POINTS = ("pushing.before", "pushing.after")
BULK_CONTACT_POINTS = ("bulk_pushing.before", "bulk_pushing.read", "bulk_pushing.after")
SWEEP_POINTS = ("sweeping.page", "sweeping.judged", "sweeping.removed")
# And to bulk jobs: see test_job_crash_points.py.
JOB_POINTS = ("jobs.batch",)
# test_replay_crash_points.py
REPLAY_POINTS = ("replaying.batch", "replaying.due")
# To comparisons: see test_drift_crash_points.py.
DRIFT_POINTS = ("comparing.page", "repairing.batch")
# And to imports: see test_import_crash_points.py.
IMPORT_POINTS = (
    *("importing.checking", "importing.checked", "importing.saving", "importing.saved"),
    *("importing.undoing", "importing.undone"),
)
POINTS = {
    "receiving.before": ORDINARY,
    "receiving.after": ORDINARY,
    "processing.claimed": ORDINARY,
    "processing.before": ORDINARY,
    "processing.after": ORDINARY,
    "processing.put_off": Scene(poison=True),
    "queueing.before": ORDINARY,
    "queueing.after": ORDINARY,
    "claiming.line": ORDINARY,
    "claiming.before": ORDINARY,
    "claiming.inside": ORDINARY,
    "claiming.after": Scene(minutes=8, sent=False),
    "posting.before": Scene(minutes=8, sent=False),
    "posting.after": ORDINARY,
    "recording.before": ORDINARY,
    "recording.inside": ORDINARY,
    "recording.after": ORDINARY,
    "fetching.before": FILES,
    "fetching.stored": FILES,
    "fetching.inside": FILES,
    "fetching.after": FILES,
    "uploading.before": FILES,
    "uploading.after": FILES,
    "uploading.inside": FILES,
    "settling.before": Scene("reset_after"),
    "settling.after": Scene("reset_after"),
    "doubting.before": NEVER_SENT,
    "doubting.after": NEVER_SENT,
    "resolving.claimed": UNREPORTED,
    "resolving.found": UNREPORTED,
    "resolving.recorded": UNREPORTED,
    "leaving.before": Scene("reset_before", minutes=16, sent=False),
    "leaving.after": Scene("reset_before", minutes=16, sent=False),
    "syncing.recorded": SYNCED,
    "syncing.page": SYNCED,
}


@dataclass
class Office:
    """The processes of one installation, one short life after the other, and Sendblue beside."""

    simulator: Simulator
    crash_file: Path
    process: subprocess.Popen[str]
    client_ref: str = field(default_factory=lambda: str(uuid.uuid4()))
    waiting: list[dict[str, str]] = field(default_factory=list)
    reported: set[tuple[str, str]] = field(default_factory=set)
    clicked: bool = False
    file: str = ""
    numbers: tuple[str, ...] = ()  # of the people who become a group

    def live(self, scene: Scene, thread: Thread, crash_at: str = "") -> int:
        """One life; what was not answered is delivered and clicked again in the next."""
        click = {
            "thread": thread.pk,
            "content": "It ships today.",
            "client_ref": self.client_ref,
            "file": self.file,
            "numbers": self.numbers,
        }
        order = {
            "crash_at": crash_at,
            "crash_once": str(self.crash_file),
            "deliveries": self.waiting,
            "click": click if scene.click and not self.clicked else None,
            "drains": scene.drains,
        }
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        taken = set()
        while "exit" not in (said := json.loads(self.process.stdout.readline())):
            self.clicked |= "clicked" in said
            taken |= {said.get("taken")}
        self.waiting = [one for n, one in enumerate(self.waiting) if n not in taken]
        return int(said["exit"])

    def report(self) -> None:
        """Sendblue tells of every message of ours that it has, each status once, twice over."""
        for entry in self.simulator.ledger("/api/send-*message"):
            for status in ("SENT", "DELIVERED"):
                handle = entry.get("message_handle")
                if handle and (handle, status) not in self.reported:
                    self.reported.add((handle, status))
                    body = self.simulator.control(
                        "POST", "status", {"message_handle": handle, "status": status}
                    )
                    callback = urlsplit(entry["body"]["status_callback"]).path
                    self.waiting += [parcel("/hooks/sendblue/outbound/", body)] * 2
                    self.waiting += [parcel(callback, body)] * 2


def parcel(path: str, body: Any) -> dict[str, str]:
    return {"path": path, "body": base64.b64encode(json.dumps(body).encode()).decode()}


@pytest.fixture(scope="module")
def driver(django_db_setup: None, running_simulator: Simulator) -> Iterator[subprocess.Popen[str]]:
    """The process that forks, on the test database."""
    url = urlsplit(os.environ["DATABASE_URL"])
    environ = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": url._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "SENDBLUE_API_BASE_URL": running_simulator.url,
        "SENDBLUE_API_KEY_ID": running_simulator.key_id,
        "SENDBLUE_API_SECRET_KEY": running_simulator.secret_key,
        "LOG_LEVEL": "CRITICAL",
        "MEDIA_ALLOWED_NETWORKS": "127.0.0.0/8",
        "PYTHONPATH": str(ROOT),
    }
    argv = [sys.executable, str(Path(__file__).with_name("driver.py"))]
    with subprocess.Popen(
        argv, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def office(driver: subprocess.Popen[str], simulator: Simulator, tmp_path: Path) -> Office:
    simulator.reset(lines=[OUR_LINE], contacts=[], messages=[])
    # What becomes of a message is told by the test, and by it alone.
    simulator.control("POST", "options", {"sent_after_s": 3600.0})
    return Office(simulator, tmp_path / "crashed", driver)


def test_every_point_in_the_source_is_exercised() -> None:
    files = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    found = [name for path in files for name in NAMED.findall(path.read_text(encoding="utf-8"))]
    assert set(found) == {
        *POINTS,
        *GROUP_POINTS,
        *CONTACT_POINTS,
        *BULK_CONTACT_POINTS,
        *SWEEP_POINTS,
        *JOB_POINTS,
        *REPLAY_POINTS,
        *DRIFT_POINTS,
        *IMPORT_POINTS,
    }
    assert len(POINTS) >= 25


@pytest.mark.parametrize("point", POINTS)
def test_a_sudden_end_loses_nothing_and_doubles_nothing(point: str, office: Office) -> None:
    scene = POINTS[point]
    agent = make_agent()
    thread = make_thread(make_line(), ANNA)
    handle = a_person_writes(office, delivered=scene.reports, picture=scene.files)
    if scene.files:
        content = io.BytesIO(b"%PDF-1.4 prices")
        office.file = add_draft(thread, uploader=agent, content=content, name="prices.pdf").key
    if scene.poison:
        office.waiting.append(POISON)
    if scene.fault:
        office.simulator.fault(method="POST", path=SEND, mode=scene.fault, times=1)
    crash_at = scene.crash_before or point
    codes: list[int] = []
    while codes[-2:] != [0, 0] or office.waiting or is_something_open():
        assert len(codes) < MOST_LIVES, codes
        codes.append(office.live(scene, thread, crash_at))
        if codes[-1] == KILLED and crash_at != point:
            crash_at, office.crash_file = point, office.crash_file.with_suffix(".2")
        minutes_pass(scene.minutes)
        if scene.reports:
            office.report()
    assert set(codes) == {0, KILLED}
    assert codes.count(KILLED) == 1 + bool(scene.crash_before)
    assert office.crash_file.exists(), f"{point} was never reached"
    the_person_is_heard_once(handle)
    if scene.click:
        the_send_is_honest(office, scene)
    if scene.files:
        the_files_are_safe(office)
    everything_is_counted(scene)


def a_person_writes(office: Office, *, delivered: bool, picture: bool) -> str:
    media_url = f"{office.simulator.url}/media/mug.jpg" if picture else ""
    (handle,) = office.simulator.inbound(
        from_=ANNA, to=OUR_LINE, content="Where is it?", media_url=media_url
    )
    if delivered:
        body = office.simulator.control("POST", "status", {"message_handle": handle})
        office.waiting += [parcel("/hooks/sendblue/receive/", body)] * 2
    return handle


def minutes_pass(minutes: int) -> None:
    """The database's moments move into the past: no test waits for a lease."""
    for model, columns in (
        (Line, ["sender_until"]),
        (Message, ["lease_until", "attempted_at", "resolve_after", "send_after"]),
        (WebhookEvent, ["lease_until", "process_after"]),
        (SyncState, ["lease_until", "next_run_at"]),
        (MediaFile, ["lease_until", "fetch_after"]),
    ):
        table = model._meta.db_table
        shifts = ", ".join(f"{name} = {name} - interval '{minutes} minutes'" for name in columns)
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {shifts}")


def is_something_open() -> bool:
    """Whether a drain may still change something by itself."""
    unread = WebhookEvent.objects.filter(processed_at=None, quarantined_at=None)
    under_way = Q(send_state__in=[SendState.QUEUED, SendState.SENDING])
    looked_for = Q(send_state=SendState.UNKNOWN, resolve_after__isnull=False)
    uncopied = MediaFile.objects.filter(state=MediaFile.State.WAITING)
    if unread.exists() or uncopied.exists():
        return True
    return Message.objects.filter(under_way | looked_for).exists()


def the_person_is_heard_once(handle: str) -> None:
    heard = Message.objects.filter(is_outbound=False)
    assert [message.message_handle for message in heard] == ([handle] if heard else [])
    if not heard:
        assert not WebhookEvent.objects.exists() and not SyncState.objects.exists()


def the_send_is_honest(office: Office, scene: Scene) -> None:
    message = Message.objects.get(is_outbound=True)
    posts = office.simulator.ledger(SEND)
    assert len(posts) <= 1
    arrived = [post["message_handle"] for post in posts if post.get("message_handle")]
    assert bool(arrived) == scene.sent
    if arrived:
        assert (message.send_state, message.message_handle) == (SendState.ACCEPTED, arrived[0])
        assert message.stage == ("delivered" if scene.reports else "accepted")
    else:
        assert (message.send_state, message.stage) == (SendState.UNKNOWN, "unknown")
    assert message.lease_until is None


def the_files_are_safe(office: Office) -> None:
    theirs, ours = MediaFile.objects.order_by("is_outbound")
    assert theirs.state == ours.state == MediaFile.State.SAFE
    assert theirs.content_type == "image/jpeg"
    assert default_storage.size(theirs.stored_as) == theirs.size
    assert office.simulator.ledger(SEND)[0]["body"]["media_url"] == ours.media_url
    assert 1 <= len(office.simulator.ledger("/api/upload-file")) <= 2
    assert not MediaFile.objects.filter(lease_until__gt=now()).exists()


def everything_is_counted(scene: Scene) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT)
        columns = [column.name for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    assert list(about_threads(rows)) == []
    assert Message.objects.filter(TROUBLE).count() == (1 if scene.click and not scene.sent else 0)
    waiting = WebhookEvent.objects.filter(processed_at__isnull=True)
    assert waiting.count() == waiting.filter(quarantined_at__isnull=False).count() == scene.poison
    assert not Line.objects.filter(sender_until__gt=now()).exists()
