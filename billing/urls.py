"""Pages under /customer-data/ and /payments/."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from billing.views import account, matching, payments, sms, transactions


class AccountConverter(StringConverter):
    """An account number, whatever somebody typed into the customer database as one: slashes and line ends too."""

    regex = r"[\s\S]+"


register_converter(AccountConverter, "account")
app_name = "billing"

_DATA = "customer-data/"
_ROWS = f"{_DATA}<account:account>/transactions/"
_ROW = f"{_ROWS}<slug:ledger>/<int:pk>/"
_PAYMENT = "payments/<int:pk>/"

urlpatterns = [
    path(_DATA, account.index, name="index"),
    path(f"{_ROWS}new/", transactions.new, name="transaction_new"),
    path(f"{_ROWS}new/check/", transactions.new_check, name="transaction_new_check"),
    path(f"{_ROWS}new/save/", transactions.new_save, name="transaction_new_save"),
    path(f"{_ROW}edit/", transactions.edit, name="transaction_edit"),
    path(f"{_ROW}edit/check/", transactions.edit_check, name="transaction_edit_check"),
    path(f"{_ROW}edit/save/", transactions.edit_save, name="transaction_edit_save"),
    path(f"{_ROW}delete/", transactions.delete, name="transaction_delete"),
    path(f"{_ROW}delete/save/", transactions.delete_save, name="transaction_delete_save"),
    path(f"{_DATA}<account:account>/summary/", account.summary, name="summary"),
    path(f"{_DATA}<account:account>/transactions.csv", account.transactions_csv, name="transactions_csv"),
    path(f"{_DATA}<account:account>/", account.account, name="account"),
    path("payments/", payments.index, name="payments"),
    path("payments/payments.csv", payments.as_csv, name="payments_csv"),
    path("payments/lookup/", payments.lookup, name="payment_lookup"),
    path("payments/new/", payments.new, name="payment_new"),
    path("payments/new/check/", payments.check, name="payment_check"),
    path("payments/new/save/", payments.save, name="payment_save"),
    path("payments/effect/", payments.effect, name="payment_effect"),
    path("payments/queue/", matching.queue, name="payment_queue"),
    path("payments/sms/", sms.paste, name="payment_sms"),
    path("payments/sms/check/", sms.check, name="payment_sms_check"),
    path("payments/sms/save/", sms.save, name="payment_sms_save"),
    path("payments/messages/<int:pk>/", sms.notification, name="notification"),
    path("payments/messages/<int:pk>/dismiss/", sms.dismiss, name="notification_dismiss"),
    path(_PAYMENT, payments.detail, name="payment"),
    path(f"{_PAYMENT}match/", matching.match, name="payment_match"),
    path(f"{_PAYMENT}match/save/", matching.match_save, name="payment_match_save"),
    path(f"{_PAYMENT}aside/", matching.aside, name="payment_aside"),
    path(f"{_PAYMENT}refund/", matching.refund, name="payment_refund"),
    path(f"{_PAYMENT}reopen/", matching.reopen, name="payment_reopen"),
    path(f"{_PAYMENT}reverse/", matching.reverse, name="payment_reverse"),
    path(f"{_PAYMENT}reverse/save/", matching.reverse_save, name="payment_reverse_save"),
    path(f"{_PAYMENT}post/", matching.post_now, name="payment_post"),
]
