"""What the portal's pages load into a browser that other people wrote: named by package-lock.json, served by us."""
