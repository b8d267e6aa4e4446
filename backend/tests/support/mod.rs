//! A server on a database of its own, for tests that read as examples.

pub mod cluster;
pub mod crashes;
pub mod fleet;
pub mod people;

use std::future::Future;
use std::sync::Arc;

pub use telemetrics_backend::testing::{Answer, Database, Kind, NOW, TestApp, request, server_url};

/// Runs a test on a fresh database of a kind.
pub async fn on<F: Future<Output = ()>>(kind: Kind, options: &[&str], test: impl FnOnce(Arc<TestApp>) -> F) {
    let database = Database::new(kind).await;
    let app = Arc::new(TestApp::start(&database.url, options).await);
    test(Arc::clone(&app)).await;
    // A test that keeps the server has to end before its database can go.
    Arc::into_inner(app).expect("the test has let the server go").stop().await;
    database.remove().await;
}

/// Makes each `async fn(Arc<TestApp>)` a test on SQLite and one on PostgreSQL.
#[macro_export]
macro_rules! on_both_databases {
    ($($name:ident $(($($option:literal),*))?),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                $crate::support::on($crate::support::Kind::Sqlite, &[$($($option),*)?], super::$name).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                $crate::support::on($crate::support::Kind::Postgres, &[$($($option),*)?], super::$name).await;
            })*
        }
    };
}
