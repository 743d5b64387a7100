"""Who may configure the appliance, and how they prove who they are.

Example:
    administrator = await administrators.check("admin", password, srcip="127.0.0.1")
    caller = await administrators.begin(administrator, srcip="127.0.0.1", facility="webadmin")
    await utm.edit("games blocked", work, caller=caller)
"""

from utm.access.accounts import Administrator, Role
from utm.access.administrators import Administrators, LoginRefusedError, stored_secrets
from utm.access.callers import Caller
from utm.access.login_guard import LoginGuard, TooManyLoginsError

__all__ = [
    "Administrator",
    "Administrators",
    "Caller",
    "LoginGuard",
    "LoginRefusedError",
    "Role",
    "TooManyLoginsError",
    "stored_secrets",
]
