"""Files, databases and folders that survive a crash at any moment."""
