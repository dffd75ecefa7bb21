"""Databases with many conversations, made by the server itself: a million messages in a minute.

Lengths of threads are skewed, times of threads interleave on disk as they do in life, one message
in twenty has a picture, and every fifth recent conversation has not been read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from .services import Services

LINES = 20
LONG, SHORT = 20_000, 50


@dataclass(frozen=True)
class Size:
    """How much stands in a database; `name` is the database's."""

    name: str
    threads: int
    messages: int


SMALL = Size("bench_small", 1_000, 10_000)
LARGE = Size("bench_large", 100_000, 1_000_000)

STATEMENTS = (
    """
    INSERT INTO inbox_line (number, name, status, assignment, is_ours, seconds_per_message, burst,
        new_contacts_per_hour, new_contacts_per_day, messages_before_reply, queue_limit, created_at)
    SELECT '+1415555' || lpad(n::text, 4, '0'), 'Line ' || n, 'ONLINE', '', true, 1, 10, 15, 50, 5,
           1500, now()
      FROM generate_series(1, {lines}) AS n
    """,
    """
    INSERT INTO contacts_contact (number, first_name, last_name, company_name, assigned_to_email,
        sendblue_number, tags, custom_variables, opted_out, search_text, search_pieces, created_at,
        updated_at)
    SELECT '+1650' || lpad(n::text, 7, '0'), first, last, '', '', '', '{{}}', '{{}}', false, '',
           '{{}}', now(), now()
      FROM generate_series(1, {threads}) AS n,
           LATERAL (SELECT (ARRAY['Anna','Ben','Chloé','Dai','Emre','Fatima','Göran'])[1 + n % 7],
                           (ARRAY['Ames','Brown','Cruz','Díaz','Evans'])[1 + n % 5] || ' ' || n
                   ) AS person (first, last)
    """,
    # Thread n is the n-th newest. Lengths fall off exponentially; two have a length of their own.
    """
    CREATE UNLOGGED TABLE lengths AS
    SELECT n, CASE n
                WHEN 3 THEN {long}
                WHEN 4 THEN {short}
                ELSE greatest(1, ceil(-ln((1 + n * 7919 % 100003) / 100004.0) * {mean}))::int
              END AS length,
           now() - n * interval '1 minute' AS ends_at
      FROM generate_series(1, {threads}) AS n
    """,
    """
    INSERT INTO inbox_thread (id, line_id, contact_id, group_id, group_display_name, service,
        is_closed, revision, reset_revision, last_message_at, last_content, last_is_outbound,
        last_inbound_at, last_inbound_revision, trouble_count, created_at)
    SELECT n, 1 + n % {lines}, contact.id, '', '', (ARRAY['iMessage','SMS','RCS'])[1 + n % 3],
           n % 10 = 9, length, 0, ends_at, 'Thank you, that was quick! 🎉', false, ends_at, length,
           0, now()
      FROM lengths JOIN contacts_contact contact ON number = '+1650' || lpad(n::text, 7, '0')
    """,
    """
    INSERT INTO inbox_participant (thread_id, contact_id)
    SELECT id, contact_id FROM inbox_thread
    """,
    """
    INSERT INTO inbox_message (thread_id, line_id, message_handle, is_outbound, message_type,
        number, content, media_url, send_style, service, status, error_code, error_message,
        reply_to_handle, seat_id, sender_email, date_sent, created_at, first_revision, revision,
        is_news, arrived_late, send_state, attempts, opens_contact)
    SELECT n, 1 + n % {lines}, 'seed-' || n || '-' || k, k % 2 <> length % 2, 'message',
           '+1650' || lpad(n::text, 7, '0'),
           (ARRAY['Hi!','Where is my order?','Let me have a look for you 🙂','Thank you 🎉',
                  'The blue one, in size M, and if possible before Friday because it is a present.',
                  'https://example.com/orders/' || n])[1 + (n + k) % 6],
           CASE WHEN (n + k) % 20 = 0 THEN 'https://example.com/picture.jpg' ELSE '' END,
           '', (ARRAY['iMessage','SMS','RCS'])[1 + n % 3],
           CASE WHEN k % 2 <> length % 2 THEN 'DELIVERED' ELSE 'RECEIVED' END, '', '', '', '', '',
           sent_at, sent_at, k, k, k % 2 = length % 2, false, '', 0, false
      FROM lengths, generate_series(1, length) AS k,
           LATERAL (SELECT ends_at - (length - k) * interval '7 minutes') AS times (sent_at)
     ORDER BY sent_at
    """,
    """
    INSERT INTO inbox_reader (thread_id, user_id, read_revision)
    SELECT thread.id, agent.id, thread.revision
      FROM inbox_thread thread, sendblue_inbox_user agent WHERE thread.id % 5 <> 0
    """,
    "DROP TABLE lengths",
    "SELECT setval('inbox_thread_id_seq', {threads})",
    "VACUUM ANALYZE",
    "CHECKPOINT",
)


def ensure(services: Services, size: Size) -> str:
    """The address of the database of that size, filled at the first call."""
    draft = f"{size.name}_draft"
    if not services.has_database(size.name):
        services.fresh_database(draft)
        with services.connect(draft) as connection:
            for statement in STATEMENTS:
                mean = (size.messages - LONG - SHORT) / size.threads if size is LARGE else 10
                connection.execute(
                    sql.SQL(statement).format(
                        lines=LINES, threads=size.threads, long=LONG, short=SHORT, mean=mean
                    )
                )
        with services.connect("postgres") as connection:
            connection.execute(f'ALTER DATABASE "{draft}" RENAME TO "{size.name}"')
    services.prepare(size.name)  # a release since may have brought migrations
    with services.connect(size.name) as connection:
        connection.execute("ANALYZE")
    return services.database(size.name)
