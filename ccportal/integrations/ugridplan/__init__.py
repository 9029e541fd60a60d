"""uGridPlan, the planning and maintenance system: sign-in and tickets."""
