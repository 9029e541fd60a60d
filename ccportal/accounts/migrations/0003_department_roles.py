"""The departments that give a role (semantics 20.3)."""

from django.db import migrations

ONM_TEAM = [
    "o&m",
    "o_m",
    "o_m_smp",
    "reticulation",
    "reticulation_smp",
    "production",
    "production_smp",
    "engineering",
    "mechanical_engineering",
    "ehs",
    "pueco",
    "asset_management",
    "asset management",
    "fleet",
    "facilities",
]
FINANCE_TEAM = ["finance", "cfo"]


def seed(apps, schema_editor):
    rows = [(name, "onm_team") for name in ONM_TEAM] + [(name, "finance_team") for name in FINANCE_TEAM]
    model = apps.get_model("accounts", "DepartmentRole")
    for department, role in rows:
        model.objects.get_or_create(department=department, defaults={"role": role})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_identity")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
