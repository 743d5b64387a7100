"""A server that watches an MCS client and drives it: `utmlab mcs check-client`.

Like the suite for servers it is raw HTTP and plain text, and shares no code with the emulator's
own server, client or codecs. A `World` answers rightly, `scenes` make it answer wrongly at chosen
polls, and the rules read the record of what the client did.
"""
