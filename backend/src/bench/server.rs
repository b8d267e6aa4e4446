//! This program in processes of its own, as it runs in earnest.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::http::{Connection, get};
use super::machine::{field, kib};

const START_TIME: Duration = Duration::from_secs(60);
/// Longer than the server itself gives requests that are under way.
const STOP_TIME: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// A server that does nothing for so long has nothing to do.
const REST: Duration = Duration::from_millis(100);
/// Longer than what is left to do after a load takes.
const REST_TIME: Duration = Duration::from_secs(60);

/// Runs this program to its end; what it logs goes where this one logs, and its output nowhere.
pub(super) async fn run(arguments: &[&str]) -> anyhow::Result<()> {
    let child = command()?.args(arguments).stdout(Stdio::null()).spawn().context("cannot start this program again")?;
    let mut process = Process(child);
    loop {
        match process.0.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => bail!("{} ended with {status}", arguments.join(" ")),
            None => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

/// The settings of whoever measures must not change what is measured.
fn command() -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TELEMETRICS_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    Ok(command)
}

/// A process that does not outlive its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Both are harmless when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A SQLite database's URL.
pub(super) fn url(database: &Path) -> String {
    format!("sqlite://{}", database.display())
}

/// A server that runs; it is killed when this is dropped.
pub(super) struct Server {
    process: Process,
    address: SocketAddr,
    log: PathBuf,
}

impl Server {
    /// Starts a server on a SQLite database with the settings that it has by itself, and waits until it answers.
    pub(super) async fn start(database: &Path) -> anyhow::Result<Self> {
        Self::start_with(&url(database), &database.with_extension("log"), &[]).await
    }

    /// The same on any database, with further options; what it says goes into a file.
    pub(super) async fn start_with(database: &str, log: &Path, options: &[&str]) -> anyhow::Result<Self> {
        let serve = |address: &str| {
            let fixed = ["serve", "--listen", address, "--database", database];
            fixed.iter().chain(options).map(|&argument| argument.to_owned()).collect()
        };
        Self::start_by(serve, log).await
    }

    /// Starts the handler that does nothing.
    pub(super) async fn start_empty(log: &Path) -> anyhow::Result<Self> {
        Self::start_by(|address| vec!["bench".to_owned(), format!("--empty-handler={address}")], log).await
    }

    async fn start_by(arguments: impl FnOnce(&str) -> Vec<String>, log: &Path) -> anyhow::Result<Self> {
        // Nobody else gets a port so soon after it was free.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let log = log.to_owned();
        let child = command()?
            .args(arguments(&address.to_string()))
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .context("cannot start the server")?;
        let mut server = Self { process: Process(child), address, log };
        server.wait_until_it_answers().await?;
        Ok(server)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its resident memory in MiB.
    pub(super) fn resident_mib(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.0.id()))?;
        let resident = field(&status, "VmRSS").and_then(kib).context("the kernel does not tell the server's memory")?;
        Ok(resident / 1024.0)
    }

    /// Waits until it has nothing more to do, and says since when.
    pub(super) async fn wait_until_it_rests(&self) -> anyhow::Result<Instant> {
        let deadline = Instant::now() + REST_TIME;
        let mut since = Instant::now();
        while since.elapsed() < REST {
            tokio::time::sleep(LOOK_AGAIN).await;
            if self.is_busy()? {
                since = Instant::now();
            }
            if since > deadline {
                bail!("the server does not come to rest: {}", self.last_words());
            }
        }
        Ok(since)
    }

    /// Whether one of its threads runs, or waits for the disk.
    fn is_busy(&self) -> anyhow::Result<bool> {
        for thread in fs::read_dir(format!("/proc/{}/task", self.process.0.id()))? {
            // One that has ended meanwhile is at rest.
            let stat = fs::read_to_string(thread?.path().join("stat")).unwrap_or_default();
            // The state follows the name, which stands in parentheses and may hold anything.
            if stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with(['R', 'D'])) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Lets it finish what it has begun, and end.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        // The standard library sends no other signal than KILL.
        let told = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &self.process.0.id().to_string()]).status();
        if !told.context("cannot tell the server to stop")?.success() {
            bail!("cannot tell the server to stop");
        }
        let deadline = Instant::now() + STOP_TIME;
        loop {
            match self.process.0.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the server ended with {status}: {}", self.last_words()),
                None if Instant::now() > deadline => bail!("the server does not stop: {}", self.last_words()),
                None => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    }

    async fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIME;
        while !self.answers().await {
            if let Some(status) = self.process.0.try_wait()? {
                bail!("the server ended with {status}: {}", self.last_words());
            }
            if Instant::now() > deadline {
                bail!("the server does not answer: {}", self.last_words());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    async fn answers(&self) -> bool {
        let Ok(mut connection) = Connection::open(self.address).await else { return false };
        connection.ask(&get(self.address, "/healthz")).await.is_ok_and(|answer| answer.status == 200)
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().last().unwrap_or("it has said nothing").to_owned()
    }
}
