"""Pages of the energy balance: the report, single readings, uploads."""
