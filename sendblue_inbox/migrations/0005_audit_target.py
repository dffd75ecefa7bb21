from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sendblue_inbox', '0004_roles'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('target', ''), _negated=True), fields=['target', '-number'], name='audit_target'),
        ),
    ]
