"""The addresses of contacts."""

from __future__ import annotations

from django.urls import path

from contacts.views import (
    card,
    consent,
    contacts,
    creating,
    exports,
    history,
    import_columns,
    imports,
    jobs,
)

app_name = "contacts"
urlpatterns = [
    path("", contacts.contacts, name="contacts"),
    path("list/", contacts.contact_list, name="contact_list"),
    path("count/", contacts.contact_count, name="contact_count"),
    path("exports/", exports.exports, name="exports"),
    path("exports/list/", exports.export_list, name="export_list"),
    path("imports/", imports.imports, name="imports"),
    path("imports/list/", imports.import_list, name="import_list"),
    path("imports/files/", imports.files, name="import_files"),
    path("imports/<int:pk>/", imports.one, name="import"),
    path("imports/<int:pk>/columns/", import_columns.columns, name="import_columns"),
    path("imports/<int:pk>/check/", import_columns.check, name="import_check"),
    path("imports/<int:pk>/progress/", imports.import_progress, name="import_progress"),
    path("imports/<int:pk>/rows/", imports.import_rows, name="import_rows"),
    path("imports/<int:pk>/refused.csv", imports.refused_rows, name="import_refused"),
    path("imports/<int:pk>/saving/", imports.saving, name="import_saving"),
    path("imports/<int:pk>/cancellation/", imports.cancellation, name="import_cancellation"),
    path("imports/<int:pk>/undo/", imports.undo, name="import_undo"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/list/", jobs.jobs_list, name="jobs_list"),
    path("jobs/<int:pk>/", jobs.job, name="job"),
    path("jobs/<int:pk>/progress/", jobs.job_progress, name="job_progress"),
    path("jobs/<int:pk>/confirmation/", jobs.confirmation, name="job_confirmation"),
    path("jobs/<int:pk>/cancellation/", jobs.cancellation, name="job_cancellation"),
    path("jobs/<int:pk>/undo/", jobs.undo, name="job_undo"),
    path("new/", creating.new, name="new"),
    path("number/", creating.number, name="number"),
    path("labels/", card.labels, name="labels"),
    path("<int:pk>/", card.contact, name="contact"),
    path("<int:pk>/card/", card.card, name="card"),
    path("<int:pk>/fields/<slug:name>/", card.field, name="field"),
    path("<int:pk>/tags/", card.tags, name="tags"),
    path("<int:pk>/variables/", card.variables, name="variables"),
    path("<int:pk>/conflicts/", card.conflicts, name="conflicts"),
    path("<int:pk>/saving/", card.saving, name="saving"),
    path("<int:pk>/consent/", consent.consent, name="consent"),
    path("<int:pk>/verification/", consent.verification, name="verification"),
    path("<int:pk>/removal/", consent.removal, name="removal"),
    path("<int:pk>/restoration/", consent.restoration, name="restoration"),
    path("<int:pk>/history/", history.history, name="history"),
]
