"""The commands by what a person wants to do, a line each: so that `outbound --help` has to import none of them."""

GROUPS: dict[str, dict[str, str]] = {
    "Set up": {
        "apply": "Set up accounts, prices, networks and carriers from a file.",
        "network": "Load networks and their coverage from a file.",
        "portability": "Load ported numbers from a file.",
        "connector": "Show and change carriers' accesses while everything runs.",
        "history": "Load an account's past from another system.",
        "db": "Show where the database is; migrate it.",
    },
    "Send": {
        "drop": "Put a file into an account's landing zone.",
        "validate": "Say what would become of a file, and accept nothing.",
        "ingest": "Take a file in here and now, up to acceptance.",
        "reprocess": "Take a rejected or held file again, from its copy.",
        "release": "Let a held campaign pass.",
        "optout": "Opt a subscriber out, or in again, by hand.",
        "campaign": "Pause, resume or cancel a campaign.",
        "dispatch": "Run a dispatch worker, which sends what was accepted.",
        "statement": "Load what a carrier says it accepted.",
    },
    "Money": {
        "purchase": "Record an order of units of a prepaid account.",
        "payment": "Record a payment.",
        "grant": "Give a prepaid account units for free.",
        "refund": "Pay back unused units of a prepaid account.",
        "reverse": "Take one usage back.",
        "build": "Bring charges, ledger, drafts and SLA figures up to date.",
        "close-month": "Freeze a month once nothing can change it any more.",
        "issue": "Issue invoices from the drafts.",
        "void": "Void an invoice on its day of issue.",
        "credit": "Credit a line of an issued invoice.",
        "credit-draft": "Decide on credits that were proposed.",
    },
    "See": {
        "status": "What runs, what waits, what is held and what releases it.",
        "export": "Write a table as CSV, XLSX or JSON.",
        "reconcile": "Do the books agree, and what exactly does not?",
    },
    "Run": {
        "up": "Run the whole platform on this machine until Ctrl-C.",
        "down": "End what commands started on this machine.",
        "demo": "Show a year of business on a simulated carrier.",
        "intake": "Run one step of the intake DAGs by hand.",
        "sla": "Freeze and deliver the SLA figures that are due.",
        "carrier": "Run the simulated carrier, which sends no real SMS.",
    },
}
