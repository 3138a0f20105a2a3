"""The whole platform on one machine without Docker. Starts the stages as processes, never imports their inside."""
