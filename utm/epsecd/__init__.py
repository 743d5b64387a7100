"""epsecd, the UTM's endpoint daemon: changesets out to LiveConnect, reports back in."""
