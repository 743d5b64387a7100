"""TLS, HTTP servers, guarded XML, control verbs and the journal of exchanges."""
