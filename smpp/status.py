"""Every command_status of SMPP 3.4 (section 5.1.3): its name, what it says, and what a submitter does about it."""

from collections.abc import Mapping
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
    IN_DOUBT = "in_doubt"  # the carrier may have taken it all the same: proof is waited for, as without an answer
    FINAL = "final"  # the carrier will never take this message


class Backoff(Enum):
    """Who waits before a refused attempt is tried again."""

    NOBODY = "nobody"
    MESSAGE = "message"  # it alone, longer each time; others go on meanwhile
    CONNECTOR = "connector"  # nothing goes out there for a moment: the carrier cannot take more


class Policy(NamedTuple):
    """verdict: what to do. advice: what the status tells a person about the connector or the message. outcome: its
    outcome class (SLA), which says whose fault it is. ill: it speaks of the carrier or of our access to it, not of the
    message, so that others would meet the same. backoff: before it is tried again.
    """

    verdict: Verdict
    advice: str
    outcome: str
    ill: bool = False
    backoff: Backoff = Backoff.NOBODY


def _ours(advice: str) -> Policy:
    """We say something that the carrier does not understand or allow."""
    return Policy(Verdict.FINAL, advice, "platform_fault")


def _access(advice: str) -> Policy:
    """Our access is not as it should be: every message meets it until somebody mends it, and none was taken."""
    return Policy(Verdict.RETRY, advice, "platform_fault", True, Backoff.MESSAGE)


def _written(advice: str) -> Policy:
    """What the customer wrote or the sender it chose."""
    return Policy(Verdict.FINAL, advice, "content_or_sender_blocked")


def _recipient(advice: str) -> Policy:
    return Policy(Verdict.FINAL, advice, "recipient_invalid")


def _network(advice: str) -> Policy:
    return Policy(Verdict.FINAL, advice, "network_permanent")


def _carrier(advice: str) -> Policy:
    return Policy(Verdict.FINAL, advice, "network_temporary", ill=True)


# One row per status of SMPP 3.4 5.1.3. What is not listed (reserved and vendor statuses) is UNLISTED.
POLICIES: dict[int, Policy] = {
    ROK: Policy(Verdict.ACCEPTED, "accepted by the carrier", "delivered"),
    RSYSERR: Policy(
        Verdict.RETRY, "the carrier's own fault, as a rule a passing one", "network_temporary", True, Backoff.MESSAGE
    ),
    RMSGQFUL: Policy(
        Verdict.RETRY,
        "the carrier's queue is full: slow down, send again",
        "network_temporary",
        False,
        Backoff.CONNECTOR,
    ),
    RTHROTTLED: Policy(
        Verdict.RETRY,
        "faster than the contract allows: slow down, send again",
        "platform_fault",
        False,
        Backoff.CONNECTOR,
    ),
    RINVMSGLEN: _written("the carrier does not take a message of this length"),
    RINVCMDLEN: _ours("the PDU's length is wrong for the carrier"),
    RINVCMDID: _ours("the carrier does not know the command"),
    RINVBNDSTS: _access("this bind may not submit: bind as transmitter or transceiver"),
    RALYBND: _access("the session is bound already"),
    consts.SMPP_ESME_RINVPRTFLG: _ours("the priority is not allowed"),
    consts.SMPP_ESME_RINVREGDLVFLG: _ours("this kind of receipt is not allowed"),
    RINVSRCADR: _written("the sender is not registered with the carrier"),
    RINVDSTADR: _recipient("the carrier does not serve this number"),
    RINVMSGID: _ours("the carrier does not know this message id"),
    RBINDFAIL: _access("the bind failed: ask the carrier"),
    RINVPASWD: _access("wrong password"),
    RINVSYSID: _access("unknown system_id"),
    consts.SMPP_ESME_RCANCELFAIL: _network("the message cannot be cancelled any more"),
    consts.SMPP_ESME_RREPLACEFAIL: _network("the message cannot be replaced any more"),
    RINVSERTYP: _ours("unknown service_type"),
    consts.SMPP_ESME_RINVNUMDESTS: _ours("wrong number of destinations"),
    consts.SMPP_ESME_RINVDLNAME: _ours("unknown distribution list"),
    consts.SMPP_ESME_RINVDESTFLAG: _ours("wrong destination flag"),
    consts.SMPP_ESME_RINVSUBREP: _ours("replace_if_present is not allowed"),
    consts.SMPP_ESME_RINVESMCLASS: _ours("wrong esm_class: the carrier may not take a user data header"),
    consts.SMPP_ESME_RCNTSUBDL: _ours("distribution lists are not allowed"),
    consts.SMPP_ESME_RSUBMITFAIL: _carrier("the carrier refused the message without saying why"),
    consts.SMPP_ESME_RINVSRCTON: _written("wrong type of number of the sender"),
    consts.SMPP_ESME_RINVSRCNPI: _written("wrong numbering plan of the sender"),
    consts.SMPP_ESME_RINVDSTTON: _recipient("wrong type of number of the recipient"),
    consts.SMPP_ESME_RINVDSTNPI: _recipient("wrong numbering plan of the recipient"),
    RINVSYSTYP: _access("wrong system_type"),
    consts.SMPP_ESME_RINVREPFLAG: _ours("wrong replace_if_present flag"),
    consts.SMPP_ESME_RINVNUMMSGS: _ours("wrong number of messages"),
    RINVSCHED: _ours("wrong scheduled delivery time"),
    RINVEXPIRY: _ours("wrong validity period: the carrier may allow a shorter one only"),
    consts.SMPP_ESME_RINVDFTMSGID: _ours("unknown predefined message"),
    consts.SMPP_ESME_RX_T_APPN: Policy(
        Verdict.RETRY,
        "the receiving application refused it for now",
        "network_temporary",
        True,
        Backoff.MESSAGE,
    ),
    consts.SMPP_ESME_RX_P_APPN: _network("the receiving application refused it"),
    consts.SMPP_ESME_RX_R_APPN: _network("the receiving application rejected it"),
    consts.SMPP_ESME_RQUERYFAIL: _network("the query failed"),
    RINVOPTPARSTREAM: _ours("the optional parameters cannot be read"),
    consts.SMPP_ESME_ROPTPARNOTALLWD: _ours("an optional parameter is not allowed"),
    RINVPARLEN: _ours("a parameter has a wrong length"),
    consts.SMPP_ESME_RMISSINGOPTPARAM: _ours("an optional parameter is missing"),
    consts.SMPP_ESME_RINVOPTPARAMVAL: _ours("an optional parameter has a wrong value"),
    consts.SMPP_ESME_RDELIVERYFAILURE: _network("delivery failed"),
    RUNKNOWNERR: _carrier("the carrier does not say what failed"),
}
UNLISTED = _network("a status of this carrier's own: ask it what the status means")

# What a connector may say that a status means there, instead of the table.
INSTEAD: dict[str, tuple[Verdict, Backoff]] = {
    "retry": (Verdict.RETRY, Backoff.MESSAGE),
    "slow_down": (Verdict.RETRY, Backoff.CONNECTOR),
    "in_doubt": (Verdict.IN_DOUBT, Backoff.NOBODY),
    "final": (Verdict.FINAL, Backoff.NOBODY),
}

_NAMES: dict[int, str] = {
    value: name.removeprefix("SMPP_") for name, value in vars(consts).items() if name.startswith("SMPP_ESME_")
}


def name(status: int) -> str:
    """`ESME_RTHROTTLED` of 0x58; a status outside the standard by its hexadecimal value."""
    return _NAMES.get(status, f"0x{status:08x}")


def policy(status: int) -> Policy:
    """What SMPP 3.4 makes of an answer with this status."""
    return POLICIES.get(status, UNLISTED)


def verdict(status: int) -> Verdict:
    return policy(status).verdict


class Answers:
    """What statuses mean at one connector: its own word on some of them, the table for the rest.

    settings: status in hexadecimal (0x00000008) -> a word of INSTEAD, as the set-up checked them.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self._own: dict[int, Policy] = {}
        for written, word in (settings or {}).items():
            status = int(written, 16)
            verdict, backoff = INSTEAD[word]
            self._own[status] = policy(status)._replace(verdict=verdict, backoff=backoff)

    def policy(self, status: int) -> Policy:
        return self._own.get(status) or policy(status)

    def verdict(self, status: int) -> Verdict:
        return self.policy(status).verdict
