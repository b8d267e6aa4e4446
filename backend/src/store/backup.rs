//! Copies of a SQLite database, made while it is in use, and put back.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, ConnectOptions, Connection};

use super::counters::recount;
use super::{Options, connect, open};

/// How long another process may hold the database for a moment.
const BUSY: Duration = Duration::from_secs(10);

/// What a copy holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How many records.
    pub records: i64,
    /// How large the file is.
    pub bytes: u64,
}

/// Writes a copy of a database as it is at one moment. Those who write to it meanwhile are not held up; their log only
/// grows until the copy is done. The file is there when it is whole, checked and on the disk, or not at all.
///
/// # Errors
/// The database's, or the disk's.
pub async fn write(database: &Path, to: &Path) -> anyhow::Result<Copied> {
    ensure!(database.exists(), "there is no database {}", database.display());
    let unfinished = beside(to, "unfinished");
    remove(&unfinished)?;
    let mut connection = connect_to(database, false).await?;
    let copied = sqlx::query("VACUUM INTO ?").bind(text(&unfinished)?).execute(&mut connection).await;
    connection.close().await?;
    let checked = match copied {
        Ok(_) => verify(&unfinished).await,
        Err(error) => Err(anyhow::Error::new(error).context("the copy cannot be made")),
    };
    let moved = checked.and_then(|copied| move_into_place(&unfinished, to).map(|()| copied));
    if moved.is_err() {
        remove(&unfinished)?;
    }
    moved
}

/// Puts a copy into the place of a database, after it has been checked, brought to the present schema and counted.
///
/// # Errors
/// That the copy is damaged or from a newer program, that its counters do not agree with its records, or that a server
/// has the database open.
pub async fn restore(from: &Path, options: &Options) -> anyhow::Result<Copied> {
    let database = PathBuf::from(connect::sqlite_path(&options.url).context("the database is none of SQLite")?);
    verify(from).await.with_context(|| format!("{} cannot be restored", from.display()))?;
    let unfinished = beside(&database, "unfinished");
    remove_all(&unfinished)?;
    if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    fs::copy(from, &unfinished).with_context(|| format!("cannot write {}", unfinished.display()))?;
    let ready = async {
        count_again(&unfinished, options).await?;
        nobody_has_open(&database).await?;
        let copied = verify(&unfinished).await?;
        // What the log of the database before still holds belongs to that one.
        remove(&beside(&database, "wal"))?;
        remove(&beside(&database, "shm"))?;
        move_into_place(&unfinished, &database)?;
        Ok(copied)
    };
    let ready = ready.await;
    if ready.is_err() {
        remove_all(&unfinished)?;
    }
    ready
}

async fn count_again(copy: &Path, options: &Options) -> anyhow::Result<()> {
    let url = format!("sqlite://{}", text(copy)?);
    let store = open(&Options { url, ..options.clone() }).await?;
    let differences = recount::check(&store).await?;
    store.close().await?;
    ensure!(differences.is_empty(), "{} counters of the copy do not agree with its records", differences.len());
    Ok(())
}

/// Opens a copy and looks whether it is whole.
async fn verify(copy: &Path) -> anyhow::Result<Copied> {
    let bytes = fs::metadata(copy).with_context(|| format!("there is no file {}", copy.display()))?.len();
    let mut connection = connect_to(copy, true).await?;
    let looked = look(&mut connection).await;
    connection.close().await?;
    Ok(Copied { records: looked?, bytes })
}

async fn look(connection: &mut SqliteConnection) -> anyhow::Result<i64> {
    let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut *connection)
        .await
        .context("it is no database of SQLite, or damaged")?;
    ensure!(found == "ok", "it is damaged: {}", found.replace('\n', " "));
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM records").fetch_one(connection).await;
    count.context("it is no database of Telemetrics")
}

/// Leaving the log needs the database for oneself, which any open connection prevents. One that is damaged may be
/// replaced: that is what a backup is for.
async fn nobody_has_open(database: &Path) -> anyhow::Result<()> {
    if !database.exists() {
        return Ok(());
    }
    let mut connection = connect_to(database, false).await?;
    let mode = sqlx::query_scalar::<_, String>("PRAGMA journal_mode = DELETE").fetch_one(&mut connection).await;
    connection.close().await?;
    match mode {
        Ok(mode) if mode == "delete" => Ok(()),
        Err(error) if is_damage(&error) => Ok(()),
        _ => bail!("{} is open elsewhere: stop the server first", database.display()),
    }
}

/// Whether SQLite says that a file is damaged, or none of its own: `SQLITE_CORRUPT`, `SQLITE_NOTADB`.
fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code).and_then(|code| code.parse::<i32>().ok());
    // The lower byte, without what further says where.
    code.is_some_and(|code| matches!(code & 0xff, 11 | 26))
}

async fn connect_to(file: &Path, read_only: bool) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(file).read_only(read_only).busy_timeout(BUSY);
    let connection = options.disable_statement_logging().connect().await;
    connection.with_context(|| format!("cannot open {}", file.display()))
}

/// A file beside another, with more behind its name.
fn beside(file: &Path, more: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-");
    name.push(more);
    PathBuf::from(name)
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("{} is no name that SQLite can be told", path.display()))
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

fn remove_all(database: &Path) -> anyhow::Result<()> {
    [database.to_path_buf(), beside(database, "wal"), beside(database, "shm")].iter().try_for_each(|file| remove(file))
}

fn move_into_place(file: &Path, to: &Path) -> anyhow::Result<()> {
    let moved = || {
        File::open(file)?.sync_all()?;
        fs::rename(file, to)?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    };
    moved().with_context(|| format!("cannot write {}", to.display()))
}
