
import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='SubscriptionCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('checked_at', models.DateTimeField()),
                ('missing', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), blank=True, default=list, size=None)),
                ('refused', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), blank=True, default=list, size=None)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_subscription_check')],
            },
        ),
        migrations.CreateModel(
            name='WebhookEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=32)),
                ('token', models.CharField(blank=True, max_length=64)),
                ('body', models.BinaryField()),
                ('body_sha256', models.BinaryField(max_length=32)),
                ('headers', models.JSONField(default=dict)),
                ('times_received', models.PositiveIntegerField(default=1)),
                ('received_at', models.DateTimeField()),
                ('last_received_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('process_after', models.DateTimeField()),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('processed_at', models.DateTimeField(blank=True, null=True)),
                ('quarantined_at', models.DateTimeField(blank=True, null=True)),
                ('error', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('processed_at__isnull', True), ('quarantined_at__isnull', True)), fields=['process_after'], name='event_due'), models.Index(fields=['-received_at', '-id'], name='event_newest')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'token', 'body_sha256'), name='event_once')],
            },
        ),
    ]
