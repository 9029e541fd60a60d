from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0003_pulse'),
    ]

    operations = [
        migrations.AddField(
            model_name='outboxmessage',
            name='lane',
            field=models.CharField(blank=True, default='', help_text='Those of one lane leave in order.', max_length=60),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(
                condition=models.Q(('state__in', ['queued', 'retrying', 'sending']), models.Q(('lane', ''), _negated=True)),
                fields=['lane', 'id'],
                name='outbox_lane',
            ),
        ),
    ]
