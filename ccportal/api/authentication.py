from rest_framework.authentication import SessionAuthentication


class ApiKeyAuthentication(SessionAuthentication):
    pass


class TokenAuthentication(SessionAuthentication):
    pass


class PortalSessionAuthentication(SessionAuthentication):
    pass
