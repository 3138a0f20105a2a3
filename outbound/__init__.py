"""The kernel that every stage stands on: settings, database, clock, money, masking and the frame of the command line."""
