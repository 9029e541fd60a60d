"""Who is on call, site by site."""

from collections import defaultdict
from dataclasses import dataclass

from customers.models import Site
from whatsapp.models import OnCall, Technician

ANYWHERE = "Any site"


@dataclass(frozen=True)
class SiteList:
    """The people of one site in the order in which they are asked."""

    code: str
    name: str
    duties: list[OnCall]

    @property
    def unmanned(self) -> bool:
        return not any(duty.technician.is_active for duty in self.duties)


def lists() -> list[SiteList]:
    """Any site first, then every active site, also those without anybody."""
    by_site: dict[str, list[OnCall]] = defaultdict(list)
    for duty in OnCall.objects.select_related("technician").order_by("site_code", "order", "pk"):
        by_site[duty.site_code].append(duty)
    sites = Site.objects.filter(active=True).order_by("name").values_list("code", "name")
    return [
        SiteList("", ANYWHERE, by_site.get("", [])),
        *(SiteList(code, name, by_site.get(code, [])) for code, name in sites),
    ]


def technicians() -> list[Technician]:
    return list(Technician.objects.order_by("-is_active", "name"))
