"""Which channels this installation has."""

from django.conf import settings

from whatsapp.channels.base import ChannelDriver
from whatsapp.models import Channel


def default() -> Channel:
    """The channel on which the portal begins conversations."""
    return Channel(settings.WHATSAPP_CHANNEL)


def driver(channel: str) -> ChannelDriver:
    """The driver of a channel. The linked device's sends nothing here: a program of its own does."""
    if channel == Channel.CLOUD:
        from whatsapp.channels.cloud import CloudDriver

        return CloudDriver()
    if channel == Channel.LINKED:
        from whatsapp.channels.linked import LinkedDriver

        return LinkedDriver()
    from whatsapp.channels.simulator import SimulatorDriver

    return SimulatorDriver()


def outbox_kind(channel: str) -> str:
    """The kind of outbox message by which a channel's messages leave."""
    return "whatsapp.linked" if channel == Channel.LINKED else "whatsapp.send"
