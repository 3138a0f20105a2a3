"""Who may be messaged: numbers, networks, customers' bases, opt-outs. The same for files, sessions and test sends."""
