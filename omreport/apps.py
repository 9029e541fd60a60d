from django.apps import AppConfig


class OmReportConfig(AppConfig):
    name = "omreport"

    def ready(self) -> None:
        from omreport import receivers

        receivers.connect()
