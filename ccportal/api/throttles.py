from rest_framework.throttling import UserRateThrottle


class CallerThrottle(UserRateThrottle):
    scope = "caller"
