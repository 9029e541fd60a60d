"""Pages of rates."""

from django.urls import path

from tariffs.views import changing, reading, simulating

app_name = "tariffs"
urlpatterns = [
    path("", reading.index, name="index"),
    path("customers/", reading.customers, name="customers"),
    path("customers/find/", reading.find_customer, name="find_customer"),
    path("explain/", reading.explained, name="explain"),
    path("history/", reading.history, name="history"),
    path("history.csv", reading.history_csv, name="history_csv"),
    path("simulator/", simulating.simulator, name="simulator"),
    path("simulator.csv", simulating.simulator_csv, name="simulator_csv"),
    path("plan/", simulating.plan, name="plan"),
    path("plan/schedule/", simulating.schedule, name="schedule"),
    path("scheduled/<int:pk>/cancel/", changing.cancel, name="cancel"),
    path("scheduled/<int:pk>/call-off/", changing.cancelled, name="call_off"),
    path("<str:scope>/<str:key>/change/", changing.change, name="change"),
    path("<str:scope>/<str:key>/review/", changing.review, name="review"),
    path("<str:scope>/<str:key>/set/", changing.set_rate, name="set"),
    path("<str:scope>/<str:key>/remove/", changing.remove, name="remove"),
    path("<str:scope>/<str:key>/end/", changing.removed, name="end"),
]
