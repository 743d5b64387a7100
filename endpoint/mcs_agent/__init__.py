"""The MCS Agent: applies what lies in Persist and stores what there is to tell."""
