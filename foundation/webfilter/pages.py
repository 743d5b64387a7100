"""What a user sees instead of a page: blocked, warned, or an error of the proxy.

- Own design; no text or artwork of any vendor.
- HTML for whoever accepts `text/html`, plain text for everybody else (scripts, images, curl).
- No inline style or script: the stylesheet comes from a reserved path of the same host, so that
  the strictest Content-Security-Policy holds. Every value is escaped.
- Going on is a POST with the one-time token; a link could be followed by a prefetch.
"""

from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import Final

from foundation.webfilter.refusals import ExchangeRefusedError
from foundation.webfilter.verdict import Verdict, VerdictReason

RESERVED_PATH = "/.utmlab/"
PROCEED_PATH = f"{RESERVED_PATH}proceed"
STYLE_PATH = f"{RESERVED_PATH}page.css"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
MOST_REMEMBERED: Final = 256

_SENTENCES = {
    VerdictReason.BLACKLIST: "The site is on a list of your administrator.",
    VerdictReason.TAG: "Your administrator marked this site.",
    VerdictReason.CATEGORY: "Sites of this category are restricted.",
    VerdictReason.UNCATEGORIZED: "Nothing is known about this site.",
    VerdictReason.REPUTATION: "The reputation of this site is too low.",
    VerdictReason.EXTENSION: "Files of this kind are restricted.",
    VerdictReason.CONTENT_TYPE: "Content of this kind is restricted.",
    VerdictReason.INVALID_URL: "The address cannot be read.",
    VerdictReason.NO_POLICY: "The policy of this computer is incomplete.",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A body and its content type."""

    body: bytes
    content_type: str


class Pages:
    """Makes the pages; `product` is the name in their footer."""

    def __init__(self, product: str = "utmlab Web Control") -> None:
        self._footer = escape(product)
        self._rows: dict[tuple[object, ...], str] = {}
        self._style = (resources.files(__package__) / "data/page.css").read_bytes()

    def style(self) -> Page:
        """Return the stylesheet."""
        return Page(self._style, "text/css; charset=utf-8")

    def block(self, verdict: Verdict, *, user: str, accept: str) -> Page:
        """Return the page for a blocked request."""
        sentence = _sentence(verdict)
        return self._of_verdict("block", "Blocked", sentence, verdict, user=user, accept=accept)

    def warn(self, verdict: Verdict, *, user: str, token: str, accept: str) -> Page:
        """Return the page that warns and offers to go on."""
        sentence = f"{_sentence(verdict)} You may go on; your visit will be recorded."
        return self._of_verdict(
            "warn", "Warning", sentence, verdict, user=user, accept=accept, token=token
        )

    def refusal(self, error: ExchangeRefusedError, *, accept: str) -> Page:
        """Return the page for a request that the proxy cannot serve."""
        facts = [("Code", error.code), ("What to do", error.hint)]
        return self._page("error", "Not possible", str(error), facts, accept=accept)

    def proceed_refused(self, sentence: str, hint: str, *, accept: str) -> Page:
        """Return the page for a token that is no longer good."""
        return self._page("warn", "Not possible", sentence, [("What to do", hint)], accept=accept)

    def _of_verdict(
        self,
        kind: str,
        title: str,
        sentence: str,
        verdict: Verdict,
        *,
        user: str,
        accept: str,
        token: str = "",
    ) -> Page:
        """Return a page about a verdict; what the policy says in it is rendered once."""
        first, last = ("Address", verdict.url[:2000]), ("User", user)
        if not _wants_html(accept):
            return _text(f"{title}: {sentence}", [first, *_policy_facts(verdict), last], token)
        # All that the facts of the policy are made of.
        key = (
            verdict.category_ids,
            verdict.category_name,
            verdict.reputation,
            verdict.reason,
            verdict.filter_action_name,
            verdict.filter_action_ref,
        )
        rows = self._rows.get(key)
        if rows is None:
            if len(self._rows) >= MOST_REMEMBERED:
                self._rows.clear()
            rows = self._rows[key] = _rows(_policy_facts(verdict))
        whole = _rows([first]) + rows + _rows([last])
        return self._html(kind, title, sentence, whole, token)

    def _page(
        self, kind: str, title: str, sentence: str, facts: list[tuple[str, str]], *, accept: str
    ) -> Page:
        if not _wants_html(accept):
            return _text(f"{title}: {sentence}", facts, "")
        return self._html(kind, title, sentence, _rows(facts), "")

    def _html(self, kind: str, title: str, sentence: str, rows: str, token: str) -> Page:
        html = (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{title}</title><link rel="stylesheet" href="{STYLE_PATH}"></head>'
            f'<body class="{kind}"><main><h1>{title}</h1><p>{escape(sentence)}</p>'
            f"<dl>{rows}</dl>{_form(token)}<footer>{self._footer}</footer></main>"
            "</body></html>\n"
        )
        return Page(html.encode("utf-8", "replace"), "text/html; charset=utf-8")


def _wants_html(accept: str) -> bool:
    return "text/html" in accept.lower()


def _rows(facts: list[tuple[str, str]]) -> str:
    return "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts if value)


def _form(token: str) -> str:
    if not token:
        return ""
    return (
        f'<form method="post" action="{PROCEED_PATH}">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        '<button type="submit">Go on to this site</button></form>'
    )


def _text(headline: str, facts: list[tuple[str, str]], token: str) -> Page:
    lines = [headline, *(f"{name}: {value}" for name, value in facts if value)]
    if token:
        lines.append(f"To go on: POST token={token} to {PROCEED_PATH} of this host")
    return Page(("\n".join(lines) + "\n").encode("utf-8", "replace"), "text/plain; charset=utf-8")


def _sentence(verdict: Verdict) -> str:
    return _SENTENCES.get(verdict.reason, "Your administrator restricts this site.")


def _policy_facts(verdict: Verdict) -> list[tuple[str, str]]:
    names = " ".join((*map(str, verdict.category_ids), verdict.category_name)).strip()
    return [
        ("Category", names),
        ("Reputation", verdict.reputation),
        ("Reason", verdict.reason.value),
        ("Policy", verdict.filter_action_name or verdict.filter_action_ref),
    ]
