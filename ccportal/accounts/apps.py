from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ccportal.accounts"
    label = "accounts"
