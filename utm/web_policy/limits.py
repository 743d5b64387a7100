"""What endpoints do not do, and the warnings that say so.

- Documented: quotas do not exist on endpoints; the logged-in user is used, without authentication.
- Recalled (from the admin guide's list): no HTTPS scanning, no antivirus choices, no download size,
  no content removal, no parent proxy. Application domains, the image licence filter and the look
  for infections are ours to leave out: the emulated Web Control has none of them.
- SafeSearch needs the URL, and a browser shows a filter only the host of an HTTPS one.
- A warning never changes the policy: the rest of the action works.
"""

from typing import Final

from foundation.webfilter.policy import SKIPS
from utm.confd.objects import Object
from utm.web_policy.reading import Reading

_SAFE_SEARCH: Final = "SafeSearch is enforced where the URL is seen: not inside HTTPS"
_ACTION: Final = {
    "av": ("antivirus", "web antivirus settings are the antivirus policy's on endpoints"),
    "bing_safesearch": ("safe_search", _SAFE_SEARCH),
    "check_max_download": ("download_size", "downloads are not limited by size on endpoints"),
    "creative_commons_filter": ("image_licence", "the image licence filter is not on endpoints"),
    "embedded_removal": ("content_removal", "content is not removed from pages on endpoints"),
    "google_safesearch": ("safe_search", _SAFE_SEARCH),
    "googleappdomains_enabled": ("app_domains", "application domains are not on endpoints"),
    "parent_proxies": ("parent_proxy", "parent proxies are not used on endpoints"),
    "pua": ("antivirus", "unwanted applications are the antivirus policy's on endpoints"),
    "sandbox": ("sandbox", "nothing is sent to a sandbox from endpoints"),
    "script_removal": ("content_removal", "content is not removed from pages on endpoints"),
    "spyware": ("spyware", "spyware sites are blocked; infections are not looked for on endpoints"),
    "yahoo_safesearch": ("safe_search", _SAFE_SEARCH),
}
_AUTHENTICATION: Final = (
    "aua",
    "edir_sso",
    "enable_device_auth",
    "ntlm",
    "opendirectory_auth",
    "transparent_auth",
)
_NOTHING_TO_SKIP: Final = frozenset(
    {
        "av",
        "cache",
        "check_max_download",
        "content_removal",
        "patience",
        "sandbox",
        "user_auth",
    }
)
"""Checks that endpoints do not make, so that there is nothing to skip (recalled, as above)."""
_SCANNING: Final = ("full_https_scanning", "selective_https_scanning")


def warn_of_action(reading: Reading, action: Object, quota_action: str) -> None:
    """Warn of what a filter action asks for in vain."""
    for attribute, (code, sentence) in _ACTION.items():
        if action.attributes[attribute] not in (False, "off", ()):
            reading.warn(action, code, sentence)
    has_quota = bool(action.texts("sp_categories_quota") or action.texts("quota_tags"))
    if has_quota or action.text("uncategorized_websites") == "quota":
        reading.warn(action, "quota", f"quotas do not exist on endpoints: {quota_action} instead")


def warn_of_profile(reading: Reading, profile: Object) -> None:
    """Warn of what a profile asks for in vain."""
    if any(profile.is_on(attribute) for attribute in _AUTHENTICATION):
        reading.warn(
            profile, "authentication", "endpoints use the logged-in user, without authentication"
        )
    if profile.text("scan_ssl_opt") in _SCANNING:
        reading.warn(profile, "https_scanning", "endpoints see only the host of an HTTPS request")
    if profile.text("scan_ssl_opt") == "no_https_filtering":
        reading.warn(profile, "https_filtering", "endpoints filter HTTPS by its host in any case")


def warn_of_policy(reading: Reading, policy: Object) -> None:
    """Warn of what a policy of a profile asks for in vain."""
    if policy.is_on("skip_auth"):
        reading.warn(policy, "authentication", "there is no authentication to skip on endpoints")


def warn_of_user(reading: Reading, user: Object) -> None:
    """Warn of a user who may not log on to the UTM, but is taken at a computer's word."""
    if not user.is_on("enabled"):
        reading.warn(
            user, "user_disabled", "endpoints use whoever is logged on: a disabled user counts too"
        )


def warn_of_exception(reading: Reading, exception: Object) -> None:
    """Warn of what an exception asks for in vain."""
    needless = sorted(set(exception.texts("skiplist")) & _NOTHING_TO_SKIP)
    if needless:
        reading.warn(
            exception,
            "skip_needless",
            f"endpoints do not make these checks anyhow: {', '.join(needless)}",
        )
    if exception.texts("networks"):
        reading.warn(
            exception,
            "source_networks",
            "its networks meet only what an endpoint sees: its own browser, on its own machine",
        )

    unknown = sorted(set(exception.texts("skiplist")) - SKIPS)
    if unknown:
        reading.warn(exception, "skip_unknown", f"no check is called {', '.join(unknown)}")
