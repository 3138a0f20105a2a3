"""Batches out over SMPP into the submission log; receipts and replies come back. None is lost, none is sent twice."""
