//! PostgreSQL servers and PgBouncer of a test's own, from the installed programs, on free ports of loopback.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sea_orm::sqlx::{AssertSqlSafe, Connection, PgConnection, query};

const PGBOUNCER: &str = "pgbouncer";
/// Longer than any of them takes to begin.
const START_TIME: Duration = Duration::from_secs(60);

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}

/// A command that may not run as root, and so runs as nobody there.
fn as_nobody(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(program).current_dir("/");
    command
}

fn run(mut command: Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A folder that goes with its owner, and that nobody may write into.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    if is_root() {
        run({
            let mut command = Command::new("chown");
            command.arg("nobody:nogroup").arg(folder.path());
            command
        });
    }
    folder
}

/// Where a program is: on the PATH, or where Debian puts what is for administrators.
pub fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.find_map(|folder| Some(folder.join(name)).filter(|program| program.is_file()))
}

/// Says that a test is left out for want of a program; in CI, where nobody would read it, the test fails instead.
pub fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    println!("skipped: {why}");
}

/// Where PostgreSQL's programs are: where Debian keeps them, the newest version, or on the PATH.
fn programs() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().map(|entry| entry.unwrap().path());
    let newest = versions.filter(|path| path.join("bin/initdb").is_file()).max_by_key(version);
    newest.map(|path| path.join("bin")).or_else(|| Some(installed("initdb")?.parent()?.to_owned()))
}

fn program(name: &str) -> PathBuf {
    programs().expect("looked for before").join(name)
}

/// A PostgreSQL server; it ends with its owner.
pub struct Cluster {
    folder: tempfile::TempDir,
    port: u16,
}

impl Cluster {
    /// A server with nothing in it. None, with a word about it, where its programs or PgBouncer are not installed.
    pub fn start() -> Option<Self> {
        if programs().is_none() || installed(PGBOUNCER).is_none() {
            skip("PostgreSQL's programs or PgBouncer are not installed");
            return None;
        }
        let cluster = Self { folder: folder(), port: free_port() };
        let mut init = as_nobody(&program("initdb"));
        init.arg("-D").arg(cluster.data()).args(["-U", "test", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]);
        run(init);
        cluster.begin();
        Some(cluster)
    }

    /// A copy that follows this server by streaming.
    pub fn replica(&self) -> Self {
        let replica = Self { folder: folder(), port: free_port() };
        let mut copy = as_nobody(&program("pg_basebackup"));
        copy.arg("-D").arg(replica.data()).arg("-d").arg(self.url()).args(["-R", "-X", "stream", "-c", "fast"]);
        run(copy);
        replica.begin();
        replica
    }

    /// For a server, and for PgBouncer in front of it.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// Executes a statement in a connection of its own.
    pub async fn execute(&self, sql: &str) {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Makes every commit wait until the replica has it on its disk.
    pub async fn commit_with_replica(&self) {
        self.execute("ALTER SYSTEM SET synchronous_standby_names = '*'").await;
        self.execute("SELECT pg_reload_conf()").await;
    }

    /// Ends it as a loss of power does.
    pub fn fail(&self) {
        run(self.control(&["stop", "-m", "immediate"]));
    }

    /// Lets it go on again after that.
    pub fn begin(&self) {
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories='' -c fsync=off -c max_connections=100",
            self.port
        );
        run(self.control(&["start", "-w", "-o", &options]));
    }

    /// Makes a server of its own of a replica.
    pub fn promote(&self) {
        run(self.control(&["promote", "-w"]));
    }

    fn control(&self, arguments: &[&str]) -> Command {
        let mut command = as_nobody(&program("pg_ctl"));
        command.arg("-D").arg(self.data()).arg("-l").arg(self.folder.path().join("log")).arg("-s").args(arguments);
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.control(&["stop", "-m", "immediate"]).stderr(Stdio::null()).status();
    }
}

fn url(port: u16) -> String {
    format!("postgres://test@127.0.0.1:{port}/postgres")
}

/// PgBouncer in front of a server, which gives connections to whoever begins a transaction; it ends with its owner.
pub struct Bouncer {
    folder: tempfile::TempDir,
    port: u16,
    process: Child,
}

impl Bouncer {
    pub fn start(cluster: &Cluster) -> Self {
        let (folder, port) = (folder(), free_port());
        let users = folder.path().join("users");
        fs::write(&users, "\"test\" \"\"\n").unwrap();
        write_settings(folder.path(), port, cluster);
        let mut command = as_nobody(&installed(PGBOUNCER).expect("looked for before"));
        command.arg("-q").arg(folder.path().join("pgbouncer.ini")).stdin(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let begin = Instant::now();
        while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(begin.elapsed() < START_TIME, "PgBouncer does not begin");
            std::thread::yield_now();
        }
        Self { folder, port, process }
    }

    /// Leads to another server from now on.
    pub fn lead_to(&self, cluster: &Cluster) {
        write_settings(self.folder.path(), self.port, cluster);
        run({
            let mut command = Command::new("kill");
            command.args(["-HUP", &self.process.id().to_string()]);
            command
        });
    }

    pub fn url(&self) -> String {
        url(self.port)
    }
}

/// As docs/postgresql.md says that it must be.
fn write_settings(folder: &Path, port: u16, cluster: &Cluster) {
    let settings = format!(
        "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = transaction\ndefault_pool_size = 6\n\
         ignore_startup_parameters = extra_float_digits,options\nserver_reset_query = DEALLOCATE ALL\n\
         server_reset_query_always = 1\nserver_login_retry = 1\n",
        cluster.port,
        folder.join("users").display()
    );
    fs::write(folder.join("pgbouncer.ini"), settings).unwrap();
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
