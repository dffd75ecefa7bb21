"""One import of a file of people in a process of its own: `… HOW FILE ROWS`, told as JSON.

HOW is `ours`, `peer` (a ModelResource of django-import-export), `bulk` (the same with its bulk
mode) or `copy` (the file, as it is, into a bare table). The database is empty before.
"""

from __future__ import annotations

import csv
import itertools
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()

import tablib  # noqa: E402
from django.db import connection  # noqa: E402
from import_export.resources import ModelResource  # noqa: E402

from contacts.actions.import_turns import drain_importing  # noqa: E402
from contacts.actions.importing import accept_file, start_check, start_save  # noqa: E402
from contacts.actions.indexing import index_for_search  # noqa: E402
from contacts.models import Contact, ContactImport  # noqa: E402
from sendblue_inbox.models import User  # noqa: E402

TABLES = "contacts_importrow, contacts_contactimport, contacts_contact, contacts_label"


class People(ModelResource):
    """Contacts for django-import-export, found by search afterwards as ours are."""

    class Meta:
        model = Contact
        import_id_fields = ("number",)
        fields = ("number", "first_name", "last_name", "company_name", "tags")

    def before_save_instance(self, instance: Contact, row: Any, **kwargs: Any) -> None:
        """What every saving of a contact does."""
        index_for_search(instance)


class PeopleInBulk(People):
    """The same, by its bulk mode and with what its manual advises for speed."""

    class Meta(People.Meta):
        use_bulk = True
        skip_diff = True
        skip_html_diff = True


def ours(path: Path) -> dict[str, float]:
    """The file as an agent imports it, by the drain that a worker runs."""
    with path.open("rb") as file:
        run = accept_file(file, name=path.name, author=User.objects.earliest("pk"))
    seconds = {"check": through(start_check(run)), "save": through(start_save(run))}
    run.refresh_from_db()
    assert run.state == ContactImport.State.DONE, run.state
    return seconds


def through(run: ContactImport) -> float:
    """The seconds until the run is in another state."""
    started, state = time.perf_counter(), run.state
    while run.state == state:
        drain_importing()
        run.refresh_from_db()
    return time.perf_counter() - started


def theirs(path: Path, kind: type[ModelResource]) -> dict[str, float]:
    """The file by django-import-export."""
    started = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as file:
        dataset = tablib.Dataset().load(file, format="csv")
    done = kind().import_data(dataset, raise_errors=True)
    assert not done.has_validation_errors()
    return {"save": time.perf_counter() - started}


def copied(path: Path) -> dict[str, float]:
    """The file, copied: what it costs to bring the bytes into the database at all."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bare (a text, b text, c text, d text, e text)")
        started = time.perf_counter()
        with cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy, path.open("rb") as f:
            while chunk := f.read(1_000_000):
                copy.write(chunk)
    return {"save": time.perf_counter() - started}


def write_people(path: Path, rows: int) -> None:
    """A file of so many people, always the same."""
    firsts = itertools.cycle(
        ["Anna", "Ben", "Clara", "David", "Emma", "Finn", "Greta", "Hugo", "Ida", "Jonas", "Zoë"]
    )
    lasts = itertools.cycle(["Berg", "Alder", "Smith", "Garcia", "Nguyen", "Müller", "Rossi"])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(People.Meta.fields)
        for at in range(rows):
            last = next(lasts)
            writer.writerow([f"+1415{at:07d}", next(firsts), last, f"{last} {at % 997} Ltd", "vip"])


def main() -> None:
    """Measure what the command line names."""
    how, path, rows = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if not path.exists():
        write_people(path, rows)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES} CASCADE")
    if how == "ours":
        seconds = ours(path)
    elif how == "copy":
        seconds = copied(path)
    else:
        seconds = theirs(path, PeopleInBulk if how == "bulk" else People)
    if how != "copy":
        assert Contact.objects.exclude(search_pieces=[]).count() == rows
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak}))


if __name__ == "__main__":
    main()
