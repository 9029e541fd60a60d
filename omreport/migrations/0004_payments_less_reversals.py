"""What was added up as payments did not take reversals off: have the next refresh add everything up again."""

from django.db import migrations


def add_up_again(apps, schema_editor):
    # A refresh that finds another table than the last one begins from nothing.
    apps.get_model("omreport", "RollupState").objects.update(source_table="")


class Migration(migrations.Migration):
    dependencies = [("omreport", "0003_site_days")]
    operations = [migrations.RunPython(add_up_again, migrations.RunPython.noop)]
