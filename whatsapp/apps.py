from django.apps import AppConfig


class WhatsAppConfig(AppConfig):
    name = "whatsapp"

    def ready(self) -> None:
        from ccportal.core import navigation
        from whatsapp import audited  # noqa: F401 - importing it connects it
        from whatsapp.queries import inbox

        navigation.count_waiting("whatsapp:inbox", "handle_care", inbox.waiting)
