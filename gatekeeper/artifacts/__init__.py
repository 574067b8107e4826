"""Open wheels, sdists and npm tarballs safely, in memory."""
