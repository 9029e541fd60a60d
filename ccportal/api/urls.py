"""Sign-in, administration and documents of the API, at the contract's exact addresses."""

from django.urls import path

from ccportal.api import admin_api, auth, customer_auth, docs
from ccportal.api.endpoints import by_method

urlpatterns = [
    path("api/auth/employee-login", auth.employee_login),
    path("api/auth/refresh", auth.refresh),
    path("api/auth/logout", auth.sign_out),
    path("api/auth/me", auth.me),
    path("api/auth/jwks", auth.jwks),
    path("api/auth/customer-register", customer_auth.register),
    path("api/auth/customer-login", customer_auth.login),
    path("api/auth/customer-change-password", customer_auth.change_password),
    path("api/admin/roles", by_method(GET=admin_api.list_roles, POST=admin_api.assign_role)),
    path("api/admin/roles/<str:employee_id>", by_method(PUT=admin_api.update_role, DELETE=admin_api.remove_role)),
    path("api/admin/employee-emails", by_method(GET=admin_api.list_emails, POST=admin_api.set_email)),
    path("api/admin/employee-emails/bulk", admin_api.set_emails),
    path("api/docs/", docs.page, name="api_docs"),
    path("api/openapi.json", docs.document, name="openapi"),
]
