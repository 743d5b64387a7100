"""AutoUpdate: keeps the endpoint's software as the ALC policy says."""
