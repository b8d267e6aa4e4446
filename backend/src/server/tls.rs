//! TLS: certificates from files, read anew when they change or on SIGHUP.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use clap::Args;
use tokio::signal::unix::Signal;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const POLL: Duration = Duration::from_secs(30);

/// Where certificate and key are.
#[derive(Args, Clone, Debug, Default)]
#[group(id = "tls")]
pub struct Settings {
    /// Serve https: file with the certificate and those that it is signed by, in PEM; read anew when it changes
    #[arg(long, env = "TELEMETRICS_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// File with the certificate's private key, in PEM
    #[arg(long, env = "TELEMETRICS_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

/// When certificate and key were changed last, as far as that is known.
type Times = (Option<SystemTime>, Option<SystemTime>);

/// The certificate in force. Cheap to clone.
#[doc(hidden)]
#[derive(Clone)]
pub struct Tls {
    files: Arc<(PathBuf, PathBuf)>,
    /// Of the files that were read first.
    times: Times,
    config: Arc<RwLock<Arc<ServerConfig>>>,
}

impl Tls {
    /// From the files, if there are to be any.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn of(settings: &Settings) -> anyhow::Result<Option<Self>> {
        let files = match (&settings.tls_cert, &settings.tls_key) {
            (None, None) => return Ok(None),
            (Some(cert), Some(key)) => (cert.clone(), key.clone()),
            _ => bail!("--tls-cert and --tls-key go together"),
        };
        // Before the files are read: what changes meanwhile is seen as a change.
        let times = changed_at(&files);
        let config = Arc::new(RwLock::new(read(&files.0, &files.1)?));
        Ok(Some(Self { files: Arc::new(files), times, config }))
    }

    /// What makes a connection a secure one.
    pub fn acceptor(&self) -> TlsAcceptor {
        // A panic while the lock is held leaves it whole: what changes is one pointer.
        TlsAcceptor::from(Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Reads the files anew; connections that there are go on as they are.
    ///
    /// # Errors
    /// What is wrong with the files; the certificate of before stays in force.
    pub fn reload(&self) -> anyhow::Result<()> {
        let config = read(&self.files.0, &self.files.1)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Keeps the certificate as the files have it, until the server stops: reads them when they change, and on each
    /// signal.
    pub fn keep_reloading(&self, mut hangup: Signal, stopping: CancellationToken) {
        let tls = self.clone();
        tokio::spawn(async move {
            let mut known = tls.times;
            loop {
                let told = tokio::select! {
                    _ = hangup.recv() => true,
                    () = tokio::time::sleep(POLL) => false,
                    () = stopping.cancelled() => return,
                };
                let now = changed_at(&tls.files);
                if !told && now == known {
                    continue;
                }
                known = now;
                match tls.reload() {
                    Ok(()) => tracing::info!("the certificate was read anew"),
                    Err(error) => tracing::error!(error = format!("{error:#}"), "the certificate of before stays"),
                }
            }
        });
    }
}

fn changed_at((cert, key): &(PathBuf, PathBuf)) -> Times {
    let changed = |path: &Path| std::fs::metadata(path).and_then(|of| of.modified()).ok();
    (changed(cert), changed(key))
}

fn read(cert: &Path, key: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let context = || format!("cannot use the certificate in {}", cert.display());
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(cert).and_then(Iterator::collect).with_context(context)?;
    anyhow::ensure!(!chain.is_empty(), "there is no certificate in {}", cert.display());
    let key_of = || format!("cannot use the key in {}", key.display());
    let key = PrivateKeyDer::from_pem_file(key).with_context(key_of)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .with_context(context)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
