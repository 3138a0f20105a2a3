"""The whole platform on one machine without Docker: database, processes, demo data, a carrier. Starts stages, never imports them."""
