"""The session's timers tell what is due, with the time passed in (SMPP 3.4 7.2)."""

from smpp.timers import Due, Timers


def bound(**timers) -> Timers:
    made = Timers(**timers)
    made.opened(0)
    made.bound(0)
    return made


def test_silence_is_asked_about_and_an_answer_calms():
    timers = bound(enquire_link=30, response=10)

    assert timers.due(29.9) is Due.NOTHING
    assert timers.due(30) is Due.ENQUIRE
    timers.asked(30)
    assert (timers.due(39.9), timers.next_at()) == (Due.NOTHING, 40)
    timers.heard(35)
    assert (timers.due(40), timers.next_at()) == (Due.NOTHING, 65)


def test_an_enquiry_without_any_answer_means_the_peer_is_gone():
    timers = bound(enquire_link=30, response=10)
    timers.asked(30)

    assert timers.due(40) is Due.SILENT


def test_any_pdu_puts_the_enquiry_off():
    timers = bound(enquire_link=30)
    timers.heard(20)

    assert timers.due(49) is Due.NOTHING
    assert timers.due(50) is Due.ENQUIRE


def test_a_connection_must_bind_in_time():
    timers = Timers(session_init=5)
    timers.opened(100)
    assert timers.due(104.9) is Due.NOTHING
    assert timers.due(105) is Due.UNBOUND

    timers.bound(104)
    assert timers.due(110) is Due.NOTHING


def test_signs_of_life_are_not_messages():
    timers = bound(enquire_link=None, inactivity=60)
    timers.heard(50)
    assert timers.due(60) is Due.IDLE

    timers.active(55)
    assert timers.due(60) is Due.NOTHING


def test_timers_that_are_off_never_fall_due():
    timers = bound(enquire_link=None)

    assert timers.next_at() is None
    assert timers.due(10**9) is Due.NOTHING
