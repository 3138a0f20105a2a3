"""SMPP 3.4, both ends of it: PDUs, sessions, window, pace, texts and receipts. Knows no customer and no table."""
