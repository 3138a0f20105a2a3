"""The demo: the whole job on this machine, with generated customers and a simulated carrier.

Starts the stages as processes, reads tables, and judges the books by the carrier's own record and the files' own lists.
"""
