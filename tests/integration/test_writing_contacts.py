"""Many contacts written by one statement: what is written, what is left alone, what is kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from contacts.actions.indexing import index_for_search
from contacts.actions.labelling import note_labels
from contacts.actions.writing import copy_changes, insert_contacts, insert_rows, update_contacts
from contacts.models import Contact, ContactChange, Label
from contacts.queries import matching
from tests.factories import ANNA, BEN, make_contact

pytestmark = pytest.mark.django_db(transaction=True)
# Everything that a text of JSON, of an array or of COPY could trip over.
hard = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
hard |= st.sampled_from(["\\", '"', "{}", "NULL", "\\N", "\t\r\n", ",", "'", "null", "\ufeff"])


class TestRoundTrip(TestCase):
    """What is written is what is read."""

    @settings(max_examples=40, deadline=None)
    @given(hard, hard, st.lists(hard, max_size=3), st.dictionaries(hard, hard, max_size=3))
    def test_all_texts(
        self, first: str, company: str, tags: list[str], variables: dict[str, str]
    ) -> None:
        values: dict[str, Any] = {"first_name": first, "company_name": company, "tags": tags}
        values |= {"custom_variables": variables, "at_sendblue": variables or None}
        person = Contact(number=ANNA, **values)
        insert_contacts([person])
        other = Contact(number=BEN)
        insert_contacts([other])
        for name, value in values.items():
            setattr(other, name, value)
        with transaction.atomic():
            assert update_contacts([other], list(values)) in {0, 1}
        change = {"contact": person, "field": "tags", "before": tags, "after": variables}
        copy_changes([ContactChange(**change, source="agent")])
        for pk in (person.pk, other.pk):
            found = Contact.objects.get(pk=pk)
            assert {name: getattr(found, name) for name in values} == values
            stored = (found.sort_name, found.search_text, found.search_pieces)
            index_for_search(found)
            assert stored == (found.sort_name, found.search_text, found.search_pieces)
        assert ContactChange.objects.values_list("before", "after").get() == (tags, variables)
        labels = set(Label.objects.values_list("kind", "name"))
        assert labels == {("tag", tag) for tag in tags} | {("variable", name) for name in variables}


def test_a_taken_number_is_left_as_it_is() -> None:
    anna = make_contact(ANNA, first_name="Anna")
    rows = [Contact(number=ANNA, first_name="Annie"), Contact(number=BEN, first_name="Ben")]
    insert_contacts(rows)
    assert rows[0].pk is None
    assert list(matching("ben").values_list("pk", flat=True)) == [rows[1].pk]
    anna.refresh_from_db()
    assert anna.first_name == "Anna"
    assert insert_rows([{"number": "+14155559999", "id": 10**9}]) == {"+14155559999": 10**9}


def test_only_what_differs_is_written() -> None:
    people = [make_contact(number, first_name="A") for number in (ANNA, BEN)]
    rows: dict[str, Any] = dict(Contact.objects.values_list("number", "updated_at"))
    people[0].first_name = "Anna"
    with transaction.atomic():
        assert update_contacts(people, ["first_name", "tags", "custom_variables"]) == 1
    fresh = dict(Contact.objects.values_list("number", "updated_at"))
    assert (fresh[ANNA] > rows[ANNA], fresh[BEN] == rows[BEN]) == (True, True)
    assert matching("anna").get() == people[0]


def test_what_is_noted_already_costs_no_row() -> None:
    note_labels(tags=["vip", "new"], variables=["plan"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM contacts_label_id_seq")
        last = cursor.fetchone()
        note_labels(tags=["new", "vip"], variables=["plan"])
        cursor.execute("SELECT last_value FROM contacts_label_id_seq")
        assert cursor.fetchone() == last
    assert Label.objects.count() == 3
