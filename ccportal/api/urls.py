"""Pages and endpoints of this app."""

urlpatterns: list = []
