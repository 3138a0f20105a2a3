"""From a customer's file to queued messages: claimed, read, checked, judged, accepted and answered (INTAKE)."""
