"""The pages of an import: what they say, what they cost, and that nothing is done twice."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from contacts.actions.import_turns import drain_importing
from contacts.actions.importing import accept_file
from contacts.models import Contact, ContactImport, ImportRow
from sendblue_inbox.roles import Role
from tests.factories import make_agent, make_contact, make_line

from .files import got
from .test_query_counts import queries

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from sendblue_inbox.models import User

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = (
    "Phone,First name,Shoe size\n"
    "+14155550123,Anna,38\n"
    "+14155550124,Ben,44\n"
    "+14155550125,Cleo,40\n"
    "twelve,Dora,36\n"
    "+14155550124,Benjamin,44\n"
)
CHOSEN = {
    "encoding": "utf-8-sig",
    "delimiter": ",",
    "has_header": "yes",
    "country": "US",
    "existing": "overwrite",
    "target-0": "number",
    "target-1": "first_name",
    "target-2": "variable",
    "label-2": "Shoe size",
}


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    """Files of this test alone."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def lead() -> User:
    """Somebody who may import."""
    return make_agent("lead@example.com", name="Lea", role=Role.MANAGER)


@pytest.fixture
def browser(client: Client, lead: User) -> Client:
    """Their browser."""
    client.force_login(lead)
    return client


def taken_in(author: User, text: str = PEOPLE, name: str = "people.csv") -> ContactImport:
    return accept_file(io.BytesIO(text.encode()), name=name, author=author)


def address(run: ContactImport, what: str = "import") -> str:
    return reverse(f"contacts:{what}", args=[run.pk])


def press(browser: Client, run: ContactImport, what: str, data: Any = None) -> str:
    """Post a form of the page; returns the page that comes of it."""
    answer = browser.post(address(run, what), data or {}, follow=True)
    return answer.content.decode()


def state(run: ContactImport) -> str:
    run.refresh_from_db()
    return run.state


def test_a_file_comes_in_without_a_script_and_goes_again(browser: Client, lead: User) -> None:
    make_contact("+14155550123", first_name="Anja")
    file = SimpleUploadedFile("people.csv", PEOPLE.encode())
    page = browser.post(reverse("contacts:import_files"), {"file": file}, follow=True)
    run = ContactImport.objects.get()
    assert "separated by commas: 3 columns" in page.content.decode()

    press(browser, run, "import_check", CHOSEN)
    assert state(run) == "checking"
    drain_importing()
    report = browser.get(address(run)).content.decode()
    assert "Nothing has been written yet." in report
    assert "Save 3 contacts" in report
    assert re.search(r"<del[^>]*>Anja</del>.*?<ins[^>]*>Anna</ins>", report, re.DOTALL)
    refused = browser.get(address(run, "import_rows"), {"verdict": "refused"}).content.decode()
    assert re.search(r"<mark[^>]*>twelve</mark>", refused)
    twice = browser.get(address(run, "import_rows"), {"verdict": "duplicate"}).content.decode()
    assert "line 6" in twice
    assert Contact.objects.count() == 1

    press(browser, run, "import_saving")
    drain_importing()
    done = browser.get(address(run)).content.decode()
    assert "3 contacts saved" in done
    assert Contact.objects.get(number="+14155550124").first_name == "Benjamin"

    Contact.objects.filter(number="+14155550123").update(custom_variables={"Shoe size": "39"})
    press(browser, run, "import_undo")
    drain_importing()
    undone = browser.get(address(run)).content.decode()
    assert "2 contacts it had made, removed again." in undone
    assert "1 field edited since, left as they are." in undone
    assert Contact.objects.get(number="+14155550123").first_name == "Anja"


def test_pressing_twice_and_late_does_nothing_twice(browser: Client, lead: User) -> None:
    run = taken_in(lead)
    for _ in range(2):
        press(browser, run, "import_check", CHOSEN)
    drain_importing()
    press(browser, run, "import_undo")
    assert state(run) == "checked"
    for _ in range(2):
        press(browser, run, "import_saving")
    drain_importing()
    for late in ("import_saving", "import_check", "import_cancellation", "import_columns"):
        press(browser, run, late, CHOSEN)
        assert state(run) == "done"
    assert Contact.objects.count() == 3
    for _ in range(2):
        press(browser, run, "import_undo")
    drain_importing()
    press(browser, run, "import_undo")
    assert state(run) == "undone"
    assert "1 contact it had" not in browser.get(address(run)).content.decode()


WRONG: list[tuple[dict[str, str], str]] = [
    ({"target-0": ""}, "Choose the column that holds the phone number"),
    ({"target-1": "number"}, "Another column goes to “Phone number or address” too."),
    ({"target-1": "variable", "label-1": "Shoe size"}, "the variable “Shoe size” too."),
    ({"label-2": " "}, "Give the variable a name."),
    ({"target-1": "made up"}, "Choose one of the fields."),
    ({"encoding": "utf-16"}, "Not all of the file is UTF-16 text."),
    ({"encoding": "rot13"}, "Choose one of what is offered."),
    ({"delimiter": ";"}, "The file is read anew. Look at its columns."),
]


def test_what_is_wrong_is_said_and_nothing_begins(browser: Client, lead: User) -> None:
    run = taken_in(lead)
    for wrong, sentence in WRONG:
        answer = browser.post(address(run, "import_check"), CHOSEN | wrong)
        assert answer.status_code == 422, wrong
        assert sentence in answer.content.decode(), wrong
        assert state(run) == "uploaded", wrong


def test_what_was_chosen_is_still_there_after_a_reload(browser: Client, lead: User) -> None:
    run = taken_in(lead)
    chosen = CHOSEN | {"target-1": "company_name", "label-2": "Size", "country": "DE"}
    browser.post(address(run, "import_columns"), chosen, headers={"HX-Request": "true"})
    page = browser.get(address(run)).content.decode()
    assert '<option value="company_name" selected>' in page
    assert 'value="Size"' in page
    assert '<option value="DE" selected>' in page


def test_numbers_are_read_as_those_of_our_lines(browser: Client, lead: User) -> None:
    make_line("+4915112345678")
    run = taken_in(lead, "Telefon,Vorname\n0151 23456789,Anna\n")
    page = browser.get(address(run)).content.decode()
    assert '<option value="DE" selected>' in page
    assert "+49 1512 3456789" in page


def test_whatever_was_recognised_is_among_what_can_be_chosen(browser: Client, lead: User) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"):
        file = io.BytesIO(PEOPLE.replace("Anna", "Renée").encode(encoding))
        run = accept_file(file, name="people.csv", author=lead)
        assert run.state == "uploaded", encoding
        page = browser.get(address(run)).content.decode()
        assert f'<option value="{run.encoding}" selected>' in page, encoding
        assert "Renée" in page, encoding


def test_the_way_back_to_the_columns_is_a_look_and_no_change(browser: Client, lead: User) -> None:
    run = taken_in(lead)
    press(browser, run, "import_check", CHOSEN)
    drain_importing()
    assert "Where the columns go" in browser.get(address(run), {"columns": ""}).content.decode()
    assert state(run) == "checked"
    press(browser, run, "import_check", CHOSEN | {"existing": "skip"})
    assert state(run) == "checking"


def test_a_thousand_columns_can_be_chosen(browser: Client, lead: User) -> None:
    names = ",".join(f"Field {at}" for at in range(999))
    run = taken_in(lead, f"Phone,{names}\n+14155550123{',x' * 999}\n")
    chosen = {f"target-{at}": "variable" for at in range(1, 1000)}
    labels = {f"label-{at}": f"Variable {at}" for at in range(1, 1000)}
    data = CHOSEN | chosen | labels | {"target-0": "number"}
    press(browser, run, "import_check", data)
    assert state(run) == "checking"
    assert run.columns[999]["label"] == "Variable 999"


def test_a_file_that_is_no_list_is_refused_with_what_to_do(browser: Client) -> None:
    file = SimpleUploadedFile("people.xlsx", b"PK\x03\x04" + b"x" * 500)
    page = browser.post(reverse("contacts:import_files"), {"file": file}, follow=True)
    assert "save it as “CSV UTF-8”" in page.content.decode()
    nothing = browser.post(reverse("contacts:import_files"))
    assert nothing.status_code == 422
    assert "Choose a file first." in nothing.content.decode()


def test_refused_rows_come_back_as_a_file_that_can_be_put_right(
    browser: Client, lead: User
) -> None:
    run = taken_in(lead)
    press(browser, run, "import_check", CHOSEN)
    drain_importing()
    whole = got(lead, address(run, "import_refused")).whole
    text = whole.decode("utf-8-sig")
    assert text.splitlines()[0] == '"Phone","First name","Shoe size","reason"'
    assert '"twelve","Dora","36","Line 5: ' in text

    again = taken_in(lead, text.replace("twelve", "+14155550126"), "refused.csv")
    assert [column["target"] for column in again.columns] == [
        "number",
        "first_name",
        "variable",
        "",
    ]


def test_who_may_only_work_here_watches(browser: Client, client: Client, lead: User) -> None:
    run = taken_in(lead)
    press(browser, run, "import_check", CHOSEN)
    drain_importing()
    client.force_login(make_agent(role=Role.AGENT))
    for page in (reverse("contacts:imports"), address(run), f"{address(run)}?columns"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert "people.csv" in answer.content.decode()
        assert 'action="/contacts/imports' not in answer.content.decode()
    for what in ("import_check", "import_saving", "import_cancellation", "import_undo"):
        assert client.post(address(run, what)).status_code == 403
    assert client.post(reverse("contacts:import_files")).status_code == 403
    assert state(run) == "checked"


def test_pages_cost_the_same_however_long_the_file_is(browser: Client, lead: User) -> None:
    costs = {}
    for size in (5, 400):
        rows = "".join(f"+1415555{at:04d},Anna,38\nno {at},Ben,44\n" for at in range(size))
        run = taken_in(lead, f"Phone,First name,Shoe size\n{rows}")
        columns = queries(browser, address(run))
        press(browser, run, "import_check", CHOSEN)
        drain_importing()
        report = queries(browser, address(run))
        rows_of = queries(browser, f"{address(run, 'import_rows')}?verdict=refused")
        press(browser, run, "import_saving")
        drain_importing()
        done = queries(browser, address(run))
        costs[size] = (columns, report, rows_of, done, queries(browser, "/contacts/imports/"))
    assert costs[5] == costs[400]
    assert max(costs[5]) <= 9, costs


def test_rows_are_paged_by_their_place(browser: Client, lead: User) -> None:
    rows = "".join(f"no {at},Ben,44\n" for at in range(120))
    run = taken_in(lead, f"Phone,First name,Shoe size\n{rows}+14155550123,Anna,38\n")
    press(browser, run, "import_check", CHOSEN)
    drain_importing()
    found: list[str] = []
    after = "0"
    while after:
        query = {"verdict": "refused", "after": after}
        page = browser.get(address(run, "import_rows"), query).content.decode()
        found += re.findall(r"<mark[^>]*>no (\d+)</mark>", page)
        further = re.search(r'id="import-next"[^>]*after=(\d+)', page)
        after = further[1] if further else ""
    assert found == [str(at) for at in range(120)]


def test_a_news_question_of_an_unchanged_page_has_no_answer(browser: Client, lead: User) -> None:
    run = taken_in(lead)
    news = address(run, "import_progress")
    assert browser.get(news, {"stage": "columns"}).status_code == 204
    press(browser, run, "import_check", CHOSEN)
    assert "import-progress-" in browser.get(news, {"stage": "checking"}).content.decode()
    drain_importing()
    assert "Save 3 contacts" in browser.get(news, {"stage": "checking"}).content.decode()
    assert browser.get(news, {"stage": "report"}).status_code == 204
    ImportRow.objects.filter(run=run).delete()  # as after ninety days
    assert browser.get(address(run)).status_code == 200
