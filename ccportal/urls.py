"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("omreport.urls")),
    path("", include("ccportal.accounts.urls")),
    path("", include("ccportal.api.urls")),
    path("customers/", include("customers.urls")),
    path("customer-data/", include("billing.urls")),
    path("tariffs/", include("tariffs.urls")),
    path("mutations/", include("audit.urls")),
    path("import/", include("ccportal.acdb.urls")),
    path("jobs/", include("ccportal.jobs.urls")),
    path("admin/", admin.site.urls),
]
