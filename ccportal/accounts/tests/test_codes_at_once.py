"""Three codes an hour, also when they are asked for at the same moment."""

import pytest

from ccportal.core.testing.processes import ENGINES


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_eight_requests_at_once_get_three_codes(make_workspace, engine):
    assert make_workspace(engine).script("ccportal.accounts.tests.codes_at_once") == 3
