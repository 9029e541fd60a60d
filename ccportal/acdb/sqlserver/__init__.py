"""The ACDB on SQL Server: Django's backend for it, with local times."""
