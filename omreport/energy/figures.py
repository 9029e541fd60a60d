"""The balance as charts, and as the rows of a file."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from ccportal.core.charts import BarChart, Figure, LineChart, Series
from ccportal.core.money import rounded
from omreport.energy import balance
from omreport.energy.balance import GENERATION, Balance
from omreport.energy.models import Channel

Cell = str | Decimal | None
PLACES = 2
#: Name of a column -> the figure it shows.
FIGURES: dict[str, Callable[[Balance], balance.Figure]] = {
    "PV, kWh": lambda line: line.energy(Channel.PV),
    "Genset, kWh": lambda line: line.energy(Channel.GENSET),
    "Grid, kWh": lambda line: line.energy(Channel.GRID),
    "Generated, kWh": lambda line: line.generated,
    "Battery in, kWh": lambda line: line.energy(Channel.BATTERY_CHARGE),
    "Battery out, kWh": lambda line: line.energy(Channel.BATTERY_DISCHARGE),
    "Delivered, kWh": lambda line: line.delivered,
    "Sold, kWh": lambda line: line.sold,
    "Unaccounted, kWh": lambda line: line.unaccounted,
    "Unaccounted, %": lambda line: line.unaccounted_percent,
    "Genset share, %": lambda line: line.genset_share,
}


def site_charts(lines: Sequence[Balance], words: str, csv_url: str) -> list[Figure]:
    """Charts of one site over its periods, the oldest first."""
    ordered = list(reversed(lines))
    labels = [line.label for line in ordered]
    present = [channel for channel in GENERATION if any(channel in line.known for line in ordered)]
    supply = BarChart(
        f"Energy generated, {words}",
        "kWh",
        labels,
        [Series(channel.label, [line.energy(channel).value for line in ordered]) for channel in present],
        label_name="Period",
        places=PLACES,
        csv_url=csv_url,
        stacked=True,
    )
    use = LineChart(
        f"Energy delivered and sold, {words}",
        "kWh",
        labels,
        [
            Series("Delivered", [line.delivered.value for line in ordered]),
            Series("Sold", [line.sold.value for line in ordered]),
        ],
        label_name="Period",
        places=PLACES,
        csv_url=csv_url,
    )
    return [supply, use]


def all_sites_charts(latest: Sequence[Balance], names: Mapping[str, str], step: str, csv_url: str) -> list[Figure]:
    """Charts that compare the sites, each in its latest complete period."""
    labels = [f"{line.site} {names.get(line.site, '')}".strip() for line in latest]
    flows = BarChart(
        f"Energy per site, latest complete {step}",
        "kWh",
        labels,
        [
            Series("Generated", [line.generated.value for line in latest]),
            Series("Delivered", [line.delivered.value for line in latest]),
            Series("Sold", [line.sold.value for line in latest]),
        ],
        label_name="Site",
        places=PLACES,
        csv_url=csv_url,
    )
    loss = BarChart(
        f"Unaccounted energy per site, latest complete {step}",
        "%",
        labels,
        [Series("Of the energy delivered", [line.unaccounted_percent.value for line in latest])],
        label_name="Site",
        places=PLACES,
        csv_url=csv_url,
        horizontal=True,
    )
    return [flows, loss]


def heads() -> list[str]:
    """Headings of the rows of a file."""
    coverage = [f"{channel.label}, % of hours covered" for channel in Channel]
    return [
        "Site", "Name", "Period", *FIGURES, *coverage, "Hours", "Days with sales", "Days", "Counter restarts",
        "Not computable",
    ]  # fmt: skip


def row(line: Balance, names: Mapping[str, str]) -> list[Cell]:
    """A line of the balance as the cells of a file; what cannot be computed is empty and explained at the end."""
    figures = [figure(line) for figure in FIGURES.values()]
    covered = [line.coverage(channel) for channel in Channel]
    return [
        line.site,
        names.get(line.site, ""),
        line.label,
        *(None if figure.value is None else rounded(figure.value) for figure in figures),
        *(None if share is None else rounded(share, 1) for share in covered),
        rounded(line.hours_in_period, 1),
        Decimal(line.sales.days),
        Decimal(line.days),
        Decimal(line.restarts),
        "; ".join(line.reasons),
    ]
