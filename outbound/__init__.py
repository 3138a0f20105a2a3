"""The kernel that every stage stands on: settings, database, clock, money, masking, the command's frame."""
