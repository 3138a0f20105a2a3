"""The session's timers tell what is due, with the time passed in (SMPP 3.4 7.2)."""

from smpp.timers import Due, Timers


def bound(**timers) -> Timers:
    made = Timers(**timers)
    made.opened(0)
    made.bound(0)
    return made


def test_without_an_answer_for_so_long_the_peer_is_asked():
    timers = bound(enquire_link=30, response=10)

    assert timers.due(29.9) is Due.NOTHING
    assert timers.due(30) is Due.ENQUIRE
    timers.asked(30)
    timers.heard()
    timers.answered(31)
    assert (timers.due(60.9), timers.next_at()) == (Due.NOTHING, 61)


def test_an_enquiry_after_which_nothing_is_heard_means_the_peer_is_gone():
    timers = bound(enquire_link=30, response=10)
    timers.asked(30)

    assert (timers.due(39.9), timers.next_at()) == (Due.NOTHING, 40)
    assert timers.due(40) is Due.SILENT


def test_a_peer_that_sends_but_does_not_answer_is_alive_and_asked_again():
    timers = bound(enquire_link=30, response=10)
    timers.asked(30)
    timers.heard()

    assert timers.due(40) is Due.NOTHING
    assert timers.due(60) is Due.ENQUIRE


def test_answers_to_messages_put_the_enquiry_off_messages_of_the_peer_do_not():
    timers = bound(enquire_link=30)
    timers.answered(20)
    timers.active(45)
    timers.heard()

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
    timers.heard()
    assert timers.due(60) is Due.IDLE

    timers.active(55)
    assert timers.due(60) is Due.NOTHING


def test_timers_that_are_off_never_fall_due():
    timers = bound(enquire_link=None)

    assert timers.next_at() is None
    assert timers.due(10**9) is Due.NOTHING
