"""The views that ours are compared with; the same web server runs them with `floor_settings`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.http import HttpResponse
from django.urls import path

if TYPE_CHECKING:
    from django.http import HttpRequest

TABLE = "CREATE TABLE IF NOT EXISTS bench_floor (id bigserial PRIMARY KEY, body bytea NOT NULL)"


def bare(request: HttpRequest) -> HttpResponse:
    """What Django and the server cost alone."""
    return HttpResponse(b"Kept.")


def insert(request: HttpRequest) -> HttpResponse:
    """One row with the body, committed."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_floor (body) VALUES (%s)", [request.body])
    return HttpResponse(b"Kept.")


urlpatterns = [path("up", bare), path("bare/", bare), path("insert/", insert)]
