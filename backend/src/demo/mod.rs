//! stub
use crate::ingest::record::NewRecord;
use telemetrics_common::Timestamp;
pub struct DemoOptions {
    pub records: u64,
    pub days: u32,
    pub seed: u64,
    pub until: Timestamp,
}
pub struct DemoRecord {
    pub record: NewRecord,
    pub received_at: Timestamp,
}
pub fn fleet(_options: &DemoOptions) -> impl Iterator<Item = DemoRecord> {
    std::iter::empty()
}
