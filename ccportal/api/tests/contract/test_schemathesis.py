"""The whole document thrown at a running server by schemathesis: no fault of ours, nothing undocumented.

Some examples each here; ``SCHEMATHESIS_EXAMPLES=500`` makes the long run by hand (docs/api.md).
"""

import json
import os

import pytest
import schemathesis
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from schemathesis import checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = pytest.mark.slow
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
DOCUMENT = json.loads((settings.BASE_DIR / "ccportal" / "api" / "openapi.json").read_text(encoding="utf-8"))
#: These would end the sign-ins that the other requests need.
LEFT_OUT = {"logout", "refreshToken", "customerChangePassword"}
CHECKS = (checks.not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)

schema = schemathesis.openapi.from_dict(DOCUMENT).exclude(operation_id=sorted(LEFT_OUT))


@schema.parametrize()
@hypothesis_settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
def test_no_request_brings_about_a_fault_of_ours_or_an_undocumented_answer(case, portal):
    for who in ("superadmin", "customer"):
        case.call_and_validate(base_url=portal.url, headers=portal.headers(who), checks=CHECKS, timeout=60)
