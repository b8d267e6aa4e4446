//! What browsers and scripts show: random texts, of which the database keeps only hashes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Error, Result};

/// Marks tokens, so that one that got into a file or a chat is found by who looks for such things.
const TOKEN_PREFIX: &str = "tlm_";
/// Letters and digits of passwords that are given: none that is taken for another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const PASSWORD_CHARS: usize = 20;

/// 256 random bits as text.
pub(super) fn random() -> Result<String> {
    let mut bytes = [0; 32];
    fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A token for scripts.
pub(super) fn token() -> Result<String> {
    random().map(|random| format!("{TOKEN_PREFIX}{random}"))
}

/// A password of 100 bits, in groups that can be read to somebody.
///
/// # Errors
/// When the system has no randomness.
pub fn password() -> Result<String> {
    let mut bytes = [0; PASSWORD_CHARS];
    fill(&mut bytes)?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    Ok(letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// What the database keeps of a secret. They are long and random: a quick hash is enough.
pub(super) fn hash(secret: &str) -> [u8; 32] {
    *blake3::hash(secret.as_bytes()).as_bytes()
}

/// What a page of the session's browser sends with each change: other pages cannot know it.
pub(super) fn csrf(session: &str) -> String {
    URL_SAFE_NO_PAD.encode(blake3::derive_key("telemetrics session csrf", session.as_bytes()))
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| Error::internal(format!("the system has no randomness: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_are_long() {
        let tokens = [token().unwrap(), token().unwrap()];
        assert!(tokens[0] != tokens[1] && tokens.iter().all(|token| token.len() == 47 && token.starts_with("tlm_")));
        let passwords = [password().unwrap(), password().unwrap()];
        assert!(passwords[0] != passwords[1]);
        assert!(passwords.iter().all(|password| password.split('-').map(str::len).eq([5, 5, 5, 5])), "{passwords:?}");
    }

    #[test]
    fn a_csrf_token_belongs_to_its_session_and_does_not_tell_it() {
        assert_eq!(csrf("a"), csrf("a"));
        assert_ne!(csrf("a"), csrf("b"));
        assert_ne!(csrf("a").as_bytes(), hash("a"));
    }
}
