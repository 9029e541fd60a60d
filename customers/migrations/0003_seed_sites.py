from django.db import migrations

# code, name, other names in use, district, runs today
SITES = [
    ("MAK", "Ha Makebe", ["Makhunoane"], "Maseru", True),
    ("MAS", "Mashai", [], "Thaba-Tseka", True),
    ("SHG", "Sehonghong", ["Sekgutlong"], "Thaba-Tseka", True),
    ("LEB", "Lebakeng", [], "Qacha's Nek", True),
    ("MAT", "Matsieng", ["Matsoaing"], "Mokhotlong", True),
    ("SEB", "Semonkong", ["Sebapala", "Semonkong East B"], "Quthing", True),
    ("TOS", "Tosing", [], "Quthing", True),
    ("SEH", "Sehlabathebe", [], "Qacha's Nek", True),
    ("TLH", "Tloha-re-Bue", ["Tlhanyaku"], "Mokhotlong", True),
    ("RIB", "Ribaneng", [], "Mafeteng", True),
    ("KET", "Ketane", [], "Mohale's Hoek", True),
    ("RAL", "Ralebese", [], "", True),
    ("SUA", "Ha Suoane", ["Sua"], "", True),
    ("DON", "Ha Nkone", [], "", True),
    ("NKU", "Ha Nkau (clinic)", ["Ha Nkau"], "Maseru", False),
    ("MET", "Methalaneng (clinic)", ["Methalaneng"], "Thaba-Tseka", False),
    ("BOB", "Bobete (clinic)", ["Bobete"], "Thaba-Tseka", False),
    ("MAN", "Manamaneng (clinic)", ["Manamaneng"], "Thaba-Tseka", False),
    ("LSB", "Lets'eng-la-Baroa", ["Lesotho Sandbox"], "", False),
]


def seed(apps, schema_editor):
    Site = apps.get_model("customers", "Site")
    for code, name, aliases, district, active in SITES:
        Site.objects.update_or_create(
            code=code, defaults={"name": name, "aliases": aliases, "district": district, "active": active}
        )


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_search")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
