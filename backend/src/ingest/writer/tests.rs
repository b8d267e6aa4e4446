//! What senders are told when a batch fails.

use sea_orm::sqlx::{Connection, PgConnection, query_scalar, raw_sql};

use super::*;
use crate::ingest::wire;
use crate::store::{self, Options};
use crate::testing::request::Record;
use crate::testing::{self, Database, NOW};

/// A batch fails by the fault of one of its records, the first of them is stored by itself, then the database goes away.
const TROUBLE: &str = "CREATE SEQUENCE tries; \
    CREATE FUNCTION trouble() RETURNS TRIGGER LANGUAGE plpgsql AS $$ \
    DECLARE number INTEGER := nextval('tries'); \
    BEGIN \
        IF number = 1 THEN RAISE 'one of them is at fault'; END IF; \
        IF number > 2 THEN RAISE 'it is shut down' USING ERRCODE = '57P01'; END IF; \
        RETURN NULL; \
    END $$; \
    CREATE TRIGGER trouble BEFORE INSERT ON record_key EXECUTE FUNCTION trouble()";

type Answer = oneshot::Receiver<Result<(Stored, NewRecord)>>;

fn room() -> OwnedSemaphorePermit {
    Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap()
}

fn record(number: u32) -> (Command, Answer) {
    let (answer, answered) = oneshot::channel();
    let record = wire::parse_json_form(Record::numbered(number).to_json().as_bytes(), false).unwrap();
    let incoming = Box::new(Incoming::new(record, Timestamp::from_seconds(NOW)));
    (Command::Record(incoming, answer, room(), Instant::now()), answered)
}

fn quarantined() -> (Command, oneshot::Receiver<Result<()>>) {
    let (answer, answered) = oneshot::channel();
    let (received_at, reason, body) = (Timestamp::from_seconds(NOW), "severity".to_owned(), "{}".to_owned());
    let new = NewQuarantined { received_at, reason, external: false, body };
    (Command::Quarantine(new, answer, room()), answered)
}

/// Has four records and one for the quarantine written in one batch. Of each it gives whether it is a resend, or nothing if
/// its sender is to come again.
async fn write(task: &Task) -> (Vec<Option<bool>>, Option<()>) {
    let (mut commands, answers): (Vec<Command>, Vec<Answer>) = (0..4).map(record).unzip();
    let (command, kept) = quarantined();
    commands.push(command);
    let (_queue, mut more) = mpsc::channel(1);
    assert!(task.write(commands, &mut more).await.is_empty());
    let mut told = Vec::new();
    for answer in answers {
        told.push(unless_away(answer.await.unwrap()).map(|(stored, _)| stored.resend));
    }
    (told, unless_away(kept.await.unwrap()))
}

fn unless_away<T>(answer: Result<T>) -> Option<T> {
    match answer {
        Ok(stored) => Some(stored),
        Err(Error::Unavailable { .. }) => None,
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn once_the_database_is_away_nothing_more_is_tried() {
    let database = Database::new(testing::Kind::Postgres).await;
    let store = store::open(&Options::new(&database.url)).await.unwrap();
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    raw_sql(TROUBLE).execute(&mut connection).await.unwrap();
    let task = Task { store: store.clone(), live: Live::new(store.clone()), metrics: Arc::default() };
    assert_eq!(write(&task).await, (vec![Some(false), None, None, None], None));
    let tries: i64 = query_scalar("SELECT last_value FROM tries").fetch_one(&mut connection).await.unwrap();
    assert_eq!(tries, 3, "the batch and two records");
    // Of those who come again only one had been stored.
    raw_sql("DROP TRIGGER trouble ON record_key").execute(&mut connection).await.unwrap();
    assert_eq!(write(&task).await, (vec![Some(true), Some(false), Some(false), Some(false)], Some(())));
    let kept: i64 = query_scalar("SELECT COUNT(*) FROM quarantine").fetch_one(&mut connection).await.unwrap();
    assert_eq!(kept, 1);
    connection.close().await.unwrap();
    store.close().await.unwrap();
    database.remove().await;
}
