"""The rollups with both databases on PostgreSQL, as in production."""

import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def workspace(make_workspace):
    return make_workspace("postgres", sample=True)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_after_random_edits_the_rollups_equal_a_direct_computation(workspace, seed):
    assert workspace.script("omreport.tests.follow", seed) == {
        "differences": [],
        "followed": True,
        "refreshes": True,
    }


def test_the_command_finds_every_figure_equal(workspace):
    assert "Every figure equals the customer database." in workspace.manage("rollups", "check")
