"""Site categories: what kind of site a host is, from which names, with which reputation."""
