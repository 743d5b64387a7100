"""The names both ends of MCS must agree on.

Provenance: app ids and types of MCS, ALC and SAV are public; SWC, TPROT and DEVCTL and their
types are ours, since no public source names them.
"""

DEFAULT_BASE_PATH = "/sophos/management/ep"
"""The path of the cloud's MCS servers (public); configurable everywhere."""

MCS, ALC, SAV = "MCS", "ALC", "SAV"
SWC, TPROT, DEVCTL = "SWC", "TPROT", "DEVCTL"
APPSPROXY, AGENT = "APPSPROXY", "AGENT"

POLICY_TYPES: dict[str, int] = {MCS: 25, ALC: 1, SAV: 2, SWC: 190, TPROT: 191, DEVCTL: 192}
"""policyType of each app that has a policy."""

POLICY_APPS = tuple(POLICY_TYPES)
REGISTERED_APPS = (APPSPROXY, AGENT, *POLICY_APPS)
"""The apps an endpoint polls for, in the order of its command URL."""

INSTALLER_PREFIX = "SophosMCSEndpoint_"
TOKEN_LENGTH = 17
REGISTER_REALM = 'Basic realm="register"'
"""The WWW-Authenticate value that makes a client register again; it compares the whole text."""

COMPLIANCE_NAMESPACE = r"com.sophos\msys\csc"
POLICY_NAMESPACE = r"com.sophos\mansys\policy"
STATUS_NAMESPACE = r"com.sophos\mansys\status"
MCS_NAMESPACE = "http://www.sophos.com/xml/mcs/"
WEB_CONTROL_NAMESPACE = "urn:utmlab:web-control:1"
TAMPER_PROTECTION_NAMESPACE = "urn:utmlab:tamper-protection:1"
DEVICE_CONTROL_NAMESPACE = "urn:utmlab:device-control:1"
