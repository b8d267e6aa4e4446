//! How many machines have crashed, by the records of a server.
#![expect(clippy::print_stdout, reason = "what a script is for")]

use std::collections::BTreeSet;
use std::error::Error;
use std::pin::pin;

use futures_util::TryStreamExt;
use telemetrics_client::Client;
use telemetrics_common::RecordFilter;
use telemetrics_common::paging::Paged;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let client = Client::new(&server)?;
    let crashes = RecordFilter { classification: Some("org.clearlinux/crash/clr".parse()?), ..RecordFilter::default() };
    let mut records = pin!(client.rows(Paged { limit: Some(1000), ..Paged::first(crashes) }));
    let mut machines = BTreeSet::new();
    while let Some(record) = records.try_next().await? {
        machines.insert(record.machine_id);
    }
    println!("{} machines have crashed", machines.len());
    Ok(())
}
