"""LiveConnect, the broker between UTMs and the endpoints they manage."""
