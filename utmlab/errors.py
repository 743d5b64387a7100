"""What the lab itself refuses."""

from typing import ClassVar

from foundation.errors import DomainError


class NoSuchComputerError(DomainError):
    """The lab has no computer of this name."""

    code: ClassVar[str] = "no_such_computer"
    hint: ClassVar[str] = "`utmlab endpoint list` names them."


class ComputerExistsError(DomainError):
    """The lab has a computer of this name already."""

    code: ClassVar[str] = "computer_exists"
    hint: ClassVar[str] = "Choose another name, or remove that computer first."


class NotCompliantError(DomainError):
    """Endpoints did not come to comply with a changeset in time."""

    code: ClassVar[str] = "not_compliant"
    hint: ClassVar[str] = "`utmlab trace` shows every hop, `utmlab doctor` what waits."


class NothingStoredError(DomainError):
    """The data folder holds no lab."""

    code: ClassVar[str] = "nothing_stored"
    hint: ClassVar[str] = "Name the folder with --data, or make one with `utmlab up`."


class NoSuchChangesetError(DomainError):
    """The UTM has no changeset of this number."""

    code: ClassVar[str] = "no_such_changeset"
    hint: ClassVar[str] = "`utmlab trace last` shows the newest."


class NothingToDrawError(DomainError):
    """A picture was asked for of a changeset that no endpoint was assigned."""

    code: ClassVar[str] = "nothing_to_draw"
    hint: ClassVar[str] = "`utmlab trace` tells what is known of it in words."


class NoTokenError(DomainError):
    """The UTM has no registration token for endpoints."""

    code: ClassVar[str] = "no_token"
    hint: ClassVar[str] = "`utmlab utm enable` switches it on."


class NoPolicyInForceError(DomainError):
    """A computer has no web policy yet."""

    code: ClassVar[str] = "no_policy_in_force"
    hint: ClassVar[str] = "`utmlab endpoint show` tells what it has."


class NotAWebAddressError(DomainError):
    """What is to be fetched is no URL of the web."""

    code: ClassVar[str] = "not_a_web_address"
    hint: ClassVar[str] = "Write http://HOST/ or https://HOST/."


class PageUnreachableError(DomainError):
    """A page cannot be fetched through a computer's Web Control."""

    code: ClassVar[str] = "page_unreachable"
    hint: ClassVar[str] = "`utmlab endpoint services` tells whether Web Control is installed."
