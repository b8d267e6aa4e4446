//! Just enough of HTTP/1.1 for a client whose own work must not show in the figures: one request at a
//! time over a kept connection, answers with a known length.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A server that answers later than this does not answer.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// A kept connection.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, read to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
}

/// A long answer that has been read.
pub(super) struct Read {
    /// How long the first of its bytes took.
    pub(super) first_byte: Duration,
    /// How many there were, head and all.
    pub(super) bytes: u64,
    pub(super) elapsed: Duration,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10) })
    }

    /// Sends a whole request and reads the whole answer.
    pub(super) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        let late = || io::Error::new(io::ErrorKind::TimedOut, "no answer in time");
        let head = timeout(ANSWER_TIME, self.exchange(request)).await.map_err(|_| late())??;
        Ok(Answer { status: head.status, body: self.buffer.get(head.bytes..head.end()).unwrap_or_default() })
    }

    /// Sends a request and reads an answer of any length and kind to its end, which is that of the connection.
    pub(super) async fn read_all(&mut self, request: &[u8]) -> io::Result<Read> {
        let begin = Instant::now();
        let request = [request.strip_suffix(b"\r\n").unwrap_or(request), b"Connection: close\r\n\r\n"].concat();
        self.stream.write_all(&request).await?;
        let (mut first_byte, mut bytes) = (None, 0);
        loop {
            self.buffer.clear();
            let read = self.stream.read_buf(&mut self.buffer).await?;
            if read == 0 {
                return Ok(Read { first_byte: first_byte.unwrap_or_default(), bytes, elapsed: begin.elapsed() });
            }
            if first_byte.is_none() && !self.buffer.starts_with(b"HTTP/1.1 200") {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is not what was asked for"));
            }
            first_byte.get_or_insert_with(|| begin.elapsed());
            bytes += read as u64;
        }
    }

    async fn exchange(&mut self, request: &[u8]) -> io::Result<Head> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(head) = Head::parse(&self.buffer)?
                && self.buffer.len() >= head.end()
            {
                return Ok(head);
            }
        }
    }
}

/// A `GET`, as bytes.
pub(super) fn get(address: SocketAddr, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\n\r\n").into_bytes()
}

/// A request with a JSON body, as bytes.
pub(super) fn with_json(method: &str, address: SocketAddr, path: &str, json: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
        json.len()
    )
    .into_bytes()
}

/// What stands before an answer's body.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    bytes: usize,
    body_bytes: usize,
}

impl Head {
    /// None as long as it has not come to its end.
    fn parse(answer: &[u8]) -> io::Result<Option<Self>> {
        const END: &[u8] = b"\r\n\r\n";
        let Some(length) = answer.windows(END.len()).position(|bytes| bytes == END) else { return Ok(None) };
        let bad = |what| io::Error::new(io::ErrorKind::InvalidData, what);
        let (head, _) = answer.split_at(length);
        let head = std::str::from_utf8(head).map_err(|_| bad("the answer's head is no text"))?;
        let (first, fields) = head.split_once("\r\n").unwrap_or((head, ""));
        let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split(' ').next()?.parse().ok());
        let is_length = |(name, _): &(&str, &str)| name.eq_ignore_ascii_case("content-length");
        let body_bytes = fields.split("\r\n").filter_map(|field| field.split_once(':')).find(is_length);
        Ok(Some(Self {
            status: status.ok_or_else(|| bad("the answer has no status"))?,
            bytes: length + END.len(),
            body_bytes: body_bytes
                .and_then(|(_, value)| value.trim().parse().ok())
                .ok_or_else(|| bad("the answer has no length"))?,
        }))
    }

    fn end(&self) -> usize {
        self.bytes.saturating_add(self.body_bytes)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn heads_are_read_when_they_are_whole() {
        let answer = b"HTTP/1.1 201 Created\r\nserver: x\r\nContent-Length: 2\r\n\r\n{}";
        let whole = answer.len() - 2;
        for end in 0..whole {
            assert_eq!(Head::parse(&answer[..end]).unwrap(), None, "{end}");
        }
        let head = Head { status: 201, bytes: whole, body_bytes: 2 };
        assert_eq!(head.end(), answer.len());
        assert_eq!(Head::parse(answer).unwrap(), Some(head));
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        let check = |answer: &str, message: &str| {
            assert_eq!(Head::parse(answer.as_bytes()).unwrap_err().to_string(), message);
        };
        check("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "the answer has no length");
        check("HTTP/1.1 200 OK\r\n\r\n", "the answer has no length");
        check("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "the answer has no length");
        check("SSH-2.0\r\n\r\n", "the answer has no status");
    }

    #[tokio::test]
    async fn a_connection_is_used_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 3];
            // In pieces, as a network may bring it.
            for pieces in [
                ["HTTP/1.1 200 OK\r\ncontent-le", "ngth: 3\r\n\r\non", "e"],
                ["HTTP/1.1 503 ", "\r\ncontent-length: 0\r\n", "\r\n"],
            ] {
                stream.read_exact(&mut request).await.unwrap();
                for piece in pieces {
                    stream.write_all(piece.as_bytes()).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
        });
        let mut connection = Connection::open(address).await.unwrap();
        assert_eq!(connection.ask(b"one").await.unwrap(), Answer { status: 200, body: b"one" });
        assert_eq!(connection.ask(b"two").await.unwrap(), Answer { status: 503, body: b"" });
        assert_eq!(connection.ask(b"end").await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
