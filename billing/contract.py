"""Accounts in the words of the API contract: plain values, numbers with the stated decimals, times local."""

from collections.abc import Sequence
from decimal import Decimal

from billing.calculations import Number, kind_of
from billing.models import HistoryRow
from billing.queries.account import AccountRecord
from billing.queries.meters import MeterDetails
from billing.queries.overview import Overview
from ccportal.acdb.accountnumbers import normalise
from ccportal.core.money import rounded
from ccportal.core.periods import stamp
from ccportal.core.text import clean
from customers.models import Customer
from tariffs.calculations import GLOBAL, ResolvedRate

Answer = dict[str, object]


def decimals(value: Number, places: int) -> float:
    """A JSON number; NULL is 0."""
    return float(rounded(value, places))


def profile(account: str, customer: Customer | None, site: str) -> Answer:
    """The customer as text throughout, nothing as the empty string (D-02); a stub where there is none."""
    if customer is None:
        return {"account_number": account, "customer_id": None, "first_name": "", "last_name": ""}
    return {"account_number": account, **customer.profile(site or normalise(customer.concession))}


def meter(details: MeterDetails | None) -> Answer | None:
    """The meter of an account; None without one."""
    if details is None:
        return None
    return {
        "meterid": details.meter_id or None,
        "community": details.community or None,
        "customer_type": details.customer_type or None,
        "village": details.village or None,
        "status": details.status,
        "connect_date": stamp(details.connected_at),
    }


def tariff(rate: ResolvedRate | None) -> Answer | None:
    """The rate per kWh and where it is from; everybody's rate has no beginning."""
    if rate is None:
        return None
    everybodys = rate.source == GLOBAL
    return {
        "rate_lsl": decimals(rate.rate, 4),
        "source": rate.source,
        "source_key": rate.source_key,
        "effective_from": "" if everybodys else stamp(rate.effective_from),
    }


def dashboard(overview: Overview) -> Answer:
    """Balance and use in kWh with two decimals, days and months as they are, money with two decimals."""
    usage, totals = overview.usage, overview.totals
    days = [{"date": value.day.isoformat(), "kwh": float(value.kwh)} for value in usage.daily]
    return {
        "balance_kwh": decimals(overview.balance_kwh, 2),
        "balance_as_of": stamp(overview.balance_at) or None,
        "last_payment": _payment(overview.payment),
        "avg_kwh_per_day": decimals(usage.average, 2),
        "estimated_recharge_seconds": overview.recharge_seconds,
        "total_kwh_all_time": decimals(totals.kwh, 1),
        "total_lsl_all_time": decimals(totals.amount, 2),
        "daily_7d": days[-7:],
        "daily_30d": days,
        "monthly_12m": [{"month": str(value.month), "kwh": float(value.kwh)} for value in usage.monthly],
        "consumption_basis": usage.basis.value,
        "monthly_basis": usage.monthly_basis.value,
    }


def _payment(row: HistoryRow | None) -> Answer | None:
    if row is None:
        return None
    day = stamp(row.at)[:10] or None
    return {"amount": decimals(row.amount, 2), "date": day, "kwh_purchased": decimals(row.kwh, 2)}


def transaction(row: HistoryRow) -> Answer:
    """A row as stored; NULL numbers are 0, except the balance."""
    return {
        "id": row.id,
        "account": normalise(row.account),
        "meter": clean(row.meter_id) or None,
        "date": stamp(row.at) or None,
        "amount_lsl": _exact(row.amount),
        "rate": _exact(row.rate),
        "kwh": _exact(row.kwh),
        "is_payment": bool(row.is_payment),
        "balance": None if row.balance is None else row.balance,
        "kind": kind_of(row.is_payment, row.amount, row.kwh).value,
    }


def _exact(value: Decimal | float | None) -> float:
    return float(value or 0)


def customer_data(record: AccountRecord, customer: Customer | None, rows: Sequence[HistoryRow]) -> Answer:
    """Everything of an account; ``rows`` are the piece of its transactions that was asked for."""
    site = record.owner.customer.site if record.owner.customer else ""
    return {
        "account_number": record.account,
        "profile": profile(record.account, customer, site),
        "meter": meter(record.meters.current),
        "tariff": tariff(record.tariff),
        "dashboard": dashboard(record.overview),
        "transactions": [transaction(row) for row in rows],
        "transaction_count": len(rows),
        "total_count": record.overview.totals.rows,
    }
