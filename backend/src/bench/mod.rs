//! stub
#[derive(clap::Args, Debug)]
pub struct Options {}
pub async fn run(_o: Options) -> anyhow::Result<()> {
    Ok(())
}
