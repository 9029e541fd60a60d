from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

SQLITE = [
    """CREATE VIRTUAL TABLE customers_search USING fts5(
        document, extra, content='customers_directorycustomer', content_rowid='number', tokenize='trigram')""",
    """CREATE TRIGGER customers_search_insert AFTER INSERT ON customers_directorycustomer BEGIN
        INSERT INTO customers_search(rowid, document, extra) VALUES (new.number, new.document, new.extra); END""",
    """CREATE TRIGGER customers_search_delete AFTER DELETE ON customers_directorycustomer BEGIN
        INSERT INTO customers_search(customers_search, rowid, document, extra)
        VALUES ('delete', old.number, old.document, old.extra); END""",
    """CREATE TRIGGER customers_search_update AFTER UPDATE ON customers_directorycustomer BEGIN
        INSERT INTO customers_search(customers_search, rowid, document, extra)
        VALUES ('delete', old.number, old.document, old.extra);
        INSERT INTO customers_search(rowid, document, extra) VALUES (new.number, new.document, new.extra); END""",
]
POSTGRESQL = [
    "CREATE INDEX customers_document_trgm ON customers_directorycustomer USING gin (document gin_trgm_ops)",
    "CREATE INDEX customers_extra_trgm ON customers_directorycustomer USING gin (extra gin_trgm_ops)",
]
UNDO_SQLITE = [
    "DROP TRIGGER customers_search_insert",
    "DROP TRIGGER customers_search_delete",
    "DROP TRIGGER customers_search_update",
    "DROP TABLE customers_search",
]
UNDO_POSTGRESQL = ["DROP INDEX customers_document_trgm", "DROP INDEX customers_extra_trgm"]


def run(statements_by_vendor):
    def apply(apps, schema_editor):
        for statement in statements_by_vendor[schema_editor.connection.vendor]:
            schema_editor.execute(statement)

    return apply


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        TrigramExtension(),
        migrations.RunPython(
            run({"sqlite": SQLITE, "postgresql": POSTGRESQL}),
            run({"sqlite": UNDO_SQLITE, "postgresql": UNDO_POSTGRESQL}),
        ),
    ]
