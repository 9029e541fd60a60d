"""What the rates are: read side for everybody above."""

from tariffs.queries.rates import RateBook, dated_rates, global_rate, rate_book, rate_for

__all__ = ["RateBook", "dated_rates", "global_rate", "rate_book", "rate_for"]
