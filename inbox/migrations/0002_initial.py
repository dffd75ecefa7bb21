
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('contacts', '0001_initial'),
        ('inbox', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='author',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='message',
            name='line',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inbox.line'),
        ),
        migrations.AddField(
            model_name='participant',
            name='contact',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='contacts.contact'),
        ),
        migrations.AddField(
            model_name='reader',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='thread',
            name='assignee',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='thread',
            name='contact',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.contact'),
        ),
        migrations.AddField(
            model_name='thread',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='threads', to='inbox.line'),
        ),
        migrations.AddField(
            model_name='thread',
            name='participants',
            field=models.ManyToManyField(related_name='+', through='inbox.Participant', to='contacts.contact'),
        ),
        migrations.AddField(
            model_name='reader',
            name='thread',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readers', to='inbox.thread'),
        ),
        migrations.AddField(
            model_name='participant',
            name='thread',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='inbox.thread'),
        ),
        migrations.AddField(
            model_name='message',
            name='thread',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='inbox.thread'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(models.OrderBy(models.F('last_message_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='thread_newest'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(models.F('is_closed'), models.OrderBy(models.F('last_message_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='thread_open_newest'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(models.F('line'), models.OrderBy(models.F('last_message_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='thread_line_newest'),
        ),
        migrations.AddIndex(
            model_name='thread',
            index=models.Index(models.F('assignee'), models.OrderBy(models.F('last_message_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='thread_mine_newest'),
        ),
        migrations.AddConstraint(
            model_name='thread',
            constraint=models.UniqueConstraint(condition=models.Q(('group_id', '')), fields=('line', 'contact'), name='thread_of_contact'),
        ),
        migrations.AddConstraint(
            model_name='thread',
            constraint=models.UniqueConstraint(condition=models.Q(('group_id', ''), _negated=True), fields=('group_id',), name='thread_of_group'),
        ),
        migrations.AddConstraint(
            model_name='thread',
            constraint=models.CheckConstraint(condition=models.Q(('contact__isnull', False), models.Q(('group_id', ''), _negated=True), _connector='OR'), name='thread_is_of_someone'),
        ),
        migrations.AddConstraint(
            model_name='reader',
            constraint=models.UniqueConstraint(fields=('user', 'thread'), name='reader_once'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.UniqueConstraint(fields=('contact', 'thread'), name='participant_once'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('thread'), models.OrderBy(models.F('date_sent'), descending=True), models.OrderBy(models.F('message_handle'), descending=True), models.OrderBy(models.F('id'), descending=True), name='message_order'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['thread', 'revision'], name='message_changes'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('is_news', True)), fields=['thread', 'first_revision'], name='message_unread'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('send_state', 'queued')), fields=['line', 'send_after', 'id'], name='message_due'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('send_state__in', ['queued', 'sending', 'unknown'])), fields=['thread'], name='message_in_flight'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('is_outbound', True), ('trouble_settled_at__isnull', True), models.Q(('send_state__in', ['rejected', 'unknown']), ('status__in', ['ERROR', 'DECLINED']), _connector='OR')), fields=['thread'], name='message_in_trouble'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('opens_contact', True)), fields=['line', 'created_at'], name='message_opens_contact'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('message_handle', ''), _negated=True), fields=('message_handle',), name='handle_once'),
        ),
    ]
