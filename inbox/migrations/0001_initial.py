
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=32, unique=True)),
                ('name', models.CharField(blank=True, max_length=80)),
                ('status', models.CharField(choices=[('ONLINE', 'Online'), ('DEGRADED', 'Degraded'), ('OFFLINE', 'Offline'), ('UNKNOWN', 'Unknown')], default='UNKNOWN', max_length=16)),
                ('status_changed_at', models.DateTimeField(blank=True, null=True)),
                ('assignment', models.CharField(blank=True, max_length=16)),
                ('is_ours', models.BooleanField(default=True)),
                ('blocked_at', models.DateTimeField(blank=True, null=True)),
                ('seconds_per_message', models.FloatField(default=1.0)),
                ('burst', models.PositiveIntegerField(default=10)),
                ('new_contacts_per_hour', models.PositiveIntegerField(default=15)),
                ('new_contacts_per_day', models.PositiveIntegerField(default=50)),
                ('messages_before_reply', models.PositiveIntegerField(default=5)),
                ('queue_limit', models.PositiveIntegerField(default=1500)),
                ('busy_until', models.DateTimeField(blank=True, null=True)),
                ('sender', models.UUIDField(blank=True, null=True)),
                ('sender_until', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Participant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
        ),
        migrations.CreateModel(
            name='Reader',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_revision', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='SyncState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('lines', 'Lines'), ('contacts', 'Contacts'), ('messages', 'Messages'), ('history', 'History'), ('webhooks', 'Webhooks')], max_length=16, unique=True)),
                ('next_run_at', models.DateTimeField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('watermark', models.DateTimeField(blank=True, null=True)),
                ('backfilled_to', models.DateTimeField(blank=True, null=True)),
                ('rows_seen', models.PositiveBigIntegerField(default=0)),
                ('rows_skipped', models.PositiveBigIntegerField(default=0)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='Thread',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group_id', models.CharField(blank=True, max_length=200)),
                ('group_display_name', models.CharField(blank=True, max_length=200)),
                ('service', models.CharField(blank=True, max_length=16)),
                ('is_closed', models.BooleanField(default=False)),
                ('revision', models.BigIntegerField(default=0)),
                ('reset_revision', models.BigIntegerField(default=0)),
                ('last_message_at', models.DateTimeField()),
                ('last_content', models.CharField(blank=True, max_length=160)),
                ('last_is_outbound', models.BooleanField(default=False)),
                ('last_inbound_at', models.DateTimeField(blank=True, null=True)),
                ('last_inbound_revision', models.BigIntegerField(default=0)),
                ('trouble_count', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sending_paused_at', models.DateTimeField(blank=True, null=True)),
                ('sending_paused_reason', models.CharField(blank=True, max_length=300)),
                ('keys_checked_at', models.DateTimeField(blank=True, null=True)),
                ('keys_refused', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_account')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_handle', models.CharField(blank=True, max_length=200)),
                ('is_outbound', models.BooleanField()),
                ('message_type', models.CharField(blank=True, max_length=32)),
                ('number', models.CharField(blank=True, max_length=254)),
                ('content', models.TextField(blank=True)),
                ('media_url', models.TextField(blank=True)),
                ('send_style', models.CharField(blank=True, max_length=32)),
                ('service', models.CharField(blank=True, max_length=16)),
                ('status', models.CharField(blank=True, max_length=32)),
                ('was_downgraded', models.BooleanField(null=True)),
                ('error_code', models.CharField(blank=True, max_length=64)),
                ('error_message', models.TextField(blank=True)),
                ('location', models.JSONField(blank=True, null=True)),
                ('app_card', models.JSONField(blank=True, null=True)),
                ('reply_to_handle', models.CharField(blank=True, max_length=200)),
                ('seat_id', models.CharField(blank=True, max_length=128)),
                ('sender_email', models.CharField(blank=True, max_length=254)),
                ('date_sent', models.DateTimeField()),
                ('date_updated', models.DateTimeField(blank=True, null=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('first_revision', models.BigIntegerField()),
                ('revision', models.BigIntegerField()),
                ('is_news', models.BooleanField(default=False)),
                ('arrived_late', models.BooleanField(default=False)),
                ('client_ref', models.UUIDField(blank=True, null=True, unique=True)),
                ('callback_token', models.CharField(blank=True, max_length=64, null=True, unique=True)),
                ('send_state', models.CharField(blank=True, choices=[('queued', 'waits for its turn'), ('sending', 'handed over right now'), ('accepted', 'Sendblue has it'), ('rejected', 'refused, surely not sent'), ('unknown', 'the answer was lost: sent or not, nobody knows yet'), ('marked', 'a person looked at the phone and says it was sent')], max_length=16)),
                ('send_after', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('attempted_at', models.DateTimeField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('resolve_after', models.DateTimeField(blank=True, null=True)),
                ('trouble_settled_at', models.DateTimeField(blank=True, null=True)),
                ('opens_contact', models.BooleanField(default=False)),
                ('again_of', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='attempts_again', to='inbox.message')),
            ],
        ),
    ]
