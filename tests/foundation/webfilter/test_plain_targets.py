"""The quick reading of plain URLs against the whole one."""

from hypothesis import given
from hypothesis import strategies as st

from foundation.webfilter.target import InvalidTargetError, read_target

pieces = st.sampled_from(
    ["http://", "HTTP://", "https://", "a.example", "A.Example.", "user:x@", ":80", ":8080", "/",
     "/a/../b", "?", "?q=1", "#f", "%41", "\\", "[::1]", "[::ffff:1.2.3.4]", "0x7f.1", " ", "\t",
     "é", "xn--", "..", "//", "@"]
)  # fmt: skip
urls = st.lists(pieces, max_size=6).map("".join) | st.text(max_size=20).map("http://".__add__)


def outcome(url, method):
    try:
        return read_target(url, method)
    except InvalidTargetError as error:
        return str(error)


@given(urls)
def test_a_get_is_read_as_a_post_is(url):
    assert outcome(url, "GET") == outcome(url, "POST")
