"""`/healthz`, `/readyz` and `/metrics` of an HTTP server, made when they are asked for.

- `/healthz` answers 200 while the process answers at all; `/readyz` 200 when every check is well,
  else 503, with the checks as JSON; `/metrics` is the text form of Prometheus.
- Nothing of it needs a token: counts and states only, no name, no address, no secret.
- What cannot be observed is not ready, and has no numbers of its own.

Provenance: ours; the paths are those that Kubernetes and Prometheus made customary.
"""

from collections.abc import Iterable, Iterator

from aiohttp import web

from foundation.observation import Metric, Observation, Observe

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


def add_observing(app: web.Application, observe: Observe) -> None:
    """Add the three routes to an application."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_request: web.Request) -> web.Response:
        seen = await observe()
        content = {"ready": seen.is_ready, "checks": dict(seen.checks)}
        return web.json_response(content, status=200 if seen.is_ready else 503)

    async def metrics(_request: web.Request) -> web.Response:
        body = as_text(await observe())
        return web.Response(body=body, headers={"Content-Type": TEXT_FORMAT})

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


def as_text(seen: Observation) -> bytes:
    """Return the numbers of an observation, and those of this process, as Prometheus reads them."""
    # Imported when first scraped: half a tenth of a second that no start has to pay.
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest  # noqa: PLC0415

    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Told(seen.metrics))  # type: ignore[arg-type] # a collector by its method
    return generate_latest(registry)


class _Told:
    """Metrics that are known already, in the form that the library asks for."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[object]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415 - as above

        for metric in self._metrics:
            names = sorted({name for sample in metric.samples for name in sample.labels})
            kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = kind(metric.name, metric.meaning, labels=names)
            for sample in metric.samples:
                family.add_metric([sample.labels[name] for name in names], sample.value)
            yield family
