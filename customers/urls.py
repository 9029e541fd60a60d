"""Pages under /customers/."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from customers.forms.registration import STEPS
from customers.views import editing, meters, registry, wizard


class StepConverter(StringConverter):
    """A step of the new-customer wizard."""

    regex = "|".join(STEPS)


register_converter(StepConverter, "step")
app_name = "customers"

urlpatterns = [
    path("", registry.index, name="index"),
    path("find/", registry.find, name="find"),
    path("suggest/", registry.suggest, name="suggest"),
    path("new/", wizard.new, name="new"),
    path("new/<uuid:token>/<step:step>/", wizard.step, name="new_step"),
    path("new/<uuid:token>/<step:step>/keep/", wizard.keep, name="new_keep"),
    path("new/<uuid:token>/review/", wizard.review, name="new_review"),
    path("new/<uuid:token>/save/", wizard.save, name="new_save"),
    path("new/<uuid:token>/discard/", wizard.discard, name="new_discard"),
    path("new/<uuid:token>/done/", wizard.done, name="new_done"),
    path("assign-meter/", meters.find, name="assign_meter"),
    path("assigned/<uuid:token>/", meters.assigned, name="assigned"),
    path("meters/", meters.history, name="meter_history"),
    path("meters/remove/", meters.remove, name="remove_meter"),
    path("meters/unassign/", meters.unassign, name="unassign_meter"),
    path("<int:number>/", registry.detail, name="detail"),
    path("<int:number>/edit/", editing.edit, name="edit"),
    path("<int:number>/edit/save/", editing.save, name="edit_save"),
    path("<int:number>/assign-meter/", meters.assign, name="assign_meter_to"),
    path("<int:number>/assign-meter/save/", meters.save, name="assign_meter_save"),
]
