"""A list of people from a file: taken in, its columns confirmed, and moved on from state to state.

What a person asks for is written down here; the work is done in turns by contacts/actions/
import_turns.py. Nothing in here reads more of a file than its first rows.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction

from contacts.csv import Column, Dialect, Unusable, detect, guess_columns, records
from contacts.csv.detecting import DELIMITERS, ENCODINGS
from contacts.csv.mapping import FIELD_WORDS, FIELDS, plain
from contacts.csv.reading import header
from contacts.lines import our_country
from contacts.models import ContactImport
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring

from . import running

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sendblue_inbox.models import User

MOST_BYTES = 250_000_000
PREVIEW_ROWS = 20
# Cells by which columns are guessed where their names say nothing.
GUESSED_BY = 100
LONGEST_LABEL = 200
_CHUNK = 1_000_000
_REMEMBERED = 20  # imports

State = ContactImport.State
Existing = ContactImport.Existing


class NotNow(Exception):
    """What was asked of an import cannot be done; the text is a sentence for the person."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How a file reads as things are set: the names of its columns, its first rows, where they go.

    `header` is as wide as the widest row; a column without a name has "".
    """

    header: list[str]
    rows: list[list[str]]
    columns: list[Column]


def accept_file(content: IO[bytes], *, name: str, author: User) -> ContactImport:
    """Take an uploaded file in and propose how it is to be read.

    The file is read in pieces, never as a whole. Whatever it is, there is an import afterwards:
    in state REFUSED where it cannot be read, with the sentence for people in `error`; otherwise
    UPLOADED, with encoding, delimiter, header, columns and country to be confirmed.
    """
    source = getattr(content, "file", content)
    run = ContactImport(author=author, name=_shown(name), size=_size(source), state=State.REFUSED)
    latest = ContactImport.objects.exclude(columns=[]).order_by("-pk").first()
    run.country = latest.country if latest else our_country()
    try:
        if run.size > MOST_BYTES:
            raise Unusable(
                f"The file has {run.size // 1_000_000:,} MB; at most {MOST_BYTES // 1_000_000} MB "
                "can be imported at once. Split it into several files."
            )
        _propose(run, source)
    except Unusable as refusal:
        run.error, run.finished_at = str(refusal)[:300], now()
        run.save()
    else:
        # The row names the file before it exists, so no file is ever without a row.
        run.stored_as, run.error = f"imports/{uuid.uuid4().hex}", "The upload was cut off."
        run.save()
        run.sha256 = _digest(source)
        source.seek(0)
        default_storage.save(run.stored_as, File(source))
        run.state, run.error = State.UPLOADED, ""
        run.save(update_fields=["sha256", "state", "error"])
    with transaction.atomic():
        live.notify("imports", f"import-{run.pk}")
    return run


def preview(run: ContactImport) -> Preview:
    """The first rows of the file as it is set to be read. Raises NotNow where that fails."""
    try:
        with opened(run) as file:
            dialect = dialect_of(run)
            names = header(file, dialect) if dialect.has_header else []
            rows = [record.cells for record in _first(file, dialect, PREVIEW_ROWS)]
    except Unusable as refusal:
        raise NotNow(str(refusal)) from refusal
    width = max([len(names), len(run.columns), *map(len, rows)], default=0)
    columns = columns_of(run)
    shown = [
        Column(
            at,
            column.name,
            column.target,
            column.label,
            tuple(filter(None, (row[at].strip() for row in rows if at < len(row))))[:3],
        )
        for at, column in enumerate(columns)
    ]
    return Preview(names + [""] * (width - len(names)), rows, shown)


def remap(
    run: ContactImport,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    columns: Sequence[tuple[str, str]] | None = None,
    country: str | None = None,
    existing: str | None = None,
) -> ContactImport:
    """Correct how a file is read; None leaves as it is. What was checked must be checked again.

    `columns` are (target, label), one for each column of the file in its order: see Column.
    Without them, another dialect has them guessed anew. Raises NotNow.
    """
    with transaction.atomic():
        run = _locked(run, State.UPLOADED, State.CHECKED)
        read_before = dialect_of(run)
        run.encoding = encoding or run.encoding
        run.delimiter = delimiter or run.delimiter
        run.has_header = run.has_header if has_header is None else has_header
        if run.encoding not in ENCODINGS or run.delimiter not in DELIMITERS:
            raise NotNow("Choose one of the offered encodings and delimiters.")
        run.country = country or run.country
        run.existing = existing or run.existing
        if run.existing not in Existing.values:
            raise NotNow("Choose what becomes of people who are contacts already.")
        try:
            if dialect_of(run) != read_before:
                with opened(run) as file:
                    run.columns = _guessed(file, dialect_of(run), run.country)
        except Unusable as refusal:
            raise NotNow(str(refusal)) from refusal
        if columns is not None:
            run.columns = _chosen(run.columns, columns)
        run.state, run.checked_at, run.counts = State.UPLOADED, None, {}
        run.save()
        live.notify("imports", f"import-{run.pk}")
    return run


def start_check(run: ContactImport) -> ContactImport:
    """Have every row judged, with nothing written to the contacts. Raises NotNow."""
    with transaction.atomic():
        run = _locked(run, State.UPLOADED, State.CHECKED)
        if "number" not in {column["target"] for column in run.columns}:
            raise NotNow("Choose the column that holds the phone numbers.")
        if not run.stored_as:
            raise NotNow("The file has been removed. Upload it again.")
        return _moved(run, State.CHECKING, position=0, total=None, checked_at=None, counts={})


def start_save(run: ContactImport) -> ContactImport:
    """Have the checked rows saved. Raises NotNow."""
    with transaction.atomic():
        run = _locked(run, State.CHECKED)
        return _moved(run, State.SAVING, position=0)


def start_undo(run: ContactImport) -> ContactImport:
    """Have what an import saved taken back: all of it, or as far as it came. Raises NotNow.

    People it made are removed; fields it changed get their former values where they still are
    what the import wrote. Edits made since stay, and so does every opt-out.
    """
    with transaction.atomic():
        run = _locked(run, State.DONE, State.CANCELLED)
        if not run.can_be_undone:
            raise NotNow("There is nothing that could be undone.")
        return _moved(run, State.UNDOING)


def ask_to_cancel(run: ContactImport) -> ContactImport:
    """Stop after the batch at hand; what has been saved stays, and can be undone. Raises NotNow."""
    with transaction.atomic():
        run = _locked(run, State.UPLOADED, State.CHECKING, State.CHECKED, State.SAVING)
        if run.state in {State.CHECKING, State.SAVING}:
            running.cancel(run)
            run.is_cancelled = True
            ring("importing")
        else:
            run.state, run.position, run.finished_at = State.CANCELLED, 0, now()
            run.save(update_fields=["state", "position", "finished_at"])
        live.notify("imports", f"import-{run.pk}")
    return run


def remove_file(run: ContactImport) -> None:
    """Delete the file of an import that does not need it any more; its rows stay. Raises NotNow."""
    with transaction.atomic():
        run = _locked(run, *(set(State) - {State.CHECKING}))
        name, run.stored_as = run.stored_as, ""
        if run.state == State.UPLOADED:
            run.state, run.position, run.finished_at = State.CANCELLED, 0, now()
        run.save(update_fields=["state", "position", "finished_at", "stored_as"])
        live.notify("imports", f"import-{run.pk}")
    if name:
        default_storage.delete(name)


def opened(run: ContactImport) -> File[bytes]:
    """The file of the import, to be closed. Raises Unusable where it is gone."""
    try:
        return default_storage.open(run.stored_as or "imports/none", "rb")
    except OSError as error:
        raise Unusable("The file has been removed. Upload it again.") from error


def dialect_of(run: ContactImport) -> Dialect:
    """How the file of the import is to be read."""
    return Dialect(run.encoding, run.delimiter, run.has_header)


def columns_of(run: ContactImport) -> list[Column]:
    """Where the cells of each column go."""
    return [Column(at, **column) for at, column in enumerate(run.columns)]


def _propose(run: ContactImport, file: IO[bytes]) -> None:
    dialect = detect(file)
    run.encoding, run.delimiter = dialect.encoding, dialect.delimiter
    run.has_header = dialect.has_header
    run.columns = _guessed(file, dialect, run.country)


def _guessed(file: IO[bytes], dialect: Dialect, country: str) -> list[dict[str, str]]:
    names = header(file, dialect) if dialect.has_header else []
    rows = [record.cells for record in _first(file, dialect, GUESSED_BY)]
    found = guess_columns(names, rows, country=country, remembered=_remembered())
    if not rows:
        raise Unusable("There is nobody in the file: it has only a header.")
    return _once(_kept(column.name, column.target, column.label) for column in found)


def _first(file: IO[bytes], dialect: Dialect, most: int) -> Iterator[Any]:
    for record, _ in zip(records(file, dialect), range(most), strict=False):
        yield record


def _remembered() -> dict[str, tuple[str, str]]:
    """What was chosen for columns of the same names, the newest choice of all."""
    imports = ContactImport.objects.exclude(checked_at=None).order_by("-pk")
    chosen: dict[str, tuple[str, str]] = {}
    for columns in reversed(imports.values_list("columns", flat=True)[:_REMEMBERED]):
        for column in columns:
            key, choice = plain(column["name"]), (column["target"], column["label"])
            if choice == ("variable", column["name"]) and key not in FIELD_WORDS:
                chosen.pop(key, None)  # which is guessed anyway, in its own spelling
            elif key:
                chosen[key] = choice
    return chosen


def _chosen(
    columns: Sequence[Mapping[str, str]], targets: Sequence[tuple[str, str]]
) -> list[dict[str, str]]:
    if len(columns) != len(targets):
        raise NotNow("The file has other columns now. Look at them again.")
    taken: set[tuple[str, str]] = set()
    kept = []
    for column, (target, label) in zip(columns, targets, strict=True):
        label = label.replace("\x00", "").strip() if target == "variable" else ""
        if target not in {*FIELDS, "tag", "variable", ""}:
            raise NotNow("Choose one of the offered fields for each column.")
        if target == "variable" and not 0 < len(label) <= LONGEST_LABEL:
            raise NotNow("Give each custom variable a name of at most 200 characters.")
        if target in {*FIELDS, "variable"} and (target, label) in taken:
            raise NotNow(f"Two columns go to the same field ({label or target}). Choose one.")
        taken.add((target, label))
        kept.append(_kept(column["name"], target, label))
    return kept


def _once(columns: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """The same columns; of two variables of one name the second is left out."""
    labels: set[str] = set()
    kept = []
    for column in columns:
        if column["target"] == "variable" and column["label"] in labels:
            column |= {"target": "", "label": ""}
        labels.add(column["label"])
        kept.append(column)
    return kept


def _kept(name: str, target: str, label: str) -> dict[str, str]:
    label = label.replace("\x00", "").strip()[:LONGEST_LABEL]
    return {"name": name.replace("\x00", "").strip(), "target": target, "label": label}


def _locked(run: ContactImport, *states: str) -> ContactImport:
    found = ContactImport.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if found.state not in states:
        raise NotNow(f"This import is at another point now: {found.get_state_display().lower()}.")
    return found


def _moved(run: ContactImport, state: str, **columns: object) -> ContactImport:
    fresh = {"is_cancelled": False, "error": "", "attempts": 0, "finished_at": None}
    for name, value in ({"state": state} | fresh | columns).items():
        setattr(run, name, value)
    run.save(update_fields=["state", *fresh, *columns])
    live.notify("imports", f"import-{run.pk}")
    ring("importing")
    return run


def _shown(name: str) -> str:
    return name.replace("\x00", "").replace("\\", "/").rpartition("/")[2][:255] or "list.csv"


def _size(file: IO[bytes]) -> int:
    return file.seek(0, 2)


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
