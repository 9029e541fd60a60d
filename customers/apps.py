from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        from ccportal.accounts.customers import provide_record
        from customers import api, receivers

        receivers.connect()
        provide_record(api.record_of)
