"""What kind of number a parsed one is, after `number_type` of `phonenumbers.phonenumberutil`."""

from functools import cache
from typing import Any, NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from recipients.numbering.automaton import whole
from recipients.numbering.known import Known
from recipients.reason import Reason, code

INVALID = code(Reason.NUMBER_INVALID)
NOT_MOBILE = code(Reason.NOT_MOBILE)
MOBILE = 0

OTHER_KINDS = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)


class Parsed(NamedTuple):
    """A country code, and the digits of the national number as they are after parsing."""

    country: int
    national: Known


@cache
def metadata(region: str, country: int = 0) -> Any:
    return PhoneMetadata.metadata_for_region_or_calling_code(country, region)


def judge(parsed: Parsed) -> int:
    """`number_type`, which is_valid_number asks too: MOBILE, NOT_MOBILE or INVALID."""
    region = _region_of(parsed)
    facts = None if region is None else metadata(region, parsed.country)
    return INVALID if facts is None else _kind(parsed.national, facts)


def _region_of(parsed: Parsed) -> str | None:
    """`region_code_for_number`."""
    regions = COUNTRY_CODE_TO_REGION_CODE[parsed.country]
    if len(regions) == 1:
        return str(regions[0])
    for region in regions:
        facts = metadata(region)
        if facts is None:
            continue
        if facts.leading_digits is not None:
            if whole(facts.leading_digits, prefix=True).matches(parsed.national):
                return str(region)
        elif _kind(parsed.national, facts) != INVALID:
            return str(region)
    return None


def _kind(digits: Known, facts: Any) -> int:
    """`_number_type_helper`, of which only mobile or not is of interest."""
    if not _described(digits, facts.general_desc):
        return INVALID
    if any(_described(digits, getattr(facts, kind)) for kind in OTHER_KINDS):
        return NOT_MOBILE
    same = facts.same_mobile_and_fixed_line_pattern
    if _described(digits, facts.fixed_line):
        return MOBILE if same or _described(digits, facts.mobile) else NOT_MOBILE
    return MOBILE if not same and _described(digits, facts.mobile) else INVALID


def _described(digits: Known, description: Any) -> bool:
    """`_is_number_matching_desc`."""
    if description is None or (description.possible_length and digits.length not in description.possible_length):
        return False
    return fits(digits, description)


def fits(digits: Known, description: Any) -> bool:
    """`_match_national_number`."""
    if description is None or not description.national_number_pattern:
        return False
    return whole(description.national_number_pattern).matches(digits)
