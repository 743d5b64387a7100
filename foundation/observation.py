"""What a service tells about itself: whether it is ready, and numbers.

- Plain values that travel as JSON, so that a lab can ask a house that runs in another process.
- A check that is well says nothing; one that is not says why in a sentence.
- Labels come from small closed sets (a reason, a call, a state), never from what was sent: the
  number of series is bounded whatever clients do.

Provenance: ours; names and kinds follow the conventions of Prometheus.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["counter", "gauge"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of a metric under its labels."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    """A named number, or one for each value of its labels; counters only rise until a restart."""

    name: str
    kind: Kind
    meaning: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """What a service tells at one moment.

    Attributes:
        checks: Name of a check to what is wrong; empty when it is well.
        metrics: Its numbers.
    """

    checks: Mapping[str, str]
    metrics: tuple[Metric, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether every check is well."""
        return not any(self.checks.values())

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


Observe = Callable[[], Awaitable[Observation]]


def gauge(name: str, meaning: str, value: float) -> Metric:
    """Return a number that may fall as well."""
    return Metric(name, "gauge", meaning, (Sample(value),))


def counter(name: str, meaning: str, value: float) -> Metric:
    """Return a number that only rises."""
    return Metric(name, "counter", meaning, (Sample(value),))


def labelled(
    name: str, kind: Kind, meaning: str, label: str, values: Mapping[str, float]
) -> Metric:
    """Return one number for each value of a label."""
    samples = tuple(Sample(value, {label: key}) for key, value in sorted(values.items()))
    return Metric(name, kind, meaning, samples)


def read_observation(record: Mapping[str, Any]) -> Observation:
    """Return the observation that `Observation.as_record` gave."""
    return Observation(
        checks=dict(record["checks"]),
        metrics=tuple(
            Metric(
                one["name"],
                one["kind"],
                one["meaning"],
                tuple(Sample(each["value"], each["labels"]) for each in one["samples"]),
            )
            for one in record["metrics"]
        ),
    )


def joined(parts: Mapping[str, Observation]) -> Observation:
    """Return several services' observations as one; checks are named `service.check`."""
    checks = {
        f"{service}.{name}": wrong
        for service, one in parts.items()
        for name, wrong in one.checks.items()
    }
    metrics: Iterable[Metric] = (metric for one in parts.values() for metric in one.metrics)
    return Observation(checks, tuple(metrics))
