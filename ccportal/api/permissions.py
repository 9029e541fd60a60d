from rest_framework.permissions import IsAuthenticated


class StatedPermission(IsAuthenticated):
    pass
