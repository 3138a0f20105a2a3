"""An operator's set-up file, and what it changes: accounts, senders, rates, networks, connectors."""
