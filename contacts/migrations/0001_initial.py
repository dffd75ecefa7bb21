
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=254, unique=True)),
                ('first_name', models.CharField(blank=True, max_length=200)),
                ('last_name', models.CharField(blank=True, max_length=200)),
                ('company_name', models.CharField(blank=True, max_length=200)),
                ('assigned_to_email', models.CharField(blank=True, max_length=254)),
                ('sendblue_number', models.CharField(blank=True, max_length=32)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), blank=True, default=list, size=None)),
                ('custom_variables', models.JSONField(blank=True, default=dict)),
                ('verified', models.BooleanField(null=True)),
                ('opted_out', models.BooleanField(default=False)),
                ('opted_out_as_of', models.DateTimeField(blank=True, null=True)),
                ('search_text', models.TextField(blank=True, editable=False)),
                ('search_pieces', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, editable=False, size=None)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['search_pieces'], name='contact_search_pieces')],
            },
        ),
    ]
