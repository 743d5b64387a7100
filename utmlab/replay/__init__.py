"""Holding a policy against what an appliance or its endpoints really did, line by line."""
