from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sendblue_inbox", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="shows_typing",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
