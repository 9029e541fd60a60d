"""Bodies and answers of sign-in and administration, in the contract's shapes."""

from rest_framework import serializers

from ccportal.accounts import roles
from ccportal.accounts.models import EMPLOYEE_NO


class Password(serializers.CharField):
    """Kept exactly as typed; its length is limited because hashing takes time."""

    def __init__(self, min_length: int | None = None) -> None:
        super().__init__(trim_whitespace=False, max_length=1000, min_length=min_length)


class EmployeeLoginRequest(serializers.Serializer):
    employee_id = serializers.CharField(max_length=40, help_text="Bare number, or with the company's prefix.")
    password = Password()


class RefreshRequest(serializers.Serializer):
    refresh_token = serializers.CharField(max_length=4000)


class Permissions(serializers.Serializer):
    write_customers = serializers.BooleanField()
    write_transactions = serializers.BooleanField()
    manage_roles = serializers.BooleanField()


class Tokens(serializers.Serializer):
    access_token = serializers.CharField()
    token_type = serializers.ChoiceField(["bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds that the access token lives.")
    refresh_token = serializers.CharField(help_text="Good for one POST /api/auth/refresh, which gives the next.")


class EmployeeUser(serializers.Serializer):
    user_type = serializers.ChoiceField(["employee"])
    employee_id = serializers.CharField(help_text="As typed.")
    name = serializers.CharField()
    email = serializers.CharField(allow_blank=True)
    cc_role = serializers.ChoiceField(list(roles.ROLES))
    hr_role = serializers.CharField(help_text="Role text of the HR directory; user when it does not answer.")
    permissions = Permissions()


class EmployeeToken(Tokens):
    user = EmployeeUser()


class Me(serializers.Serializer):
    user_type = serializers.ChoiceField(["employee", "customer"])
    user_id = serializers.CharField(help_text="Employee number or account number.")
    role = serializers.ChoiceField([*roles.ROLES, "customer"])
    name = serializers.CharField()
    email = serializers.CharField(allow_blank=True, help_text="Empty for customers.")
    permissions = serializers.DictField(child=serializers.BooleanField(), help_text="Empty for customers.")
    customer = serializers.DictField(required=False, help_text="Customers only, when the account has a record.")
    account_number = serializers.CharField(required=False, help_text="Customers only.")


class Error(serializers.Serializer):
    detail = serializers.CharField(help_text="A sentence that says what is wrong and what to do.")


class Message(serializers.Serializer):
    message = serializers.CharField()


class Jwk(serializers.Serializer):
    kty = serializers.CharField()
    crv = serializers.CharField()
    x = serializers.CharField()
    y = serializers.CharField()
    kid = serializers.CharField()
    use = serializers.CharField()
    alg = serializers.CharField()


class Jwks(serializers.Serializer):
    keys = Jwk(many=True)


class EmployeeNumber(serializers.CharField):
    """An employee number in any accepted spelling."""

    def __init__(self) -> None:
        super().__init__(max_length=20, validators=[EMPLOYEE_NO])


class RoleAssignmentRequest(serializers.Serializer):
    employee_id = EmployeeNumber()
    cc_role = serializers.ChoiceField(list(roles.ROLES))


class RoleAssignment(serializers.Serializer):
    employee_id = serializers.CharField()
    cc_role = serializers.ChoiceField(list(roles.ROLES))
    assigned_by = serializers.CharField()
    assigned_at = serializers.CharField(help_text="YYYY-MM-DD HH:MM:SS, UTC.")
    name = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)


class EmployeeEmail(serializers.Serializer):
    employee_id = EmployeeNumber()
    email = serializers.CharField(max_length=254)


class EmployeeEmailBulk(serializers.Serializer):
    count = serializers.IntegerField()
    mappings = EmployeeEmail(many=True)


class CustomerLoginRequest(serializers.Serializer):
    customer_id = serializers.CharField(max_length=40, help_text="Account number in either written order.")
    password = Password()


class CustomerRegisterRequest(serializers.Serializer):
    customer_id = serializers.CharField(max_length=40, help_text="Account number in either written order.")
    password = Password(min_length=6)
    code = serializers.CharField(max_length=12, required=False, help_text="The code that came by SMS; second step.")


class RegisterResult(serializers.Serializer):
    message = serializers.CharField()
    customer_id = serializers.CharField(help_text="Canonical account number.")
    name = serializers.CharField(help_text="First and last name; the account number until the code is given.")
    code_required = serializers.BooleanField(help_text="True after the first step: nothing is registered yet.")


class CustomerUser(serializers.Serializer):
    user_type = serializers.ChoiceField(["customer"])
    customer_id = serializers.CharField(help_text="Canonical account number.")
    name = serializers.CharField()
    role = serializers.ChoiceField(["customer"])


class CustomerToken(Tokens):
    user = CustomerUser()


class ChangePasswordRequest(serializers.Serializer):
    old_password = Password()
    new_password = Password(min_length=6)
