"""Pages of customer care, below /care/."""

from django.urls import path

from whatsapp.views import channels, media, simulator

app_name = "whatsapp"
urlpatterns = [
    path("simulator/", simulator.page, name="simulator"),
    path("simulator/send/", simulator.send, name="simulator_send"),
    path("media/<int:pk>/", media.download, name="media"),
    path("channels/", channels.page, name="channels"),
    path("channels/link/", channels.link, name="channels_link"),
    path("channels/unlink/", channels.unlink, name="channels_unlink"),
]
