//! The numbers in Prometheus' text format (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::{Display, Write};

use super::{BATCH_RECORDS, COMMIT_MICROS, Histogram, Metrics, held};

/// What is not counted but looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// The database.
    pub database_bytes: u64,
    /// Free on its disk, where the server sees that.
    pub disk_free_bytes: Option<u64>,
    /// Records in quarantine.
    pub quarantined: u64,
    /// Batches of records that hooks of views have lost, by view.
    pub lost_by_hooks: Vec<(&'static str, u64)>,
    /// Memory of the process, where the system tells it.
    pub memory_bytes: Option<u64>,
    /// When the process began, in seconds since 1970.
    pub started_at: i64,
}

/// A text with its metrics.
struct Page(String);

impl Page {
    fn begin(&mut self, name: &str, kind: &str, help: &str) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.0, "# HELP telemetrics_{name} {help}\n# TYPE telemetrics_{name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<String> = labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "telemetrics_{name}{labels} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.begin(name, kind, help);
        self.line(name, &[], value);
    }

    /// Values in a unit of which so many make the one that is told.
    fn histogram<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        (of, bounds, unit): (&Histogram<N>, &[u64; N], f64),
    ) {
        self.begin(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        for (bound, up_to) in of.up_to(bounds) {
            self.line(&bucket, &[("le", &(bound as f64 / unit).to_string())], up_to);
        }
        self.line(&bucket, &[("le", "+Inf")], of.count());
        self.line(&format!("{name}_sum"), &[], of.sum() as f64 / unit);
        self.line(&format!("{name}_count"), &[], of.count());
    }
}

impl Metrics {
    /// As Prometheus reads it.
    pub fn render(&self, gauges: &Gauges) -> String {
        let mut page = Page(String::new());
        self.render_collector(&mut page);
        self.render_writer(&mut page);
        self.render_routes(&mut page);
        render_gauges(&mut page, gauges);
        page.0
    }

    fn render_collector(&self, page: &mut Page) {
        let name = "collector_records_total";
        page.begin(name, "counter", "Records sent to the collector, by what became of them.");
        let results = self.results();
        for (result, value) in [
            ("stored", results.stored),
            ("resent", results.resent),
            ("quarantined", results.quarantined),
            ("refused", results.refused),
            ("unavailable", results.unavailable),
        ] {
            page.line(name, &[("result", result)], value);
        }
        let name = "collector_refusals_total";
        page.begin(name, "counter", "Records that were refused or put into quarantine, by the field or the reason.");
        for (reason, value) in self.reasons() {
            page.line(name, &[("reason", reason)], value);
        }
        let name = "stored_records_total";
        page.begin(name, "counter", "Records stored, by the domain of their classification.");
        for (domain, value) in held(&self.domains).iter() {
            page.line(name, &[("domain", domain)], value);
        }
    }

    fn render_writer(&self, page: &mut Page) {
        page.one("writer_queue_depth", "gauge", "Records waiting for the writer.", self.queue_depth.get());
        let age = self.queue_age_micros.get() as f64 / 1e6;
        page.one("writer_queue_age_seconds", "gauge", "How long the last batch's first record had waited.", age);
        let help = "Transactions of the writer and the time they took.";
        page.histogram("commit_seconds", help, (&self.commits, &COMMIT_MICROS, 1e6));
        page.histogram("commit_records", "Records in a transaction.", (&self.batches, &BATCH_RECORDS, 1.0));
        page.one("purged_records_total", "counter", "Records purged by this server.", self.purged.get());
        page.one("purges_total", "counter", "Purges by this server.", self.purges.get());
        let help = "When the last purge by this server ended; 0 for never.";
        page.one("last_purge_timestamp_seconds", "gauge", help, self.purged_at.get());
        page.one("recomputes_total", "counter", "Recomputes of all guilties by this server.", self.recomputes.get());
        page.one("broken_jobs_total", "counter", "Jobs in the background that broke off.", self.broken_jobs.get());
    }

    fn render_routes(&self, page: &mut Page) {
        let routes = held(&self.routes).clone();
        let answers = || {
            let all = routes.iter().flat_map(|(route, answers)| answers.iter().map(move |of| (route.as_str(), of)));
            all.map(|(route, ((method, status), answers))| (*method, route, status.to_string(), answers))
        };
        let (requests, seconds) = ("http_requests_total", "http_request_seconds_total");
        page.begin(requests, "counter", "Requests by method, route and status.");
        for (method, route, status, answers) in answers() {
            page.line(requests, &[("method", method), ("route", route), ("status", &status)], answers.count);
        }
        page.begin(seconds, "counter", "Time until the answers' heads were there.");
        for (method, route, status, answers) in answers() {
            page.line(seconds, &[("method", method), ("route", route), ("status", &status)], answers.seconds);
        }
    }
}

fn render_gauges(page: &mut Page, gauges: &Gauges) {
    page.one("database_bytes", "gauge", "Size of the database.", gauges.database_bytes);
    if let Some(bytes) = gauges.disk_free_bytes {
        page.one("disk_free_bytes", "gauge", "Free on the disk of the database.", bytes);
    }
    page.one("quarantine_records", "gauge", "Records in quarantine.", gauges.quarantined);
    let name = "hook_lost_batches_total";
    page.begin(name, "counter", "Batches of records that the hook of a view has failed to count.");
    for (view, batches) in &gauges.lost_by_hooks {
        page.line(name, &[("view", view)], batches);
    }
    if let Some(bytes) = gauges.memory_bytes {
        page.one("process_resident_memory_bytes", "gauge", "Memory of the process.", bytes);
    }
    page.one("process_start_time_seconds", "gauge", "When the process began.", gauges.started_at);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn rendered_for_prometheus() {
        let metrics = Metrics::default();
        metrics.stored.add(3);
        metrics.commits.add(&COMMIT_MICROS, 1_500_000);
        metrics.commits.add(&COMMIT_MICROS, 900);
        metrics.refused_because("severity");
        metrics.stored_of(["org.clearlinux/a/b", "org.clearlinux/c/d", "evil\"\n/e/f"].into_iter());
        metrics.answered("GET", Some("/api/v1/records/{id}"), 404, Duration::from_millis(250));
        metrics.answered("GET", None, 200, Duration::ZERO);
        let text = metrics.render(&Gauges { database_bytes: 7, ..Gauges::default() });
        for expected in [
            "# TYPE telemetrics_collector_records_total counter\n",
            "telemetrics_collector_records_total{result=\"stored\"} 3\n",
            "telemetrics_collector_refusals_total{reason=\"severity\"} 1\n",
            "telemetrics_stored_records_total{domain=\"org.clearlinux\"} 2\n",
            "telemetrics_stored_records_total{domain=\"evil\\\"\\n\"} 1\n",
            "telemetrics_commit_seconds_bucket{le=\"0.001\"} 1\n",
            "telemetrics_commit_seconds_bucket{le=\"+Inf\"} 2\n",
            "telemetrics_commit_seconds_sum 1.5009\n",
            "telemetrics_http_requests_total{method=\"GET\",route=\"/api/v1/records/{id}\",status=\"404\"} 1\n",
            "telemetrics_http_request_seconds_total{method=\"GET\",route=\"/api/v1/records/{id}\",status=\"404\"} 0.25\n",
            "telemetrics_http_requests_total{method=\"GET\",route=\"(other)\",status=\"200\"} 1\n",
            "telemetrics_database_bytes 7\n",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert!(!text.contains("telemetrics_disk_free_bytes"));
    }

    /// What packages bring for Prometheus and Grafana asks for nothing that there is not.
    #[test]
    fn dashboards_and_alerts_know_the_names() {
        let metrics = Metrics::default();
        metrics.refused_because("severity");
        let text = metrics.render(&Gauges { disk_free_bytes: Some(1), memory_bytes: Some(1), ..Gauges::default() });
        let names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "))
            .filter_map(|line| line.split_ascii_whitespace().next())
            .collect();
        let asked = [
            include_str!("../../../deploy/watching/grafana.json"),
            include_str!("../../../deploy/watching/alerts.yaml"),
        ];
        let mut found = 0;
        for name in asked.concat().split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if !name.starts_with("telemetrics_") {
                continue;
            }
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|tail| name.strip_suffix(tail)).unwrap_or(name);
            assert!(names.contains(&name) || names.contains(&base), "{name}");
            found += 1;
        }
        assert!(found > 20, "{found}");
        let dashboard: serde_json::Value = serde_json::from_str(asked[0]).unwrap();
        assert_eq!(dashboard["panels"].as_array().map(Vec::len), Some(16));
    }

    #[test]
    fn domains_are_bounded() {
        let metrics = Metrics::default();
        let names: Vec<String> = (0..150).map(|number| format!("d{number}/a/b")).collect();
        metrics.stored_of(names.iter().map(String::as_str));
        let domains = held(&metrics.domains);
        assert_eq!((domains.len(), domains.get("(other)")), (101, Some(&50)));
    }
}
