"""A carrier to practise with: a real SMPP server in a process of its own, which counts what it took, as a witness."""
