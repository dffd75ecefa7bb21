from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0004_evidence")]

    operations = [
        migrations.AddField(
            model_name="gesture",
            name="lease_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="gesture",
            name="kind",
            field=models.CharField(
                choices=[("typing", "Typing"), ("read", "Read"), ("place", "Place")], max_length=16
            ),
        ),
        migrations.AddIndex(
            model_name="gesture",
            index=models.Index(
                condition=models.Q(("lease_until__isnull", False)),
                fields=["lease_until"],
                name="gesture_under_way",
            ),
        ),
    ]
