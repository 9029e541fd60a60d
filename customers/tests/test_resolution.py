"""Which customer an account belongs to (semantics 3, D-14)."""

from hypothesis import given
from hypothesis import strategies as st

from customers.calculations import Claim, SiteNames, resolve

ACCOUNTS, METER, LEGACY, PLOT, HISTORY = 1, 2, 3, 4, 5


def owner(*claims, customers=(1, 2, 3)):
    (ownership,) = resolve(claims, set(customers))
    return ownership.owner


def test_the_account_list_wins_over_the_meter_registries():
    assert owner(Claim("0001MAK", 2, METER), Claim("0001MAK", 1, ACCOUNTS)) == 1


def test_the_small_registry_wins_over_the_large_one():
    assert owner(Claim("0001MAK", 2, LEGACY), Claim("0001MAK", 1, METER)) == 1


def test_of_two_listings_the_one_that_a_meter_supports_wins():
    first, slip = Claim("0001MAK", 1, ACCOUNTS, (-1,)), Claim("0001MAK", 2, ACCOUNTS, (-9,))
    assert owner(slip, first, Claim("0001MAK", 1, LEGACY)) == 1


def test_of_two_listings_without_support_the_newest_wins():
    assert owner(Claim("0001MAK", 1, ACCOUNTS, (-1,)), Claim("0001MAK", 2, ACCOUNTS, (-9,))) == 2


def test_a_customer_with_a_record_wins_over_a_number_without():
    assert owner(Claim("0001MAK", 900000, ACCOUNTS), Claim("0001MAK", 1, LEGACY)) == 1


def test_an_account_of_transactions_only_belongs_to_nobody():
    assert owner(Claim("0009NKU", None, HISTORY)) is None


def test_the_running_meter_is_named_before_the_replaced_one():
    replaced, running = Claim("0001MAK", 1, LEGACY, (1,), "OLD"), Claim("0001MAK", 1, LEGACY, (0,), "NEW")
    (ownership,) = resolve([replaced, running], {1})
    assert ownership.meter == "NEW"


claims = st.lists(
    st.builds(
        Claim,
        account=st.sampled_from(["0001MAK", "0002MAK", "0003KET"]),
        customer=st.one_of(st.none(), st.integers(1, 5)),
        source=st.integers(1, 5),
        rank=st.tuples(st.integers(-3, 3)),
    )
)


@given(claims, st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert resolve(rows, {1, 2, 3}) == resolve(shuffled, {1, 2, 3})


@given(claims)
def test_every_account_and_every_claimant_appears_once(rows):
    found = resolve(rows, {1, 2, 3})
    assert [ownership.account for ownership in found] == sorted({claim.account for claim in rows})
    for ownership in found:
        people = [person for person in (ownership.owner, *ownership.others) if person]
        expected = {claim.customer for claim in rows if claim.account == ownership.account and claim.customer}
        assert len(people) == len(set(people))
        assert set(people) == expected


NAMES = SiteNames([("MAT", "Matsieng", ["Matsoaing"]), ("MAK", "Ha Makebe", [])])


def test_a_site_is_found_by_code_name_and_alias_in_any_case():
    assert [NAMES.code(text) for text in ("mat", " MAT ", "matsieng", "Matsoaing", "HA  MAKEBE")] == [
        "MAT", "MAT", "MAT", "MAT", "MAK",
    ]  # fmt: skip


def test_part_of_a_name_is_no_site():
    assert NAMES.code("Makebe East") == "MAKEBE EAST"
    assert not NAMES.known("MAKEBE EAST")


def test_nothing_is_no_site():
    assert NAMES.code(None) == ""
