"""The rules of lint as data: number, name, how serious, which known trouble each is about.

* Numbers and names never change their meaning; a rule that goes leaves its number unused.
* `trouble` is the symptom at a consumer, `once` tells a message of the rule once per file and
  counts the rest, `is_advice` rules are true of healthy files too and run only when selected.
* Each rule has a page in docs/lint with a bad sample, the cause and the cure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final

from foundation.errors import DomainError
from utmlab.logtools.findings import Severity


class UnknownRuleError(DomainError):
    """No rule has that number or name."""

    code: ClassVar[str] = "unknown_rule"
    hint: ClassVar[str] = "Give UL001, the beginning of numbers (UL07), a name, or ALL."


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    code: str
    name: str
    severity: Severity
    title: str
    once: bool = False
    is_advice: bool = False


def _note(code: str, name: str, title: str, *, is_advice: bool = False) -> Rule:
    return Rule(code, name, "note", title, once=True, is_advice=is_advice)


RULES: Final = (
    Rule("UL001", "stamp", "error", "The line does not begin with a stamp"),
    Rule("UL002", "header", "error", "No host and process follow the stamp"),
    Rule("UL003", "pair", "error", "Text stands between or after the pairs"),
    Rule("UL004", "raw_quote", "error", "A raw quote stands in a value"),
    Rule("UL005", "unterminated", "error", "The last value has no closing quote"),
    Rule("UL006", "separator", "error", "Pairs are not separated by one space"),
    Rule("UL007", "line_break", "error", "A line break stands in the line"),
    Rule("UL008", "pasted", "error", "The line was pasted from a page"),
    Rule("UL009", "archive_damaged", "error", "The archive is damaged"),
    Rule("UL010", "empty_line", "warning", "The line is empty"),
    Rule("UL011", "no_line_feed", "warning", "The last line has no line feed"),
    Rule("UL012", "carriage_return", "warning", "A carriage return ends the line", once=True),
    Rule("UL013", "not_utf8", "warning", "The line is not UTF-8"),
    Rule("UL014", "glued_records", "warning", "Two records stand on one line"),
    Rule("UL015", "rewritten_by_receiver", "warning", "A receiver ate the year", once=True),
    _note("UL016", "relayed", "A receiver's header stands in front of the line"),
    _note("UL017", "priority_prefix", "A <PRI> stands in front of the line"),
    _note("UL018", "octet_counted", "A length stands in front of the line"),
    Rule("UL019", "cut_at_limit", "warning", "A transport cut the line at its limit"),
    _note("UL020", "trailing_space", "A space ends the line"),
    Rule("UL030", "time_went_back", "warning", "The clock went back"),
    _note("UL031", "repeated_hour", "The hour after summer time comes twice"),
    _note("UL032", "zone_offset", "Receiver and UTM are a zone apart"),
    _note("UL033", "late_record", "A record is older than its stamp"),
    _note("UL034", "no_zone", "The stamp has no zone", is_advice=True),
    Rule("UL040", "host_name", "warning", "The host is no host name", once=True),
    _note("UL041", "process_without_pid", "The process has no number"),
    Rule("UL042", "leading_keys", "warning", "The first keys stand in another order"),
    Rule("UL043", "id_length", "warning", "The id has not four characters"),
    Rule("UL044", "repeated_key", "warning", "A key stands twice"),
    Rule("UL045", "severity", "warning", "The severity is unknown"),
    Rule("UL046", "not_a_number", "warning", "A number is none"),
    Rule("UL047", "empty_address", "warning", "An address is empty"),
    Rule("UL048", "parallel_lists", "warning", "Category and name lists differ in length"),
    _note("UL050", "unknown_id", "No public source knows the id"),
    _note("UL051", "unknown_name", "The id is known by another name"),
    _note("UL052", "unknown_key", "No public source knows the key"),
    _note("UL053", "key_order", "The keys stand in another order"),
    _note("UL054", "level_letter", "The level letter differs"),
    _note("UL055", "version_changed", "The lines change to another version's form"),
    _note("UL060", "not_routed", "Consumers read the header only", is_advice=True),
    _note("UL061", "needs_utm_decoder", "OSSEC and Wazuh need a decoder", is_advice=True),
    _note("UL070", "no_category", "A web line has no category"),
    _note("UL071", "several_profiles", "A client meets several profiles", is_advice=True),
    _note("UL072", "exception_pattern", "A pattern means something else"),
    _note("UL073", "https_warning", "A warning on HTTPS was not shown"),
    _note("UL074", "quota_as_warning", "A quota warns on endpoints"),
    _note("UL075", "quic_passes", "QUIC goes around the web filter"),
    _note("UL080", "changeset_unanswered", "No report followed a changeset"),
    _note("UL081", "ack_without_report", "Reports are acknowledged that never came"),
    _note("UL082", "registration_failed", "The UTM or its changeset was refused"),
)
BY_NAME: Final = MappingProxyType({rule.name: rule for rule in RULES})
DEFAULT: Final = frozenset(rule.name for rule in RULES if not rule.is_advice)


def selected(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> frozenset[str]:
    """Return the names of the rules that run.

    Args:
        select: Numbers, beginnings of numbers, names or ALL; empty is every rule but advice.
        ignore: The same; what it names does not run.

    Raises:
        UnknownRuleError: if a word names nothing.
    """
    chosen = frozenset(name for word in select for name in _named(word)) or DEFAULT
    return chosen - {name for word in ignore for name in _named(word)}


def _named(word: str) -> frozenset[str]:
    wanted = word.strip()
    found = frozenset(
        rule.name
        for rule in RULES
        if wanted == rule.name
        or wanted.upper() == "ALL"
        or (wanted.upper().startswith("UL") and rule.code.startswith(wanted.upper()))
    )
    if not found:
        raise UnknownRuleError(f"No rule is called {word!r}")
    return found
