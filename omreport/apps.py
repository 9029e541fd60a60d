from django.apps import AppConfig


class OmReportConfig(AppConfig):
    name = "omreport"
