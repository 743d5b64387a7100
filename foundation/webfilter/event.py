"""What the filter saw as the event that is reported or logged, for endpoint and gateway alike."""

from foundation.protocol.events import WebControlEvent
from foundation.webfilter.activity import Activity


def event_of(activity: Activity) -> WebControlEvent:
    """Return the event that tells of an activity."""
    request, verdict = activity.request, activity.verdict
    return WebControlEvent(
        at=activity.at,
        user=request.user,
        url=verdict.url,
        method=request.method,
        action=activity.action,
        reason=verdict.reason.value,
        category_ids=verdict.category_ids,
        category_name=verdict.category_name,
        reputation=verdict.reputation,
        filter_action_ref=verdict.filter_action_ref,
        filter_action_name=verdict.filter_action_name,
        profile_ref=verdict.profile_ref,
        profile_name=verdict.profile_name,
        rule_ref=verdict.rule_ref,
        exceptions=verdict.exception_skips,
        client_ip=request.client_ip,
        size=activity.size,
        status_code=activity.status_code,
        referer=activity.referer,
        user_agent=request.user_agent,
        content_type=activity.content_type,
    )
