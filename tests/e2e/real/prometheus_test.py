# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus reads from the daemon how mail goes round."""
import subprocess

from support.case import RealCase, main
from support.processes import eventually
from support.prometheus import Prometheus


class PrometheusReads(RealCase):
    users = {name: f"password of {name}" for name in ("healthy", "refused")}

    def test_promtool_is_content_and_a_query_returns_the_delivered_count(self):
        self.account("healthy", "implicit")
        self.account("refused", "starttls", smtp={"password": "not the password"})
        # Rests long enough between two mails for a scrape to fall into it.
        self.configuration.probe("healthy", interval="5s", labels={"team": "mail"})
        self.configuration.probe("refused", interval="5s")
        daemon = self.start_daemon()
        prometheus = Prometheus(self.host.processes, self.host.folder / "prometheus",
                                daemon.url.removeprefix("http://"))
        self.assertEqual(self.lint(daemon.metrics().text), "")
        counts = eventually("the query agrees with /metrics",
                            lambda: self.agreed(daemon, prometheus))
        self.assertGreater(counts["healthy", "delivered"], 0)
        self.assertGreater(counts["refused", "send_failed"], 0)
        self.assertEqual(sum(counts.values()),
                         counts["healthy", "delivered"] + counts["refused", "send_failed"])
        self.check_queries(prometheus)
        # Once more, with values in every kind of series.
        self.assertEqual(self.lint(daemon.metrics().text), "")

    def lint(self, text):
        result = subprocess.run(["promtool", "check", "metrics"], input=text.encode(),
                                capture_output=True, timeout=60)
        said = (result.stdout + result.stderr).decode()
        return said if said or result.returncode == 0 else f"promtool: {result.returncode}"

    def agreed(self, daemon, prometheus):
        """The counts of verdicts, once Prometheus and two scrapes around it say the same."""
        def scraped():
            metrics = daemon.metrics()
            return {(probe, verdict): metrics.value("verdicts_total", probe=probe,
                                                    verdict=verdict)
                    for probe in ("healthy", "refused")
                    for verdict in ("delivered", "send_failed", "bounced", "lost", "unobserved")}
        before = scraped()
        queried = {(labels["probe"], labels["verdict"]): value
                   for labels, value in prometheus.query("mailprobed_verdicts_total")}
        after = scraped()
        full = before["healthy", "delivered"] and before["refused", "send_failed"]
        return before if full and before == queried == after else None

    def check_queries(self, prometheus):
        for expression, expected in (
                ('up{job="mailprobed"}', 1),
                ('mailprobed_probe_up{probe="healthy"}', 1),
                ('mailprobed_probe_up{probe="refused"}', 0),
                ('mailprobed_probe_info{probe="healthy",team="mail",from="healthy"}', 1)):
            with self.subTest(expression):
                self.assertEqual([value for _, value in prometheus.query(expression)], [expected])
        quantile = ("histogram_quantile(0.5, sum by (le) "
                    '(mailprobed_round_trip_seconds_bucket{probe="healthy"}))')
        [(_, median)] = prometheus.query(quantile)
        self.assertGreater(median, 0)
        self.assertLess(median, 30)
        for labels, series in prometheus.query(
                'count by (probe) ({__name__=~"mailprobed_.+",probe!=""})'):
            self.assertLessEqual(series, 120, labels)
        failures = prometheus.query("mailprobed_send_failures_total > 0")
        self.assertEqual([(labels["probe"], labels["stage"], labels["cause"])
                          for labels, _ in failures], [("refused", "auth", "auth_rejected")])


if __name__ == "__main__":
    main()
