//! Trains the dictionary that payloads are packed with, on the payloads of a demo fleet, and writes it to a file:
//! `cargo run --release --package telemetrics-backend --example train-dictionary -- FILE`.

fn main() -> anyhow::Result<()> {
    use telemetrics_backend::demo::{DemoOptions, fleet};

    let file = std::env::args().nth(1).ok_or_else(|| anyhow::anyhow!("usage: train-dictionary FILE"))?;
    let until = telemetrics_common::Timestamp::from_seconds(1_800_000_000);
    let options = DemoOptions { records: 60_000, days: 30, seed: 11, until, only_crashes: false };
    let mut samples: Vec<String> =
        fleet(&options).map(|demo| demo.record.payload).filter(|text| text.len() >= 48).collect();
    samples.truncate(40_000);
    let dictionary = zstd::dict::from_samples(&samples, 32 << 10)?;
    std::fs::write(&file, dictionary)?;
    Ok(())
}
