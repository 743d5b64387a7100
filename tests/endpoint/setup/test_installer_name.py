import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoint.setup.installer_name import InstallerNameMalformedError, token_of

TOKEN = "FIHHKTHE8O9YTc9c9"
TOKENS = st.text("ABCXYZabcxyz0189", min_size=17, max_size=17)


@pytest.mark.parametrize(
    "name",
    [
        f"SophosMCSEndpoint_{TOKEN}.exe",
        f"SophosMcsEndpoint_{TOKEN}.exe",
        f"sophosmcsendpoint_{TOKEN}.EXE",
        f"SophosMCSEndpoint_{TOKEN} (1).exe",
        f"SophosMCSEndpoint_{TOKEN}(2).exe",
        f"SophosMCSEndpoint_{TOKEN} - Copy.exe",
        f"SophosMCSEndpoint_{TOKEN} - Copy (3).exe",
        f"SophosMCSEndpoint_{TOKEN}.exe (1)",
    ],
)
def test_utm_05_the_token_is_read_from_the_file_name(name):
    assert token_of(name).reveal() == TOKEN


@given(TOKENS)
def test_the_tokens_case_is_kept(token):
    assert token_of(f"sophosMCSendpoint_{token} - Copy.exe").reveal() == token


@pytest.mark.parametrize(
    "name",
    [
        "",
        "setup.exe",
        "SophosMCSEndpoint_.exe",
        f"SophosMCSEndpoint_{TOKEN[:-1]}.exe",
        f"SophosMCSEndpoint_{TOKEN}x.exe",
        f"SophosMCSEndpoint_{TOKEN[:-1]}-.exe",
        f"SophosMCSEndpoint_{TOKEN[:-1]}é.exe",
        f"SophosMCSEndpoint_{TOKEN}.exe.txt",
        f"xSophosMCSEndpoint_{TOKEN}.exe",
        f"SophosMCSEndpoint_{TOKEN}.exe\n",
    ],
)
def test_a_malformed_name_is_refused(name):
    with pytest.raises(InstallerNameMalformedError):
        token_of(name)


def test_the_token_is_never_printed():
    assert TOKEN not in repr(token_of(f"SophosMCSEndpoint_{TOKEN}.exe"))
