"""What is owed leaves only when it is acknowledged."""

from local.carrier.debts import Debt, Debts
from local.carrier.witness import Accepted
from smpp.receipt import State


def debt(number: int) -> Debt:
    record = Accepted(number, "outbound", "NILE", "2010", 0, 0, 1, None, 1, 0.0, b"x")
    return Debt(record, State.DELIVERED, "000")


def test_due_sent_and_paid():
    debts = Debts()
    for number, at in ((1, 3.0), (2, 1.0), (3, 2.0)):
        debts.plan(debt(number), at)
    assert [one.record.number for one in debts.take(2.5, most=5)] == [2, 3]
    assert debts.take(2.5, most=5) == []
    debts.sent("session", 10, [debt(2), debt(3)])
    assert debts.settle("session", 11) == debt(3)
    assert debts.settle("session", 11) is None
    debts.put_back("another", None, 5.0)
    assert (len(debts), debts.take(9.0, most=1)) == (2, [debt(1)])
    debts.put_back("session", None, 5.0)
    assert debts.take(5.0, most=9) == [debt(2)]
    assert len(debts) == 0
