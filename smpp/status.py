"""Every command_status of SMPP 3.4 (section 5.1.3): its name, what it says, and what a submitter does about it."""

from enum import Enum
from typing import NamedTuple

from smpplib import consts

ROK: int = consts.SMPP_ESME_ROK
RINVMSGLEN: int = consts.SMPP_ESME_RINVMSGLEN
RINVCMDLEN: int = consts.SMPP_ESME_RINVCMDLEN
RINVCMDID: int = consts.SMPP_ESME_RINVCMDID
RINVBNDSTS: int = consts.SMPP_ESME_RINVBNDSTS
RALYBND: int = consts.SMPP_ESME_RALYBND
RSYSERR: int = consts.SMPP_ESME_RSYSERR
RINVSRCADR: int = consts.SMPP_ESME_RINVSRCADR
RINVDSTADR: int = consts.SMPP_ESME_RINVDSTADR
RINVMSGID: int = consts.SMPP_ESME_RINVMSGID
RBINDFAIL: int = consts.SMPP_ESME_RBINDFAIL
RINVPASWD: int = consts.SMPP_ESME_RINVPASWD
RINVSYSID: int = consts.SMPP_ESME_RINVSYSID
RMSGQFUL: int = consts.SMPP_ESME_RMSGQFUL
RINVSERTYP: int = consts.SMPP_ESME_RINVSERTYP
RINVSYSTYP: int = consts.SMPP_ESME_RINVSYSTYP
RTHROTTLED: int = consts.SMPP_ESME_RTHROTTLED
RINVSCHED: int = consts.SMPP_ESME_RINVSCHED
RINVEXPIRY: int = consts.SMPP_ESME_RINVEXPIRY
RINVOPTPARSTREAM: int = consts.SMPP_ESME_RINVOPTPARSTREAM
RINVPARLEN: int = consts.SMPP_ESME_RINVPARLEN
RUNKNOWNERR: int = consts.SMPP_ESME_RUNKNOWNERR


class Verdict(Enum):
    """What an answer to submit_sm means for the attempt."""

    ACCEPTED = "accepted"  # the carrier has it: charged, never sent again
    RETRY = "retry"  # the carrier has not taken it now, and would later: a new attempt within seconds
    FINAL = "final"  # the carrier will never take this message


class Policy(NamedTuple):
    """verdict: what to do. advice: what the status tells a person about the connector or the message."""

    verdict: Verdict
    advice: str


def _final(advice: str) -> Policy:
    return Policy(Verdict.FINAL, advice)


# One row per status of SMPP 3.4 5.1.3. What is not listed (reserved and vendor statuses) is UNLISTED.
POLICIES: dict[int, Policy] = {
    ROK: Policy(Verdict.ACCEPTED, "accepted by the carrier"),
    RSYSERR: Policy(Verdict.RETRY, "the carrier's own fault, as a rule a passing one"),
    RMSGQFUL: Policy(Verdict.RETRY, "the carrier's queue is full: slow down, send again"),
    RTHROTTLED: Policy(Verdict.RETRY, "faster than the contract allows: slow down, send again"),
    RINVMSGLEN: _final("the carrier does not take a message of this length"),
    RINVCMDLEN: _final("the PDU's length is wrong for the carrier"),
    RINVCMDID: _final("the carrier does not know the command"),
    RINVBNDSTS: _final("this bind may not submit: bind as transmitter or transceiver"),
    RALYBND: _final("the session is bound already"),
    consts.SMPP_ESME_RINVPRTFLG: _final("the priority is not allowed"),
    consts.SMPP_ESME_RINVREGDLVFLG: _final("this kind of receipt is not allowed"),
    RINVSRCADR: _final("the sender is not registered with the carrier"),
    RINVDSTADR: _final("the carrier does not serve this number"),
    RINVMSGID: _final("the carrier does not know this message id"),
    RBINDFAIL: _final("the bind failed: ask the carrier"),
    RINVPASWD: _final("wrong password"),
    RINVSYSID: _final("unknown system_id"),
    consts.SMPP_ESME_RCANCELFAIL: _final("the message cannot be cancelled any more"),
    consts.SMPP_ESME_RREPLACEFAIL: _final("the message cannot be replaced any more"),
    RINVSERTYP: _final("unknown service_type"),
    consts.SMPP_ESME_RINVNUMDESTS: _final("wrong number of destinations"),
    consts.SMPP_ESME_RINVDLNAME: _final("unknown distribution list"),
    consts.SMPP_ESME_RINVDESTFLAG: _final("wrong destination flag"),
    consts.SMPP_ESME_RINVSUBREP: _final("replace_if_present is not allowed"),
    consts.SMPP_ESME_RINVESMCLASS: _final("wrong esm_class: the carrier may not take a user data header"),
    consts.SMPP_ESME_RCNTSUBDL: _final("distribution lists are not allowed"),
    consts.SMPP_ESME_RSUBMITFAIL: _final("the carrier refused the message without saying why"),
    consts.SMPP_ESME_RINVSRCTON: _final("wrong type of number of the sender"),
    consts.SMPP_ESME_RINVSRCNPI: _final("wrong numbering plan of the sender"),
    consts.SMPP_ESME_RINVDSTTON: _final("wrong type of number of the recipient"),
    consts.SMPP_ESME_RINVDSTNPI: _final("wrong numbering plan of the recipient"),
    RINVSYSTYP: _final("wrong system_type"),
    consts.SMPP_ESME_RINVREPFLAG: _final("wrong replace_if_present flag"),
    consts.SMPP_ESME_RINVNUMMSGS: _final("wrong number of messages"),
    RINVSCHED: _final("wrong scheduled delivery time"),
    RINVEXPIRY: _final("wrong validity period: the carrier may allow a shorter one only"),
    consts.SMPP_ESME_RINVDFTMSGID: _final("unknown predefined message"),
    consts.SMPP_ESME_RX_T_APPN: _final("the receiving application refused it for now"),
    consts.SMPP_ESME_RX_P_APPN: _final("the receiving application refused it"),
    consts.SMPP_ESME_RX_R_APPN: _final("the receiving application rejected it"),
    consts.SMPP_ESME_RQUERYFAIL: _final("the query failed"),
    RINVOPTPARSTREAM: _final("the optional parameters cannot be read"),
    consts.SMPP_ESME_ROPTPARNOTALLWD: _final("an optional parameter is not allowed"),
    RINVPARLEN: _final("a parameter has a wrong length"),
    consts.SMPP_ESME_RMISSINGOPTPARAM: _final("an optional parameter is missing"),
    consts.SMPP_ESME_RINVOPTPARAMVAL: _final("an optional parameter has a wrong value"),
    consts.SMPP_ESME_RDELIVERYFAILURE: _final("delivery failed"),
    RUNKNOWNERR: _final("the carrier does not say what failed"),
}
UNLISTED = _final("a status of this carrier's own: ask it what the status means")

_NAMES: dict[int, str] = {
    value: name.removeprefix("SMPP_") for name, value in vars(consts).items() if name.startswith("SMPP_ESME_")
}


def name(status: int) -> str:
    """`ESME_RTHROTTLED` of 0x58; a status outside the standard by its hexadecimal value."""
    return _NAMES.get(status, f"0x{status:08x}")


def policy(status: int) -> Policy:
    """What to do about an answer with this status. Never in doubt: an answer came, and it is not ESME_ROK."""
    return POLICIES.get(status, UNLISTED)


def verdict(status: int) -> Verdict:
    return policy(status).verdict
