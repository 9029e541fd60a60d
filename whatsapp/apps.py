from django.apps import AppConfig


class WhatsAppConfig(AppConfig):
    name = "whatsapp"

    def ready(self) -> None:
        from whatsapp import audited  # noqa: F401 - importing it connects it
