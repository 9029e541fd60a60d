"""Addresses of the energy balance, below /reports/energy/."""

from django.urls import path

from omreport.energy.views import balance, readings, uploads

urlpatterns = [
    path("", balance.energy_balance, name="energy_balance"),
    path("balance.csv", balance.balance_csv_file, name="energy_csv"),
    path("balance.xlsx", balance.balance_xlsx_file, name="energy_xlsx"),
    path("alerts/<int:pk>/acknowledge/", balance.acknowledge_alert, name="energy_acknowledge"),
    path("readings/", readings.reading_list, name="energy_readings"),
    path("readings/new/<slug:kind>/", readings.reading_new, name="energy_reading_new"),
    path("readings/<slug:kind>/<int:pk>/", readings.reading_edit, name="energy_reading"),
    path("readings/<slug:kind>/<int:pk>/delete/", readings.reading_delete, name="energy_reading_delete"),
    path("uploads/", uploads.upload_list, name="energy_uploads"),
    path("uploads/file/", uploads.upload_file, name="energy_upload_file"),
    path("uploads/template.<slug:form>", uploads.template_file, name="energy_template"),
    path("uploads/<int:pk>/", uploads.upload_detail, name="energy_upload"),
    path("uploads/<int:pk>/store/", uploads.upload_store, name="energy_upload_store"),
    path("uploads/<int:pk>/discard/", uploads.upload_discard, name="energy_upload_discard"),
]
