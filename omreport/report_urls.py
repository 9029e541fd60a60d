"""Addresses of the reports and their files."""

from django.urls import include, path

from omreport import views
from omreport.interruptions import views as interruptions

app_name = "omreport"
urlpatterns = [
    path("om/", views.om_report, name="om_report"),
    path("financial/", views.financial, name="financial"),
    path("energy/", include("omreport.energy.urls")),
    path("reliability/", interruptions.reliability, name="reliability"),
    path("reliability/reliability.csv", interruptions.reliability_csv, name="reliability_csv"),
    path("quality/<slug:kind>/", views.quality, name="quality"),
    path("pdf/<int:job_id>/", views.pdf_file, name="pdf_file"),
    path("<slug:report>/figures/<slug:figure>/", views.figure_page, name="figure"),
    path("<slug:report>/figures/<slug:figure>/drawing/", views.figure_drawing, name="figure_drawing"),
    path("<slug:report>/figures/<slug:figure>.csv", views.figure_csv, name="figure_csv"),
    path("<slug:report>/figures/<slug:figure>.svg", views.figure_svg_file, name="figure_svg"),
    path("<slug:report>/report.xlsx", views.workbook_file, name="workbook"),
    path("<slug:report>/pdf/", views.make_pdf, name="make_pdf"),
]
