"""Entries that were written before there was a chain are sealed as they are now."""

from django.db import migrations

from audit.calculations import GENESIS, content_digest, link_digest

BATCH = 1000


def seal(apps, schema_editor):
    mutation = apps.get_model("audit", "Mutation")
    link = apps.get_model("audit", "AuditLink")
    using = schema_editor.connection.alias
    links = [link(number=0, kind="made", content=GENESIS, digest=GENESIS)]
    number, digest = 0, GENESIS
    for entry in mutation.objects.using(using).order_by("pk").iterator(chunk_size=BATCH):
        number += 1
        kind = "made" if entry.state == "pending" else "settled"
        content = content_digest(entry, settled=kind == "settled")
        digest = link_digest(digest, number, entry.pk, kind, content)
        links.append(link(number=number, mutation_id=entry.pk, kind=kind, content=content, digest=digest))
        if len(links) >= BATCH:
            link.objects.using(using).bulk_create(links)
            links = []
    link.objects.using(using).bulk_create(links)


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_chain")]
    operations = [migrations.RunPython(seal, migrations.RunPython.noop)]
