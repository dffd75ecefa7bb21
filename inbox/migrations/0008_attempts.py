from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0007_pacing")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("again_of__isnull", False)),
                fields=["again_of"],
                name="message_attempts",
            ),
        ),
    ]
