"""Users, networks, categories and times: from objects to what an endpoint can compare.

- A group stands for its members and those of the groups in it, of users as of networks.
- Users become names, networks CIDR text; an address with a netmask of 0 is that of no network,
  since 0 is what a netmask has that nobody set.
- A super-category stands for the numeric ids of its subcategories (public: two layers).
- An endpoint resolves no DNS definitions: such a network matches only by a stored address.
- Weekdays are English names, in full or by three letters, or 0 (Monday) to 6 (ours).
"""

import ipaddress
from collections.abc import Iterator
from datetime import date, time
from typing import Final

from foundation.webfilter.policy import TimeWindow
from utm.confd.objects import Object
from utm.web_policy.limits import warn_of_user
from utm.web_policy.reading import Reading

EVERYWHERE: Final = ("0.0.0.0/0", "::/0")
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHORTEST_NAME: Final = 3


def user_names(reading: Reading, holder: Object, attribute: str) -> tuple[str, ...]:
    """Return the names of the users and of the members of the groups that a list names."""
    users = tuple(_members(reading, holder, attribute))
    for user in users:
        warn_of_user(reading, user)
    return tuple(dict.fromkeys(user.name for user in users))


def category_ids(reading: Reading, holder: Object, attribute: str) -> tuple[int, ...]:
    """Return the numeric ids in the super-categories that a list names, sorted."""
    ids = {
        category_id(reading, subcategory)
        for category in reading.follow_all(holder, attribute)
        for subcategory in reading.follow_all(category, "subcats")
    }
    return tuple(sorted(id_ for id_ in ids if id_ is not None))


def category_id(reading: Reading, subcategory: Object) -> int | None:
    """Return the number of a category; None, with a warning, when its id is none."""
    text = subcategory.text("id")
    if text.isascii() and text.isdecimal():
        return int(text)
    reading.warn(subcategory, "category_unusable", f"its id {text!r} is no number: no site has it")
    return None


def networks(reading: Reading, holder: Object, attribute: str) -> tuple[str, ...]:
    """Return the networks that a list names, as CIDR text."""
    cidrs = (cidr for each in _members(reading, holder, attribute) for cidr in _cidr(reading, each))
    return tuple(dict.fromkeys(cidrs))


def time_window(reading: Reading, holder: Object, attribute: str) -> TimeWindow | None:
    """Return the time that a rule is limited to; None means always."""
    event = reading.follow(holder, attribute)
    if event is None:
        return None
    if event.full_type == "time/recurring":
        return TimeWindow(
            ref=event.ref,
            name=event.name,
            start=_time(event.text("start_time")),
            end=_time(event.text("end_time")),
            weekdays=_weekdays(reading, event),
        )
    if event.full_type == "time/single":
        return TimeWindow(
            ref=event.ref,
            name=event.name,
            kind="single",
            start=_time(event.text("start_time")),
            end=_time(event.text("end_time")),
            start_date=_date(event.text("start_date")),
            end_date=_date(event.text("end_date")),
        )
    reading.warn(event, "time_unusable", f"{event.full_type} says no time: the rule never applies")
    return TimeWindow(ref=event.ref, name=event.name)


def _members(reading: Reading, holder: Object, attribute: str) -> Iterator[Object]:
    """Yield what a list names, with the members of a group in its place."""
    waiting = list(reversed(reading.follow_all(holder, attribute)))
    seen: set[str] = set()
    while waiting:
        each = waiting.pop()
        if each.ref in seen:  # a group may contain itself by way of others
            continue
        seen.add(each.ref)
        if "members" in each.attributes:
            waiting.extend(reversed(reading.follow_all(each, "members")))
        else:
            yield each


def _cidr(reading: Reading, network: Object) -> tuple[str, ...]:
    if network.full_type == "network/any":
        return EVERYWHERE
    texts = []
    for address_key, mask_key in (("address", "netmask"), ("address6", "netmask6")):
        address = network.attributes.get(address_key, "")
        if not address:
            continue
        mask = network.attributes.get(mask_key)
        text = address if mask is None else f"{address}/{mask}"
        try:
            parsed = ipaddress.ip_network(text, strict=False)
        except ValueError:
            reading.warn(network, "network_unusable", f"{text} is no network")
            continue
        if mask == 0 and int(ipaddress.ip_address(address)):
            reading.warn(network, "network_unusable", f"{address} has no netmask")
            continue
        texts.append(str(parsed))
    if not texts:
        reading.warn(
            network, "network_unusable", "it has no address: endpoints match nothing by it"
        )
    return tuple(texts)


def _weekdays(reading: Reading, event: Object) -> tuple[int, ...]:
    days = {_weekday(text) for text in event.texts("weekdays")}
    known = sorted(day for day in days if day is not None)
    if None in days or not known:
        shown = ", ".join(event.texts("weekdays")) or "none"
        reading.warn(event, "weekdays_unusable", f"not all of its weekdays are days: {shown}")
    return tuple(known)


def _weekday(text: str) -> int | None:
    word = text.strip().casefold()
    if word.isascii() and word.isdigit() and int(word) < len(_WEEKDAYS):
        return int(word)
    if len(word) >= _SHORTEST_NAME and word[:_SHORTEST_NAME] in _WEEKDAYS:
        return _WEEKDAYS.index(word[:_SHORTEST_NAME])
    return None


def _time(text: str) -> time:
    return time.fromisoformat(text) if text else time(0, 0)


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
