//! https by the server itself.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use telemetrics_backend::server::tls::{Settings, Tls};
use telemetrics_backend::server::{self, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio_util::sync::CancellationToken;

use crate::support::{Database, Kind, TestApp};

/// Writes a certificate of its own, and gives it.
fn write_certificate(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

fn settings(folder: &Path) -> Settings {
    Settings { tls_cert: Some(folder.join("cert.pem")), tls_key: Some(folder.join("key.pem")) }
}

/// The answer to a request by somebody who trusts one certificate only; nothing when the server has another.
async fn ask(address: SocketAddr, trusted: &CertificateDer<'static>) -> Option<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // A server need not say goodbye.
    let _ = stream.read_to_end(&mut answer).await;
    Some(String::from_utf8(answer).unwrap())
}

#[tokio::test]
async fn https_with_a_certificate_that_changes() {
    let folder = tempfile::tempdir().unwrap();
    let first = write_certificate(folder.path());
    let database = Database::new(Kind::Sqlite).await;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let app = TestApp::start(&database.url, &["--tls-cert", &path("cert.pem"), "--tls-key", &path("key.pem")]).await;
    let tls = Tls::of(&settings(folder.path())).unwrap().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let limits = Limits { head: Duration::from_millis(300), stop: Duration::from_secs(5) };
    let (front, state, stopping, secure) = (app.front.clone(), app.state.clone(), stop.clone(), tls.clone());
    let task =
        tokio::spawn(async move { server::serve(listener, Some(secure), front, &state, limits, stopping).await });

    let answer = ask(address, &first).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");

    // Who says nothing, or something else, is let go.
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    for stream in [&mut silent, &mut plain] {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(!String::from_utf8_lossy(&rest).contains("HTTP/1.1"));
    }

    // A half-written pair of files leaves the certificate of before in force.
    std::fs::write(folder.path().join("cert.pem"), "not a certificate").unwrap();
    assert!(tls.reload().is_err());
    assert!(ask(address, &first).await.is_some());
    let second = write_certificate(folder.path());
    tls.reload().unwrap();
    assert!(ask(address, &first).await.is_none());
    assert!(ask(address, &second).await.unwrap().starts_with("HTTP/1.1 200"));

    stop.cancel();
    task.await.unwrap();
    app.stop().await;
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let check = |expected: &str| {
        let error = format!("{:#}", Tls::of(&settings(folder.path())).err().expect("a refusal"));
        assert!(error.contains(expected), "{error}");
    };
    check("cannot use the certificate in ");
    write_certificate(folder.path());
    std::fs::write(folder.path().join("cert.pem"), "").unwrap();
    check("there is no certificate in ");
    write_certificate(folder.path());
    std::fs::write(folder.path().join("key.pem"), "nothing").unwrap();
    check("cannot use the key in ");
    assert!(Tls::of(&Settings::default()).unwrap().is_none());
}

#[test]
fn half_of_a_pair_is_no_way_to_plain_http() {
    let both = settings(Path::new("."));
    for half in [Settings { tls_cert: None, ..both.clone() }, Settings { tls_key: None, ..both }] {
        let error = Tls::of(&half).err().expect("a refusal").to_string();
        assert_eq!(error, "--tls-cert and --tls-key go together");
    }
}
