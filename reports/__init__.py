"""What people see of the books and the traffic: exports, the platform's status, SLA documents."""
