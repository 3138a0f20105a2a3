"""The fixture `operator`: see operator_at_work."""

from tests.integration.billing.operator_at_work import operator

__all__ = ["operator"]
