"""Changes to what staff keep for customer care are logged; tickets and conversations have histories of their own."""

from ccportal.core.audited import register
from whatsapp.models import CannedReply, Technician

register(CannedReply)
register(Technician)
