"""Report pages."""

urlpatterns: list = []
