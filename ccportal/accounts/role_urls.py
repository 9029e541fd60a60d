"""Addresses of the page Roles."""

from django.urls import path

from ccportal.accounts import role_views

app_name = "roles"
urlpatterns = [
    path("", role_views.index, name="index"),
    path("emails/", role_views.emails, name="emails"),
    path("emails/set/", role_views.email_set, name="email_set"),
    path("import/", role_views.import_form, name="import"),
    path("import/check/", role_views.import_check, name="import_check"),
    path("import/apply/", role_views.import_apply, name="import_apply"),
    path("<str:employee_no>/", role_views.employee, name="employee"),
    path("<str:employee_no>/change/", role_views.change, name="change"),
]
