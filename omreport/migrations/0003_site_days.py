"""Has the next refresh add up everything again, so that sums by day exist for all of the past."""

from django.db import migrations


def forget_source(apps, schema_editor):
    apps.get_model("omreport", "RollupState").objects.using(schema_editor.connection.alias).update(source_table="")


class Migration(migrations.Migration):
    dependencies = [("omreport", "0002_energy")]

    operations = [migrations.RunPython(forget_source, migrations.RunPython.noop, elidable=True)]
