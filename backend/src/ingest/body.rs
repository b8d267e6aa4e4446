//! Reading a request's body: bounded in size, time and what it unpacks to.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout, timeout_at};

use crate::error::{Error, Result};

/// How long a body may take.
const READ_TIME: Duration = Duration::from_secs(30);
/// What a refused sender may still send, so that it gets to read the answer.
const DRAIN_BYTES: usize = 4 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(2);
/// Larger windows than 8 MiB would let a small body claim much memory.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Reads a body of at most `cap` bytes. One that is larger is read on and thrown away for a while.
///
/// # Errors
/// `TooLarge`, `TooSlow`, and `BadRequest` when it breaks off.
pub async fn read(headers: &HeaderMap, mut body: Body, cap: usize) -> Result<Vec<u8>> {
    let deadline = Instant::now() + READ_TIME;
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > cap as u64) {
        // A sender that waits for a go-ahead has sent nothing yet.
        if !headers.contains_key(EXPECT) {
            drain(&mut body).await;
        }
        return Err(too_large(cap));
    }
    let mut bytes = Vec::new();
    loop {
        let frame = match timeout_at(deadline, body.frame()).await {
            Err(_) => return Err(Error::TooSlow(format!("the body took more than {} s", READ_TIME.as_secs()))),
            Ok(None) => return Ok(bytes),
            Ok(Some(Err(_))) => return Err(Error::BadRequest("body: broke off".to_owned())),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > cap {
            drain(&mut body).await;
            return Err(too_large(cap));
        }
        if bytes.is_empty() { bytes = data.into() } else { bytes.extend_from_slice(&data) }
    }
}

fn too_large(cap: usize) -> Error {
    Error::TooLarge(format!("body: larger than {cap} bytes"))
}

async fn drain(body: &mut Body) {
    let mut left = DRAIN_BYTES;
    let all = async {
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, bytes::Bytes::len);
            left = left.saturating_sub(bytes);
            if left == 0 {
                break;
            }
        }
    };
    // Whether all of it came makes no difference.
    let _ = timeout(DRAIN_TIME, all).await;
}

/// Unpacks a body by its `Content-Encoding`: none, gzip or zstd, to at most `cap` bytes.
///
/// # Errors
/// `BadRequest` for another encoding or a broken one, `TooLarge`.
pub fn decode(headers: &HeaderMap, bytes: Vec<u8>, cap: usize, allowed: bool) -> Result<Vec<u8>> {
    let Some(encoding) = headers.get(CONTENT_ENCODING) else { return Ok(bytes) };
    let encoding = String::from_utf8_lossy(encoding.as_bytes()).trim().to_ascii_lowercase();
    match encoding.as_str() {
        "" | "identity" => Ok(bytes),
        "gzip" | "x-gzip" if allowed => unpack(flate2::read::MultiGzDecoder::new(bytes.as_slice()), "gzip", cap),
        "zstd" if allowed => {
            let mut decoder = zstd::Decoder::new(bytes.as_slice()).map_err(|_| unreadable("zstd"))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(|_| unreadable("zstd"))?;
            unpack(decoder, "zstd", cap)
        }
        _ if allowed => Err(Error::BadRequest("Content-Encoding: must be gzip, zstd or identity".to_owned())),
        _ => Err(Error::BadRequest("Content-Encoding: this server takes none".to_owned())),
    }
}

fn unpack(decoder: impl Read, name: &str, cap: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    decoder.take(cap as u64 + 1).read_to_end(&mut bytes).map_err(|_| unreadable(name))?;
    if bytes.len() > cap { Err(too_large(cap)) } else { Ok(bytes) }
}

fn unreadable(name: &str) -> Error {
    Error::BadRequest(format!("body: is not readable as {name}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn encoded(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, encoding.parse().unwrap())])
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let never = futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
        let error = read(&HeaderMap::new(), Body::from_stream(never), 100).await.unwrap_err();
        assert_eq!(error.to_string(), "the body took more than 30 s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_body_is_heard_out_for_a_while() {
        let announced = HeaderMap::from_iter([(CONTENT_LENGTH, "1000".parse().unwrap())]);
        let never = || Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
        let begin = Instant::now();
        assert!(matches!(read(&announced, never(), 100).await, Err(Error::TooLarge(_))));
        assert_eq!(begin.elapsed().as_secs(), DRAIN_TIME.as_secs());
        let mut waiting = announced;
        waiting.insert(EXPECT, "100-continue".parse().unwrap());
        let begin = Instant::now();
        assert!(matches!(read(&waiting, never(), 100).await, Err(Error::TooLarge(_))));
        assert_eq!(begin.elapsed().as_secs(), 0);
    }

    #[tokio::test]
    async fn a_body_in_pieces_is_put_together() {
        let pieces = ["he", "", "llo"].map(|piece| Ok::<_, std::io::Error>(bytes::Bytes::from(piece)));
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        assert_eq!(read(&HeaderMap::new(), body, 5).await.unwrap(), b"hello");
    }

    #[test]
    fn encodings_unpack_to_what_was_packed() {
        let check = |encoding, packed: Vec<u8>| {
            assert_eq!(decode(&encoded(encoding), packed, 100, true).unwrap(), b"hello", "{encoding}");
        };
        check("identity", b"hello".to_vec());
        check("gzip", gzip(b"hello"));
        check("GZIP ", gzip(b"hello"));
        check("zstd", zstd::encode_all(&b"hello"[..], 1).unwrap());
    }

    #[test]
    fn what_cannot_be_unpacked_is_refused() {
        let check = |encoding, packed: Vec<u8>, allowed, message: &str| {
            let error = decode(&encoded(encoding), packed, 100, allowed).unwrap_err();
            assert_eq!(error.to_string(), message);
        };
        check("gzip", b"hello".to_vec(), true, "body: is not readable as gzip");
        check("zstd", b"hello".to_vec(), true, "body: is not readable as zstd");
        check("br", b"hello".to_vec(), true, "Content-Encoding: must be gzip, zstd or identity");
        check("gzip", gzip(b"hello"), false, "Content-Encoding: this server takes none");
    }

    #[test]
    fn the_cap_holds_after_unpacking() {
        let bomb = gzip(&[0; 1_000_000]);
        assert!(bomb.len() < 10_000);
        assert!(matches!(decode(&encoded("gzip"), bomb, 10_000, true), Err(Error::TooLarge(_))));
        assert_eq!(decode(&encoded("gzip"), gzip(&[0; 100]), 100, true).unwrap().len(), 100);
        assert!(matches!(decode(&encoded("gzip"), gzip(&[0; 101]), 100, true), Err(Error::TooLarge(_))));
    }
}
