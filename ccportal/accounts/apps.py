from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "ccportal.accounts"
    label = "accounts"

    def ready(self) -> None:
        from ccportal.accounts import audited, checks, groups, signals, signing  # noqa: F401 - importing them connects them

        if settings.PRODUCTION:
            signing.key_ring()  # a key that is none stops the start, not the first sign-in
        # After django.contrib.auth's own receiver, which makes the permissions.
        post_migrate.connect(groups.write_role_groups, sender=self, dispatch_uid="accounts.role_groups")
