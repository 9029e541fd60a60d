"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("ccportal.core.urls")),
    path("", include("omreport.urls")),
    path("", include("ccportal.accounts.urls")),
    path("", include("ccportal.api.urls")),
    path("", include("customers.api_urls")),
    path("", include("billing.api_urls")),
    path("", include("tariffs.api_urls")),
    path("", include("audit.api_urls")),
    path("", include("omreport.api_urls")),
    path("", include("audit.tables.api_urls")),
    path("customers/", include("customers.urls")),
    path("", include("billing.urls")),
    path("tariffs/", include("tariffs.urls")),
    path("mutations/", include("audit.urls")),
    path("tables/", include("audit.tables.urls")),
    path("roles/", include("ccportal.accounts.role_urls")),
    path("export/", include("audit.exports.urls")),
    path("import/", include("ccportal.acdb.urls")),
    path("reports/", include("omreport.report_urls")),
    path("jobs/", include("ccportal.jobs.urls")),
    path("care/", include("whatsapp.urls")),
    path("", include("whatsapp.api_urls")),
    path("admin/", admin.site.urls),
]

handler400 = "ccportal.core.views.bad_request"
handler403 = "ccportal.core.views.permission_denied"
handler404 = "ccportal.core.views.page_not_found"
handler500 = "ccportal.core.views.server_error"
