//! Passwords: Argon2id, which costs time and memory on purpose, so never many at once.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use telemetrics_common::accounts::{MAX_NAME_CHARS, MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};

/// How many are hashed at once: that many times the memory of one is the most that all of them take.
const AT_ONCE: usize = 2;
/// How many may wait for that; further ones are told to come again.
const WAITING: usize = 32;
const PASSES: u32 = 3;

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    memory_kib: u32,
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Passwords {
    /// With so much memory for each hash.
    pub fn new(memory_kib: u32) -> Self {
        let (at_once, waiting) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(Semaphore::new(WAITING)));
        Self { memory_kib, at_once, waiting }
    }

    /// The hash of a password, in PHC form.
    ///
    /// # Errors
    /// `Unavailable` when too many wait.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.work(move |argon| {
            let hash = argon.hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| Error::internal(format!("hashing a password: {error}")))
        })
        .await?
    }

    /// Whether it is the password of a hash. Without a hash it is not, and that is found out no quicker.
    ///
    /// # Errors
    /// `Unavailable` when too many wait.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        self.work(move |argon| match &hash {
            Some(hash) => {
                PasswordHash::new(hash).is_ok_and(|hash| argon.verify_password(password.as_bytes(), &hash).is_ok())
            }
            None => {
                let _ = argon.hash_password(password.as_bytes());
                false
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce(Argon2<'static>) -> T + Send + 'static) -> Result<T> {
        let busy = || Error::unavailable("too many people are logging in at once");
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| busy())?;
        let turn = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| busy())?;
        let params = Params::new(self.memory_kib, PASSES, 1, None)
            .map_err(|error| Error::internal(format!("parameters of Argon2: {error}")))?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let done = tokio::task::spawn_blocking(move || {
            let done = work(argon);
            drop((waiting, turn));
            done
        });
        done.await.map_err(|error| Error::internal(format!("hashing a password: {error}")))
    }
}

/// Checks a password that somebody has chosen.
///
/// # Errors
/// `BadRequest` that begins with the field's name.
pub fn check(field: &str, password: &str) -> Result<()> {
    let (chars, bytes) = (password.chars().count(), password.len());
    if chars < MIN_PASSWORD_CHARS || bytes > MAX_PASSWORD_BYTES {
        return Err(Error::BadRequest(format!(
            "{field}: must have at least {MIN_PASSWORD_CHARS} characters, and at most {MAX_PASSWORD_BYTES} bytes"
        )));
    }
    Ok(())
}

/// Checks the name of an account or a token. What the audit log calls tokens and commands by is no name of an account.
///
/// # Errors
/// `BadRequest`.
pub fn check_name(name: &str) -> Result<()> {
    let chars = name.chars().count();
    let is_taken = name.contains('/') || name.starts_with('(');
    if !(1..=MAX_NAME_CHARS).contains(&chars) || name.trim() != name || name.chars().any(char::is_control) || is_taken {
        return Err(Error::BadRequest(format!(
            "name: must be 1 to {MAX_NAME_CHARS} characters in one line, without white space around them and without /, \
             and not begin with ("
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_is_right() {
        let passwords = Passwords::new(64);
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=3,p=1$"), "{hash}");
        let check = async |password: &str, hash: Option<&str>, right: bool| {
            let verified = passwords.verify(password.to_owned(), hash.map(str::to_owned)).await.unwrap();
            assert_eq!(verified, right, "{password}");
        };
        check("correct horse", Some(&hash), true).await;
        check("Correct horse", Some(&hash), false).await;
        check("correct horse", None, false).await;
        check("correct horse", Some("what is no hash"), false).await;
    }

    #[tokio::test]
    async fn many_at_once_are_sent_away() {
        let passwords = Passwords::new(64);
        let _all = passwords.at_once.acquire_many(2).await.unwrap();
        let waiting: Vec<_> = (0..WAITING)
            .map(|_| {
                let passwords = passwords.clone();
                Box::pin(async move { passwords.verify("x".to_owned(), None).await })
            })
            .collect();
        let mut waiting = futures_util::future::join_all(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        let error = passwords.verify("x".to_owned(), None).await.unwrap_err();
        assert_eq!(error.to_string(), "too many people are logging in at once");
    }

    #[test]
    fn names_and_passwords_have_bounds() {
        for name in ["a", "Ada Lovelace", "ada@example.org"] {
            check_name(name).unwrap();
        }
        for name in ["", " a", "a\n", "a/b", "(command line)", &"a".repeat(65)] {
            assert!(check_name(name).unwrap_err().to_string().starts_with("name: "));
        }
        check("new", "0123456789").unwrap();
        check("new", &"x".repeat(1024)).unwrap();
        for password in ["123456789".to_owned(), "x".repeat(1025)] {
            assert!(check("new", &password).unwrap_err().to_string().starts_with("new: "));
        }
    }
}
