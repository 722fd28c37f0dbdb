"""Privacy: the roles that may read personal data, and the masked data of all others."""

import pytest

from domain.access.masking import masked_address, masked_name, masked_phone, unnamed
from domain.permissions import TABLE
from domain.privacy import NEEDED, Personal, ReaderRelation, needs, require_need
from domain.refusal import Code, Refused
from domain.words import UNIT_ROLES, Role

OF_THE_CENTRE = ReaderRelation(of_unit=False, handles=False, complained_of=False, source="phone")
HANDLING = ReaderRelation(of_unit=True, handles=True, complained_of=False, source="phone")


def refused(role: Role, field: Personal, standing: ReaderRelation) -> Refused:
    with pytest.raises(Refused) as refusal:
        require_need(role, [field], standing)
    assert refusal.value.code is Code.NOT_PERMITTED
    return refusal.value


@pytest.mark.parametrize("role", Role)
def test_a_role_reads_what_the_table_gives_it_and_nothing_else(role: Role) -> None:
    standing = HANDLING if role in UNIT_ROLES else OF_THE_CENTRE
    if role is Role.CITY_PLATFORM:
        standing = standing._replace(source="city_platform")
    for field in Personal:
        if needs(role, field):
            require_need(role, [field], standing)
        else:
            assert refused(role, field, standing).clause == "NA-06"


def test_who_needs_something_of_citizens_is_who_may_see_them() -> None:
    assert NEEDED.keys() == TABLE["see_citizen"].to.keys()


def test_nobody_needs_it_whose_work_is_not_with_citizens() -> None:
    others = {Role.REVIEWER, Role.SUPERVISOR, Role.COUNTY_LEADER, Role.INSPECTION, Role.PANEL, Role.ADMIN}
    assert not others & NEEDED.keys()
    assert not any(needs(role, Personal.ID_NUMBER) for role in (*UNIT_ROLES, Role.CALLBACK_STAFF))


@pytest.mark.parametrize("role", sorted(UNIT_ROLES))
def test_the_unit_complained_of_and_one_that_has_done_with_it_read_nothing(role: Role) -> None:
    for field in Personal:
        assert refused(role, field, HANDLING._replace(complained_of=True)).clause == "HK-17"
        assert refused(role, field, HANDLING._replace(handles=False)).clause == "NA-06"


def test_the_city_reads_of_the_orders_that_it_sent() -> None:
    assert refused(Role.CITY_PLATFORM, Personal.PHONE, OF_THE_CENTRE).clause == "NA-06"


@pytest.mark.parametrize(
    ("whole", "shown"),
    [
        ("13812345678", "138****5678"),
        ("+86 138-1234-5678", "138****5678"),
        ("0936-6621234", "093****1234"),
        ("6621234", "***"),
        ("110", "***"),
    ],
)
def test_a_number_shows_its_ends_only_where_enough_is_left_to_hide(whole: str, shown: str) -> None:
    assert masked_phone(whole) == shown


def test_how_long_a_name_is_does_not_show() -> None:
    assert [masked_name(name) for name in ("张三", "欧阳测试", "J. Smith")] == ["张**", "欧**", "J**"]


@pytest.mark.parametrize(
    ("whole", "shown"),
    [
        ("测试街1号", "测试街***"),
        ("江苏省如皋市城南街道解放路88号3栋502室", "江苏省如皋市城南街道解放路***"),
        ("南华镇永丰村三社王家", "南华镇***"),
        ("锦绣花园3栋", "***"),
        ("3号院", "***"),
        ("", "***"),
    ],
)
def test_an_address_ends_with_its_street(whole: str, shown: str) -> None:
    assert masked_address(whole) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("我是王小明，家住测试街1号", "我是***，家住***"),
        ("王 小 明反映", "***反映"),
        ("王先生、王女士和王某", "***、***和***"),
        ("电话１３８１２３４５６７８或138 1234 5678", "电话***或***"),
        ("身份证11010119900101123X", "身份证***"),
        ("2026-11-23 供水大王村停水", "2026-11-23 供水大王村停水"),
    ],
)
def test_a_text_for_the_unit_complained_of_names_nobody(text: str, shown: str) -> None:
    assert unnamed(text, "王小明", "测试街1号", None) == shown


def test_a_compound_surname_is_a_surname() -> None:
    assert unnamed("欧阳女士与欧阳", "欧阳金") == "***与欧阳"
