"""The portal: what customers, finance, managers and operators see of the platform, in a browser."""
