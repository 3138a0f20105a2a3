"""Whether a subscriber's reply says that no more messages are wanted (INTAKE, Opt-outs)."""

from outbound.folding import fold
from smpp import text, udh
from smpp.pdu import DataSm, DeliverSm, Tag

_WORDS = [
    "STOP", "STOPALL", "UNSUBSCRIBE", "UNSUB", "CANCEL", "END", "QUIT", "OPTOUT", "OPT-OUT", "REMOVE",
    "إلغاء", "الغاء", "إيقاف", "ايقاف", "أوقف", "اوقف", "توقف", "قف", "ستوب",
]  # fmt: skip
WORDS = frozenset(map(fold, _WORDS))
MOST_WORDS = 3  # of a reply: longer ones that begin with such a word talk about something else
_AROUND = " \t\r\n.,;:!?\"'*()[]<>-،؛؟"


def is_stop(reply: DeliverSm | DataSm) -> bool:
    """The first word of a short reply is one of WORDS, however it is written."""
    octets = reply.body() if isinstance(reply, DeliverSm) else reply.tlv(Tag.MESSAGE_PAYLOAD) or b""
    header, body = udh.split(octets, reply.esm_class)
    words = [word.strip(_AROUND) for word in fold(text.decode(body, reply.data_coding, header.shift)).split()]
    return 0 < len(words) <= MOST_WORDS and words[0] in WORDS
