"""Web Control: filters the endpoint's browsing by the last policy it was given."""
