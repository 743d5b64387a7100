"""Choosing rules: by number, by the beginning of numbers, by name; and what changes with it."""

import io

import pytest

from utmlab.logtools.lint import Linter
from utmlab.logtools.reading import split_lines
from utmlab.logtools.rules import DEFAULT, RULES, UnknownRuleError, selected

HEAD = '2018:07:26-17:57:33 filter epsecd[5666]: I id="4211" severity="info" sys="System"'
GOOD = f'{HEAD} sub="epsecd" name="Received report(s) from Sophos LiveConnect"'
ACK = GOOD.replace("4211", "4212").replace(
    "Received report(s) from Sophos LiveConnect", "Acknowledging report(s)"
)
SENT = GOOD.replace("4211", "4233").replace(
    "Received report(s) from Sophos LiveConnect",
    "Sending data to Sophos LiveConnect to sync UTM Web Policy Changeset",
)
WEB = (
    '2018:07:26-17:57:37 utm httpproxy[1]: id="0001" severity="info" sys="SecureWeb" sub="http" '
    'name="http access" action="pass" srcip="192.0.2.1" group="" filteraction="REF_A" '
    'url="http://a.example/" category="105" reputation="trusted" categoryname="Business"'
)


def found(text: str, rules: frozenset[str] = DEFAULT):
    linter = Linter(rules)
    return list(linter.lint(split_lines(io.BytesIO(text.encode())))), linter.summary


def names(text: str, rules: frozenset[str] = DEFAULT) -> list[str]:
    return [one.code for one in found(text, rules)[0]]


def test_advice_runs_only_when_it_is_selected():
    assert {rule.name for rule in RULES if rule.is_advice}.isdisjoint(selected())
    assert selected(["ALL"]) == {rule.name for rule in RULES}
    assert names(f"{GOOD}\n") == []
    assert names(f"{GOOD}\n", selected(["UL034", "UL06"])) == [
        "no_zone",
        "not_routed",
        "needs_utm_decoder",
    ]


@pytest.mark.parametrize("word", ["UL046", "ul046", "not_a_number"])
def test_a_rule_is_called_by_number_or_name(word):
    assert selected([word]) == {"not_a_number"}


def test_ignored_rules_do_not_run():
    assert "pasted" not in selected(ignore=["UL008"])
    assert selected(["UL03"], ["UL030"]) == {
        "repeated_hour",
        "zone_offset",
        "late_record",
        "no_zone",
    }


def test_a_word_that_names_nothing_is_refused():
    with pytest.raises(UnknownRuleError):
        selected(["UL9"])


def test_what_is_told_once_is_counted_each_time():
    told, summary = found(f"<30>{GOOD}\n" * 5)
    assert [one.code for one in told] == ["priority_prefix"]
    assert summary.rules == {"UL017": 5}
    assert summary.notes == 1


def test_the_repeated_hour_is_a_note_and_other_steps_back_are_warnings():
    hour = [
        GOOD.replace("2018:07:26-17:57:33", f"2018:10:28-02:{one}") for one in ("59:59", "00:01")
    ]
    severities = [one.severity for one in found("\n".join([*hour, ""]))[0]]
    assert severities == ["note"]
    day = [one.replace("2018:10:28", "2018:10:29") for one in hour]
    assert names("\n".join([*day, ""])) == ["time_went_back"]
    longer = [hour[0], hour[1].replace("-02:00:01", "-01:00:01"), ""]
    assert names("\n".join(longer)) == ["time_went_back"]


def test_a_mangled_file_is_judged_to_its_lines_and_told_once():
    mangled = "Jul 26 17:57:33 box " + GOOD.replace("2018:", "2018: ") + "\n"
    assert names(mangled * 3) == ["rewritten_by_receiver"]
    assert names(mangled.replace("info", "chatty")) == ["rewritten_by_receiver", "severity"]


def test_columns_are_those_of_the_text_as_it_was_read():
    broken = GOOD.replace(' name="', '  name="')
    for text in (broken, f"<30>{broken}", "Jul 26 17:57:33 b " + broken.replace("2018:", "2018: ")):
        (told,) = [one for one in found(f"{text}\n")[0] if one.code == "separator"]
        assert text[told.column - 1 :].startswith(" name=")


@pytest.mark.parametrize(
    ("receiver", "says"),
    [
        ("Jul 26 15:57:33", ["rewritten_by_receiver", "zone_offset"]),
        ("2018-07-26T23:27:33+05:30", ["rewritten_by_receiver", "zone_offset"]),
        ("Jul 26 17:57:40", ["rewritten_by_receiver"]),
        ("Jul 26 17:45:00", ["rewritten_by_receiver"]),
        ("Jul 20 10:00:00", ["rewritten_by_receiver"]),
    ],
)
def test_a_receivers_clock_shows_the_zone(receiver, says):
    assert names(f"{receiver} box {GOOD.replace('2018:', '2018: ')}\n") == says


def test_a_line_cut_at_a_limit_is_no_broken_grammar():
    cut = GOOD + "".join(f' key{n}="{"x" * 90}"' for n in range(12))
    assert names(f"{cut[:1024]}\n") == ["cut_at_limit"]
    assert names(f"{cut[:1023]}\n") == ["unterminated"]


def test_a_changeset_is_answered_by_a_report():
    later = SENT.replace("17:57:33", "17:59:33")
    assert names(f"{SENT}\n{GOOD}\n{later}\n") == []
    assert names(f"{SENT}\n{later}\n") == ["changeset_unanswered"]
    ends_late = (
        GOOD.replace("17:57:33", "17:59:33")
        .replace("4211", "4287")
        .replace("Received report(s) from Sophos LiveConnect", "Registration token reset")
    )
    assert names(f"{SENT}\n{ends_late}\n") == ["changeset_unanswered"]
    assert names(f"{SENT}\n") == []


def test_an_acknowledgement_follows_a_report():
    assert names(f'{ACK} reports="-1"\n') == ["ack_without_report"]
    assert names(f'{GOOD}\n{ACK} reports="-1"\n') == []


def test_a_change_of_version_inside_a_file_is_told_where_it_is():
    old = WEB.replace(' group=""', "")
    told = found(f"{old}\n{old}\n{WEB}\n{WEB}\n{old}\n")[0]
    assert [(one.code, one.line) for one in told] == [
        ("version_changed", 3),
        ("version_changed", 5),
    ]


def test_keys_at_the_end_of_a_web_line_may_stand_in_any_order():
    assert names(f'{WEB} country="Germany"\n') == []
    moved = WEB.replace(' action="pass"', "").replace(" url=", ' action="pass" url=')
    assert names(f"{moved}\n") == ["key_order"]


def test_several_profiles_of_one_client_are_advice():
    one, other = (WEB.replace(" filteraction", f' profile="{n}" filteraction') for n in "AB")
    rules = selected(["several_profiles"])
    assert names(f"{one}\n{other}\n", rules) == ["several_profiles"]
    assert names(f"{one}\n{one}\n", rules) == []


@pytest.mark.parametrize(
    "hostile",
    [
        "Nov 20 23:38:06 " + "x " * 50_000,
        "2018:07:26-17:57:33 utm x[1]: " + 'a="' * 50_000,
        "2018:07:26-17:57:33 utm x[1]: " + 'a="b" ' * 30_000 + "|",
        "2018:07:26-17:57:33 utm x[1]: " + "a" * 100_000 + "\u201d",
        "2018:07:26-17:57:33 utm x[1]: " + "a=\u201d" * 30_000,
        "2018:07:26-17:57:33 " + "a." * 50_000 + " x[1]: ",
        "<30>" * 20_000,
        GOOD + " " * 100_000 + "\u201d",
        GOOD + " |" * 50_000 + "x",
        "Nov 20 23:38:06 " + "x" * 100_000,
    ],
    ids=range(10),
)
def test_hostile_lines_cost_no_more_than_their_length(hostile):
    _, summary = found(f"{hostile}\n")
    assert summary.lines == 1


@pytest.mark.parametrize(
    ("domains", "count"),
    [
        ("^https?://[A-Za-z0-9.-]*example\\.com/", 0),
        ("*.example.com", 1),
        ("*.a.example,example\\.com,^https?://b\\.example/", 2),
        ("^https?://a{1,3}\\.example/", 0),
        ("", 0),
    ],
)
def test_patterns_in_a_change_are_judged_one_by_one(domains, count):
    change = (
        '2018:07:26-17:57:33 utm confd[1]: I id="3100" severity="info" sys="System" sub="confd" '
        f'name="object changed" class="http" type="exception" attr_domains="{domains}"\n'
    )
    assert names(change) == ["exception_pattern"] * count
