//! What the server counts about itself, in Prometheus' text format
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that many threads change.
#[derive(Debug, Default)]
pub struct Number(AtomicU64);

impl Number {
    /// Adds to it.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Makes it this.
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Its value.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The numbers.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Records stored.
    pub stored: Number,
    /// Records that had been stored before.
    pub resent: Number,
    /// Records put into quarantine.
    pub quarantined: Number,
    /// Records refused: 4xx.
    pub refused: Number,
    /// Records that could not be taken now: 5xx.
    pub unavailable: Number,
    /// Records waiting for the writer.
    pub queue_depth: Number,
    /// Transactions of the writer.
    pub commits: Number,
    /// Time that they took, in microseconds.
    pub commit_micros: Number,
}

impl Metrics {
    /// As Prometheus reads it.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let mut section = |name: &str, kind: &str, help: &str, values: &[(&str, String)]| {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "# HELP telemetrics_{name} {help}\n# TYPE telemetrics_{name} {kind}");
            for (labels, value) in values {
                let _ = writeln!(text, "telemetrics_{name}{labels} {value}");
            }
        };
        let results = [
            (r#"{result="stored"}"#, self.stored.get().to_string()),
            (r#"{result="resent"}"#, self.resent.get().to_string()),
            (r#"{result="quarantined"}"#, self.quarantined.get().to_string()),
            (r#"{result="refused"}"#, self.refused.get().to_string()),
            (r#"{result="unavailable"}"#, self.unavailable.get().to_string()),
        ];
        section(
            "collector_records_total",
            "counter",
            "Records sent to the collector, by what became of them.",
            &results,
        );
        let depth = self.queue_depth.get().to_string();
        section("writer_queue_depth", "gauge", "Records waiting for the writer.", &[("", depth)]);
        let seconds = self.commit_micros.get() as f64 / 1e6;
        let commits = [("_count", self.commits.get().to_string()), ("_sum", seconds.to_string())];
        section("commit_seconds", "summary", "Transactions of the writer and the time they took.", &commits);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendered_for_prometheus() {
        let metrics = Metrics::default();
        metrics.stored.add(3);
        metrics.commits.add(2);
        metrics.commit_micros.add(1_500_000);
        let text = metrics.render();
        assert!(text.contains("# TYPE telemetrics_collector_records_total counter\n"), "{text}");
        assert!(text.contains("telemetrics_collector_records_total{result=\"stored\"} 3\n"), "{text}");
        assert!(text.contains("telemetrics_commit_seconds_sum 1.5\n"), "{text}");
    }
}
